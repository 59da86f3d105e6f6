"""What people ask of the journal: how is the node, what are the jobs, why was this study treated so. Values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from node.domain.job import JobState, OutboxState
from node.service.journal.records import Delivery, JobRow
from node.service.ports import IntakeOutcome


@dataclass(frozen=True)
class EventRow:
    """One change of state."""

    at: datetime
    from_state: str
    to_state: str
    reason: str


@dataclass(frozen=True)
class RejectedPeer:
    """Somebody who was not let in, however often: seen but rejected."""

    calling_ae_title: str
    address: str
    reason: str
    times: int
    last_at: datetime


@dataclass(frozen=True)
class QuarantinedRow:
    """Bytes that were not accepted, in ``blobs/quarantine`` of the data folder."""

    sop_instance_uid: str
    file_name: str
    outcome: IntakeOutcome
    reason: str
    calling_ae_title: str
    at: datetime


@dataclass(frozen=True)
class Queue:
    """Deliveries to one destination in one state; ``oldest`` began first, ``reason`` is that of the latest change."""

    destination: str
    state: OutboxState
    count: int
    oldest: datetime
    reason: str


@dataclass(frozen=True)
class Status:
    """The node at a glance. ``jobs`` counts the latest revision of each study by its state.

    ``undelivered`` of those that are done have results that go to no destination.
    """

    instances: int
    last_received_at: datetime | None
    jobs: Mapping[JobState, int]
    queues: Sequence[Queue]
    rejected: Sequence[RejectedPeer]
    quarantined: int
    undelivered: int


@dataclass(frozen=True)
class Condition:
    """The node itself, not its journal: the roles that run, those that are started and not ready (in their first
    seconds, or after they died), and those that do not run; a role of which that cannot be told is in none.
    ``shortage`` says why images are refused for want of space, and is empty while they are not. ``destinations`` are
    the names in the configuration; ``delivers`` is false where results stay in the data folder on purpose.
    """

    running: Sequence[str] = ()
    starting: Sequence[str] = ()
    stopped: Sequence[str] = ()
    shortage: str = ""
    destinations: Sequence[str] = ()
    delivers: bool = True


@dataclass(frozen=True)
class NodeStatus(Status):
    """The same, with the node's condition and all that lies in quarantine, the latest first."""

    condition: Condition
    quarantine: Sequence[QuarantinedRow]


@dataclass(frozen=True)
class Revision:
    """One revision of a study with all that happened to it."""

    job: JobRow
    events: Sequence[EventRow]
    deliveries: Sequence[Delivery]


@dataclass(frozen=True)
class Story:
    """Everything the journal knows of one study. ``senders``: AE titles; ``instances``: how many came.

    ``repeats`` counts how often one of them came again unchanged, ``last_repeat_at`` tells when.
    """

    study_instance_uid: str
    instances: int
    senders: Sequence[str]
    revisions: Sequence[Revision]
    quarantined: Sequence[QuarantinedRow]
    repeats: int
    last_repeat_at: datetime | None


class JournalView(Protocol):
    """Reads; never writes."""

    def status(self) -> Status:
        """The node at a glance."""
        ...

    def jobs(self, state: JobState | None = None, limit: int = 50) -> Sequence[JobRow]:
        """Latest changes first; of a state only those that no later revision has overtaken, as ``status`` counts."""
        ...

    def story(self, study_instance_uid: str) -> Story:
        """All of one study; without revisions where it never came."""
        ...

    def study_of_job(self, job_id: int) -> str | None:
        """Study Instance UID of a job's number."""
        ...

    def rejected_peers(self) -> Sequence[RejectedPeer]:
        """Latest first."""
        ...

    def quarantined(self, limit: int | None = 50) -> Sequence[QuarantinedRow]:
        """Latest first; None: all of them."""
        ...
