"""Rows of the journal as values, and what the use cases ask of it. ``store`` implements the Protocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from node.domain.instance import Instance
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

    def record_quarantined(self, quarantined: Quarantined) -> None:
        """Make bytes that were not accepted visible."""
        ...
