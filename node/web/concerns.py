"""What needs a person, in sentences: what does not run, failed, goes nowhere, was not accepted or not let in.

What only a look cures stays here for a while and no longer: a list that never empties is not read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from node.domain.counting import counted
from node.domain.job import JobState
from node.service.journal.questions import Condition, QuarantinedRow, RejectedPeer, Status
from node.service.journal.records import JobRow
from node.service.people.condition import shortage_words
from node.service.people.why import quarantined_words, rejected_words

RECENT: Final = timedelta(days=14)
"""So long it is told who was not let in, what was not accepted, and what stayed incomplete."""


@dataclass(frozen=True)
class Concern:
    """One thing to look at. ``hint`` is what to do; ``state`` of jobs to list, or None; ``details`` are sentences."""

    sentence: str
    hint: str = ""
    state: JobState | None = None
    details: tuple[str, ...] = ()


def of_the_node(condition: Condition) -> Iterator[Concern]:
    """What does not run, is not ready, or is refused for want of space."""
    if condition.stopped:
        sentence = f"Parts of the node do not run: {', '.join(condition.stopped)}."
        yield Concern(sentence, "“calcinode serve” starts them; the log says why they ended.")
    if condition.starting:
        sentence = f"Parts of the node are not ready: {', '.join(condition.starting)}."
        yield Concern(sentence, "They start, or start again after they died; “role_died” in the log says why.")
    if condition.shortage:
        yield Concern(shortage_words(condition), "Free space there; senders keep what was not taken and send again.")


def of_studies(status: Status, incomplete: Sequence[JobRow], now: datetime) -> Iterator[Concern]:
    """What failed, and what lately stayed ``incomplete``."""
    if failed := status.jobs.get(JobState.FAILED, 0):
        sentence = f"{counted(failed, 'study', 'studies')} failed, by our fault."
        hint = "“calcinode retry JOB” has them judged again; the log has the trace."
        yield Concern(sentence, hint, JobState.FAILED)
    if count := sum(_is_recent(job.updated_at, now) for job in incomplete):
        sentence = f"{counted(count, 'study', 'studies')} not analysed, for images are missing."
        yield Concern(sentence, "Send the study again; what was late is taken up.", JobState.INCOMPLETE)


def of_senders(status: Status, quarantined: Sequence[QuarantinedRow], now: datetime) -> Iterator[Concern]:
    """What was lately not accepted, and who was not let in. ``quarantined``: the latest of those that are counted."""
    if any(_is_recent(row.at, now) for row in quarantined):
        sentence = f"{counted(status.quarantined, 'image')} not accepted, kept in quarantine."
        yield Concern(sentence, "The latest:", details=tuple(map(quarantined_words, quarantined)))
    if callers := [peer for peer in status.rejected if _is_recent(peer.last_at, now)]:
        yield _rejected(callers)


def _rejected(callers: Sequence[RejectedPeer]) -> Concern:
    hint = "Add a peer to the configuration, or correct the AE title on the sender."
    details = tuple(f"{peer.calling_ae_title}: {rejected_words(peer)}" for peer in callers)
    return Concern(f"{counted(len(callers), 'caller')} not let in.", hint, details=details)


def _is_recent(at: datetime, now: datetime) -> bool:
    return now - at < RECENT
