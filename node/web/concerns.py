"""What needs a person, in sentences: what does not run, failed, goes nowhere, was not accepted or not let in."""

from collections.abc import Iterator
from dataclasses import dataclass

from node.domain.counting import counted
from node.domain.job import JobState, OutboxState
from node.service.condition import shortage_words
from node.service.questions import Condition, QuarantinedRow, Queue, Status
from node.service.why import quarantined_words, rejected_words


@dataclass(frozen=True)
class Concern:
    """One thing to look at. ``hint`` is what to do; ``state`` of jobs to list, or None; ``details`` are sentences."""

    sentence: str
    hint: str = ""
    state: JobState | None = None
    details: tuple[str, ...] = ()


def concerns(status: Status, condition: Condition, quarantined: tuple[QuarantinedRow, ...]) -> tuple[Concern, ...]:
    """The gravest first. ``quarantined`` are the latest of those that ``status`` counts."""
    failed = status.jobs.get(JobState.FAILED, 0)
    return (
        *([_stopped(condition)] if condition.stopped else []),
        *([_starting(condition)] if condition.starting else []),
        *([_shortage(condition)] if condition.shortage else []),
        *([_failed_studies(failed)] if failed else []),
        *_failed_deliveries(status),
        *([_undelivered(status.undelivered)] if status.undelivered else []),
        *([_quarantined(status.quarantined, quarantined)] if status.quarantined else []),
        *([_rejected(status)] if status.rejected else []),
    )


def _stopped(condition: Condition) -> Concern:
    sentence = f"Parts of the node do not run: {', '.join(condition.stopped)}."
    return Concern(sentence, "“calcinode serve” starts them; the log says why they ended.")


def _starting(condition: Condition) -> Concern:
    sentence = f"Parts of the node are not ready: {', '.join(condition.starting)}."
    return Concern(sentence, "They start, or start again after they died; “role_died” in the log says why.")


def _shortage(condition: Condition) -> Concern:
    return Concern(shortage_words(condition), "Free space there; senders keep what was not taken and send again.")


def _undelivered(count: int) -> Concern:
    sentence = f"{counted(count, 'study', 'studies')} analysed, with results that go nowhere."
    hint = "Correct the routes or destinations in the configuration; then “calcinode resend JOB” sends them."
    return Concern(sentence, hint, JobState.DONE)


def _failed_studies(count: int) -> Concern:
    sentence = f"{counted(count, 'study', 'studies')} failed, by our fault."
    return Concern(sentence, "“calcinode retry JOB” has them judged again; the log has the trace.", JobState.FAILED)


def _failed_deliveries(status: Status) -> Iterator[Concern]:
    for queue in status.queues:
        if queue.state is OutboxState.FAILED:
            yield _failed_delivery(queue)


def _failed_delivery(queue: Queue) -> Concern:
    sentence = f"{counted(queue.count, 'delivery', 'deliveries')} to {queue.destination} failed."
    return Concern(sentence, f"{queue.reason} “calcinode retry --peer {queue.destination}” starts them anew.")


def _quarantined(count: int, latest: tuple[QuarantinedRow, ...]) -> Concern:
    sentence = f"{counted(count, 'image')} not accepted, kept in quarantine."
    return Concern(sentence, "The latest:", details=tuple(map(quarantined_words, latest)))


def _rejected(status: Status) -> Concern:
    sentence = f"{counted(len(status.rejected), 'caller')} not let in."
    hint = "Add a peer to the configuration, or correct the AE title on the sender."
    details = tuple(f"{peer.calling_ae_title}: {rejected_words(peer)}" for peer in status.rejected)
    return Concern(sentence, hint, details=details)
