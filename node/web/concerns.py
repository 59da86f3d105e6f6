"""What needs a person, in sentences: failed studies and deliveries, what was not accepted, who was not let in."""

from collections.abc import Iterator
from dataclasses import dataclass

from node.domain.job import JobState, OutboxState
from node.service.questions import QuarantinedRow, Queue, Status
from node.service.why import quarantined_words, rejected_words


@dataclass(frozen=True)
class Concern:
    """One thing to look at. ``hint`` is what to do; ``state`` of jobs to list, or None; ``details`` are sentences."""

    sentence: str
    hint: str = ""
    state: JobState | None = None
    details: tuple[str, ...] = ()


def concerns(status: Status, quarantined: tuple[QuarantinedRow, ...]) -> tuple[Concern, ...]:
    """The gravest first. ``quarantined`` are the latest of those that ``status`` counts."""
    failed = status.jobs.get(JobState.FAILED, 0)
    return (
        *([_failed_studies(failed)] if failed else []),
        *_failed_deliveries(status),
        *([_quarantined(status.quarantined, quarantined)] if status.quarantined else []),
        *([_rejected(status)] if status.rejected else []),
    )


def _failed_studies(count: int) -> Concern:
    sentence = f"{_counted(count, 'study', 'studies')} failed, by our fault."
    return Concern(sentence, "“calcinode retry JOB” has them judged again; the log has the trace.", JobState.FAILED)


def _failed_deliveries(status: Status) -> Iterator[Concern]:
    for queue in status.queues:
        if queue.state is OutboxState.FAILED:
            yield _failed_delivery(queue)


def _failed_delivery(queue: Queue) -> Concern:
    sentence = f"{_counted(queue.count, 'delivery', 'deliveries')} to {queue.destination} failed."
    return Concern(sentence, f"{queue.reason} “calcinode retry --peer {queue.destination}” starts them anew.")


def _quarantined(count: int, latest: tuple[QuarantinedRow, ...]) -> Concern:
    sentence = f"{_counted(count, 'instance', 'instances')} not accepted, kept in quarantine."
    return Concern(sentence, "The latest:", details=tuple(map(quarantined_words, latest)))


def _rejected(status: Status) -> Concern:
    sentence = f"{_counted(len(status.rejected), 'caller', 'callers')} not let in."
    hint = "Add a peer to the configuration, or correct the AE title on the sender."
    details = tuple(f"{peer.calling_ae_title}: {rejected_words(peer)}" for peer in status.rejected)
    return Concern(sentence, hint, details=details)


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
