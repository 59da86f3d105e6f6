"""Rows of the journal as values, and what the use cases ask of it. ``store`` implements the Protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from node.domain.completeness import Arrivals
from node.domain.instance import Instance
from node.domain.job import AttemptLimits, JobState, OutboxState
from node.service.ports import Contact, IntakeOutcome, Part


@dataclass(frozen=True)
class Arrival:
    """An instance whose bytes are durable as a blob, on its way into the journal."""

    instance: Instance
    blob: str
    contact: Contact
    received_at: datetime


@dataclass(frozen=True)
class Recorded:
    """What the journal did with an arrival. ``known_blob`` is the blob it holds for this SOP Instance UID."""

    outcome: IntakeOutcome
    known_blob: str


@dataclass(frozen=True)
class Quarantined:
    """Bytes that were not accepted, kept apart under ``file_name`` for a person."""

    sop_instance_uid: str
    file_name: str
    outcome: IntakeOutcome
    reason: str
    contact: Contact
    at: datetime


class BlobStore(Protocol):
    """Durable bytes."""

    def put(self, parts: Sequence[Part]) -> str:
        """Store durably, return the key; the same bytes have the same key. Raises Transient (disk full)."""
        ...

    def path(self, key: str) -> Path:
        """Where a blob can be read."""
        ...

    def quarantine(self, key: str) -> str:
        """Show a blob that is not accepted apart from the rest, for a person; returns its file name there."""
        ...

    def discard(self, key: str) -> None:
        """Remove a blob that nothing refers to."""
        ...


class ArrivalJournal(Protocol):
    """The rows a receiver writes."""

    def record(self, arrivals: Sequence[Arrival]) -> Sequence[Recorded]:
        """Record all in one durable transaction; for each STORED, DUPLICATE or CONFLICT, in order."""
        ...

    def came_again(self, sop_instance_uid: str, at: datetime) -> None:
        """A known instance came with the same content in other bytes; ``record`` counts what it sees itself."""
        ...

    def record_quarantined(self, quarantined: Quarantined) -> None:
        """Make bytes that were not accepted visible."""
        ...


@dataclass(frozen=True)
class JobRow:
    """One revision of one study. ``explanation`` is what ``service.jobs.explanation`` wrote (plain JSON)."""

    id: int
    study_instance_uid: str
    revision: int
    state: JobState
    reason: str
    explanation: Mapping[str, Any]
    attempts: int
    interruptions: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class StoredInstance:
    """An instance of the journal with its blob and the sender's AE title."""

    instance: Instance
    blob: str
    calling_ae_title: str


@dataclass(frozen=True)
class Settlement:
    """What the assembly decided about a revision. ``key`` (of ``domain.job.job_key``) only for PAIRED."""

    state: JobState
    reason: str
    explanation: Mapping[str, Any]
    key: str | None = None


class AssemblyJournal(Protocol):
    """What grouping needs."""

    def group_new_instances(self, now: datetime, pause: timedelta, deadline: timedelta) -> Sequence[str]:
        """Put instances that no revision holds yet into their study's open revision, or open the next one.

        The revision is due after a ``pause``, at the latest ``deadline`` after it was opened. Returns the studies
        concerned.
        """
        ...

    def due_revisions(self, now: datetime) -> Sequence[JobRow]:
        """Open revisions whose time to be looked at has come."""
        ...

    def instances_of(self, study_instance_uid: str, revision: int) -> Sequence[StoredInstance]:
        """All instances of the study up to this revision, by SOP Instance UID."""
        ...

    def arrivals_of(self, study_instance_uid: str, revision: int) -> Arrivals:
        """When the instances of exactly this revision came, and whether their associations still stand."""
        ...

    def postpone(self, job: JobRow, until: datetime, reason: str) -> None:
        """Look at an open revision again at ``until``; ``reason`` tells a person what it waits for."""
        ...

    def settle(self, job: JobRow, settlement: Settlement, now: datetime) -> JobState | None:
        """Close the revision. A PAIRED one supersedes waiting earlier ones, or becomes UNCHANGED if its key is known.

        Returns the state it went to; None where new instances came meanwhile (look again).
        """
        ...


@dataclass(frozen=True)
class NewResult:
    """An encoded object whose bytes are a blob. The UIDs are empty for what is not DICOM."""

    role: str
    file_name: str
    blob: str
    sop_instance_uid: str = ""
    sop_class_uid: str = ""
    transfer_syntax_uid: str = ""
    destinations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conclusion:
    """How an analysis ended. ``state`` ENCODED stands for results with deliveries."""

    state: JobState
    reason: str
    explanation: Mapping[str, Any]
    results: tuple[NewResult, ...] = ()


class JobJournal(Protocol):
    """What the engine needs. A lease belongs to ``owner`` until it expires."""

    def lease(self, owner: str, now: datetime, expires: datetime, limit: int) -> Sequence[JobRow]:
        """Take up to ``limit`` waiting jobs, oldest first. A job waits while its study has an open revision."""
        ...

    def extend(self, job_ids: Sequence[int], owner: str, expires: datetime) -> None:
        """Still working on these."""
        ...

    def conclude(self, job: JobRow, owner: str, conclusion: Conclusion, now: datetime) -> bool:
        """Results, deliveries and state in one transaction. False where the lease was lost: nothing is written."""
        ...

    def attempt_failed(
        self, job: JobRow, owner: str, reason: str, now: datetime, retry_at: datetime, limits: AttemptLimits | None
    ) -> JobState | None:
        """Count an attempt; back to PAIRED, or FAILED when the limits are reached. None where the lease was lost.

        Without ``limits`` it does not count.
        """
        ...

    def recover(self, owner: str | None, now: datetime, limits: AttemptLimits) -> int:
        """Take back expired leases, and all of ``owner`` (which has just started, so it holds none)."""
        ...


@dataclass(frozen=True)
class Delivery:
    """One object on its way to one destination. ``not_before``: when to act again; None: nothing more by itself."""

    id: int
    job_id: int
    destination: str
    state: OutboxState
    reason: str
    attempts: int
    began_at: datetime
    file_name: str
    blob: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    updated_at: datetime
    not_before: datetime | None


@dataclass(frozen=True)
class Step:
    """A delivery's next state, why, and when to act again (None: nothing more by itself)."""

    state: OutboxState
    reason: str
    not_before: datetime | None = None


class OutboxJournal(Protocol):
    """What the courier needs."""

    def lease(self, destination: str, owner: str, now: datetime, expires: datetime, limit: int) -> Sequence[Delivery]:
        """PENDING deliveries that are due → SENDING, oldest first."""
        ...

    def step(self, delivery_id: int, current: OutboxState, step: Step, now: datetime) -> bool:
        """Move on from ``current``; False where it is no longer there (a report came, a lease was lost).

        When it was the last of its job to settle, the job is DONE in the same transaction.
        """
        ...

    def wake(self, destination: str, now: datetime) -> None:
        """The destination answers again: what waits for it is due now."""
        ...

    def due_commitments(self, destination: str, now: datetime, limit: int) -> Sequence[Delivery]:
        """DELIVERED deliveries whose commitment is to be asked for now."""
        ...

    def begin_commitment(
        self, transaction_uid: str, deliveries: Sequence[Delivery], now: datetime, ask_again: datetime
    ) -> None:
        """Journal the transaction before it is asked for; the deliveries are COMMITMENT_REQUESTED."""
        ...

    def overdue_commitments(self, destination: str, now: datetime, limit: int) -> Sequence[Delivery]:
        """COMMITMENT_REQUESTED deliveries whose report did not come in time."""
        ...

    def recover(self, owner: str | None, now: datetime) -> int:
        """SENDING deliveries of expired leases, and all of ``owner``, are PENDING again."""
        ...
