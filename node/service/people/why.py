"""A study's story in sentences, for ``calcinode why`` and the page. Every study has an answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from node.domain.counting import counted
from node.domain.job import JobState, OutboxState
from node.domain.times import when
from node.service.journal.questions import JournalView, QuarantinedRow, RejectedPeer, Revision, Story
from node.service.journal.records import Delivery

MEANING: Final[Mapping[JobState, str]] = {
    JobState.RECEIVED: "Images are arriving, or may still be",
    JobState.PAIRED: "Complete; waits for the analysis",
    JobState.ANALYSING: "Being analysed",
    JobState.ENCODED: "Analysed; the results are being delivered",
    JobState.DONE: "Analysed; every delivery has ended",
    JobState.REFUSED: "Not analysed: out of scope",
    JobState.INCOMPLETE: "Not analysed: something is missing; late images are taken up",
    JobState.FAILED: "Not analysed: our fault; try `calcinode retry`",
    JobState.IGNORED: "Not for this node",
    JobState.UNCHANGED: "Late images that add nothing to what was measured",
    JobState.SUPERSEDED: "Overtaken by a later revision with more images",
}
"""What each state of a job means to a person."""


_NEXT: Final[Mapping[OutboxState, str]] = {
    OutboxState.PENDING: "The next attempt is due at",
    OutboxState.DELIVERED: "Commitment is asked for again at",
    OutboxState.COMMITMENT_REQUESTED: "Without an answer it is asked again at",
}
"""What is done next by itself."""
_REJECTED: Final = 3
"""So many callers that were not let in are told of where a study never came."""

_LONGEST_JOB: Final = 18
"""Digits of a job's number; more do not fit into the journal's column."""


def study_named(view: JournalView, study_or_job: str) -> str | None:
    """The Study Instance UID of a study, or of a job's number; None where there is no such job."""
    if study_or_job.isdecimal() and len(study_or_job) <= _LONGEST_JOB:
        return view.study_of_job(int(study_or_job))
    return study_or_job


def is_known(story: Story) -> bool:
    """Whether anything of the study ever came."""
    return bool(story.instances or story.revisions)


def tell(view: JournalView, study_or_job: str) -> list[str]:
    """Lines for a terminal. ``study_or_job``: a Study Instance UID, or the number of a job."""
    study = study_named(view, study_or_job)
    if study is None:
        return [f"There is no job {study_or_job}. `calcinode jobs` lists them."]
    story = view.story(study)
    if not story.revisions:
        return list(_never_came(story, view.rejected_peers()))
    return list(_lines(story))


def _never_came(story: Story, rejected: Sequence[RejectedPeer]) -> Iterator[str]:
    if story.instances:
        yield f"Study {story.study_instance_uid}: {counted(story.instances, 'image')} just came; not grouped yet."
        return
    yield f"Nothing of study {story.study_instance_uid} has been stored."
    yield "Check that the sender's export is set to this node, and what the sender's own log says."
    if rejected:
        yield "Associations that this node rejected lately, which may or may not have been about this study:"
    for peer in rejected[:_REJECTED]:
        yield f"  {rejected_words(peer)}"


def _lines(story: Story) -> Iterator[str]:
    yield f"Study {story.study_instance_uid}"
    yield f"{counted(story.instances, 'image')} from {', '.join(story.senders)}"
    if repeats := repeats_words(story):
        yield repeats
    for revision in reversed(story.revisions):
        yield ""
        yield from _revision(revision)
    for bad in story.quarantined:
        yield quarantined_words(bad)


def _revision(revision: Revision) -> Iterator[str]:
    job = revision.job
    yield f"Revision {job.revision} (job {job.id}): {job.state}. {MEANING[job.state]}."
    yield f"  Why: {job.reason}"
    for limit in job.explanation.get("limits", ()):
        yield f"  Limit: {limit}"
    for series in job.explanation.get("series", ()):
        yield f"  {series_words(series)}"
    for event in revision.events:
        yield f"  {when(event.at)} UTC  {event.from_state or '·'} → {event.to_state}: {event.reason}"
    for delivery in revision.deliveries:
        yield f"  {delivery.file_name} → {delivery.destination}: {delivery.state}. {delivery_words(delivery)}"


def delivery_words(delivery: Delivery) -> str:
    """The latest word on a delivery, and when something more is done by itself where that was put off."""
    due = delivery.not_before
    if due is None or due <= delivery.updated_at or delivery.state not in _NEXT:
        return delivery.reason
    return f"{delivery.reason} {_NEXT[delivery.state]} {when(due)} UTC."


def repeats_words(story: Story) -> str:
    """That images came again that were there already; empty where none did."""
    if story.last_repeat_at is None:
        return ""
    return f"{counted(story.repeats, 'image')} came again unchanged, last at {when(story.last_repeat_at)} UTC"


def quarantined_words(bad: QuarantinedRow) -> str:
    """One instance that was not accepted, from whom and why, and where in the data folder its bytes are."""
    return (
        f"Quarantined ({bad.outcome}) {bad.sop_instance_uid} from {bad.calling_ae_title}, "
        f"{when(bad.at)} UTC: {bad.reason} File: blobs/quarantine/{bad.file_name}"
    )


def rejected_words(peer: RejectedPeer) -> str:
    """Somebody who was not let in, how often and why."""
    return f"rejected {counted(peer.times, 'time')}, last {when(peer.last_at)} UTC: {peer.reason}"


def series_words(series: Mapping[str, Any]) -> str:
    """What was made of one series, of a job's ``explanation``, with a hint where one helps."""
    number = "" if series["series_number"] is None else f" {series['series_number']}"
    name = f" “{series['series_description']}”" if series["series_description"] else ""
    hint = f" {series['hint']}" if series["hint"] else ""
    return f"Series{number}{name}, {counted(series['instances'], 'image')}: {series['sentence']}{hint}"
