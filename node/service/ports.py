"""What the use cases need from the outside, as small Protocols. ``store`` and ``net`` implement them.

Errors that cross these ports are those of ``node.domain.errors``: ``Transient`` where another try may help,
``Refused`` where it will not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from node.domain.errors import Transient
from node.domain.peer import Peer

Part = bytes | bytearray | memoryview


class DiskFull(Transient):
    """Nothing more can be stored: the volume is below its watermark, or the file system said so."""


class Clock(Protocol):
    """Gives the time; the tests turn it."""

    def __call__(self) -> datetime:
        """Now, aware, in UTC."""
        ...


class IntakeOutcome(StrEnum):
    """What became of a received instance. ``net`` answers with the status of docs/dicom.md section 5."""

    STORED = "stored"  # blob and row are durable
    CORRECTED = "corrected"  # known, with other demographics: durable, and the study is measured anew
    DUPLICATE = "duplicate"  # this instance with this content was durable already
    CONFLICT = "conflict"  # this UID with other content: quarantined, visible in the journal
    DISK_FULL = "disk_full"  # below the watermark, or the disk said so
    UNPARSABLE = "unparsable"  # not a dataset, truncated, or UIDs missing: quarantined
    UID_MISMATCH = "uid_mismatch"  # SOP class or instance UID differ from the command's


@dataclass(frozen=True)
class Contact:
    """Who called: the association's requestor as it named itself, and the address it called from.

    ``association_id`` is ours (unique over all receiver processes and restarts, e.g. ``uuid4().hex``).
    """

    association_id: str
    calling_ae_title: str
    called_ae_title: str
    address: str


@dataclass(frozen=True)
class Received:
    """One C-STORE request.

    ``sop_class_uid`` and ``sop_instance_uid`` are the command's. ``parts`` joined are one whole DICOM file (PS3.10:
    preamble, ``DICM``, file meta group, then the peer's dataset bytes untouched), in as many parts as is convenient.
    """

    contact: Contact
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    parts: Sequence[Part]


class Closing(StrEnum):
    """How an association ended. Only a release says that the peer had finished."""

    RELEASED = "released"
    ABORTED = "aborted"
    LOST = "lost"


class Intake(Protocol):
    """Takes instances in. Thread-safe: each association may call from its own thread."""

    def accept(self, received: Received) -> IntakeOutcome:
        """Return when the outcome is durable. What it raises (Transient, Defect) is our fault: 0x0110."""
        ...


class AssociationLog(Protocol):
    """Keeps what happened to associations: the assembly needs the releases, people need the rejections."""

    def association_opened(self, contact: Contact) -> None:
        """An association was accepted."""
        ...

    def association_closed(self, association_id: str, closing: Closing) -> None:
        """It ended."""
        ...

    def peer_rejected(self, contact: Contact, reason: str) -> None:
        """Somebody was not let in. ``reason`` is a sentence for the administrator. Counted by title and address."""
        ...


@dataclass(frozen=True)
class CommitmentReport:
    """An N-EVENT-REPORT of Storage Commitment (PS3.4 J.3.3).

    ``failed`` pairs SOP Instance UIDs with the failure reason (0008,1197).
    """

    transaction_uid: str
    committed: tuple[str, ...]
    failed: tuple[tuple[str, int], ...] = ()


class CommitmentInbox(Protocol):
    """Takes reports that arrive on an association of their own, in a receiver process."""

    def commitment_reported(self, report: CommitmentReport) -> bool:
        """Record the report durably. False where the transaction is unknown (answer 0x0112 or the like)."""
        ...


@dataclass(frozen=True)
class Parcel:
    """One encoded object to be sent as it is: a PS3.10 file at ``path``."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    path: Path


@dataclass(frozen=True)
class SendResult:
    """The peer's answer to one C-STORE.

    ``delivered`` only for a status of success or warning. ``permanent`` where another try cannot help (no
    presentation context accepted, class not supported). ``message`` is a sentence for the administrator, empty on
    plain success.
    """

    sop_instance_uid: str
    delivered: bool
    status: int | None = None
    permanent: bool = False
    message: str = ""


class Sender(Protocol):
    """C-STORE SCU."""

    def send(self, peer: Peer, parcels: Sequence[Parcel]) -> Sequence[SendResult]:
        """Send over one association; one result a parcel, in order.

        If the association dies on the way, the parcels not answered get ``delivered=False`` with the reason. Raises
        Transient where the peer could not be reached or refused the association.
        """
        ...


class CommitmentRequester(Protocol):
    """Storage Commitment SCU."""

    def request(self, peer: Peer, transaction_uid: str, parcels: Sequence[Parcel]) -> CommitmentReport | None:
        """N-ACTION. The report if it came on the same association, None if it is to come on another one.

        Raises Transient (unreachable, no valid answer) or Refused (the peer does not do Storage Commitment).
        """
        ...


class Echoer(Protocol):
    """C-ECHO SCU."""

    def echo(self, peer: Peer) -> None:
        """Return on success; raise Transient with what to check otherwise."""
        ...
