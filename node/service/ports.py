"""What the use cases offer to the network and ask of it: small Protocols and the frozen values that pass through them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, unique
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class AssociationFacts:
    """Who talks to us. ``number`` is unique in the life of the state folder (a random hex string)."""

    number: str
    calling_ae_title: str
    called_ae_title: str
    address: str
    port: int = 0


@unique
class AssociationEnd(Enum):
    """How an association ended; only a release says that the sender was content."""

    RELEASED = "released"
    ABORTED = "aborted"


@unique
class StoreOutcome(Enum):
    """What became of a received instance; ``dicom.statuses`` translates it into a C-STORE status."""

    STORED = "stored"  # durable: file and folder synced, row committed
    DUPLICATE = "duplicate"  # the same UID with the same content: nothing to do
    OWN_OBJECT = "own object"  # a result of this node comes back: acknowledged, no new job
    NO_SPACE = "no space"  # disk watermark or quota
    UID_MISMATCH = "uid mismatch"  # SOP class or instance UID of the dataset is not the command's
    UNREADABLE = "unreadable"  # cannot be parsed, or a UID is missing
    CONFLICT = "conflict"  # the same UID with other content: quarantined
    NOT_AUTHORISED = "not authorised"
    FAILED = "failed"  # our fault


@dataclass(frozen=True)
class StoreAnswer:
    """Outcome and the words for the peer's log (Error Comment, at most 64 characters go out)."""

    outcome: StoreOutcome
    comment: str = ""


@dataclass(frozen=True)
class ReceivedInstance:
    """One C-STORE request, its bytes as the peer sent them.

    ``part10_header`` is preamble, prefix and file meta information with the peer's transfer syntax; together with
    ``dataset`` it makes a complete file. UIDs are the command's: not yet compared with the dataset, never a path.
    """

    association: AssociationFacts
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    part10_header: bytes = field(repr=False)
    dataset: bytes | bytearray | memoryview = field(repr=False)


@unique
class RejectionReason(Enum):
    """Why an association was not accepted."""

    UNKNOWN_CALLING_AE_TITLE = "unknown calling AE title"
    UNKNOWN_ADDRESS = "address not on the list of this AE title"
    WRONG_CALLED_AE_TITLE = "wrong called AE title"
    TOO_MANY_ASSOCIATIONS = "too many associations"


@dataclass(frozen=True)
class Rejection:
    """A peer that was seen but rejected, so that an administrator can allow it with one entry."""

    association: AssociationFacts
    reason: RejectionReason
    hint: str


class Intake(Protocol):
    """Takes what the SCP receives. Called from the threads of several associations at once."""

    def association_opened(self, association: AssociationFacts) -> None: ...

    def accept(self, received: ReceivedInstance) -> StoreAnswer:
        """Make the instance durable, then answer. Must not raise for bad input; what it raises becomes 0x0110."""
        ...

    def association_closed(self, association: AssociationFacts, end: AssociationEnd) -> None: ...

    def rejected(self, rejection: Rejection) -> None: ...


@dataclass(frozen=True)
class Destination:
    """A peer that gets results. Timeouts in seconds."""

    name: str
    host: str
    port: int
    ae_title: str
    calling_ae_title: str
    connection_timeout_s: float = 10.0
    response_timeout_s: float = 60.0


@dataclass(frozen=True)
class OutgoingInstance:
    """One encoded object in a Part 10 file, ready to send as it is."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    path: Path


@unique
class DeliveryState(Enum):
    """What a peer said to one C-STORE. ``delivered`` is an acknowledgement, not yet a commitment."""

    DELIVERED = "delivered"
    TRANSIENT = "transient"  # try again later
    REFUSED = "refused"  # the same request will get the same answer


@dataclass(frozen=True)
class Delivery:
    """The answer to one object: ``status`` is None when there was none, ``words`` are for a person."""

    sop_instance_uid: str
    state: DeliveryState
    words: str = ""
    status: int | None = None


class Deliverer(Protocol):
    """Sends objects to a peer by C-STORE."""

    def send(self, destination: Destination, instances: Iterable[OutgoingInstance]) -> Iterator[Delivery]:
        """One answer for each instance, in order, over one association; never raises for the peer's faults."""
        ...


@dataclass(frozen=True)
class InstanceReference:
    """A SOP instance as storage commitment names it."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True)
class FailedReference:
    """An instance that the peer does not commit to, with its Failure Reason (PS3.3 C.14.1.1)."""

    sop_class_uid: str
    sop_instance_uid: str
    reason: int


@dataclass(frozen=True)
class CommitmentReport:
    """A peer's N-EVENT-REPORT on one transaction."""

    transaction_uid: str
    reporter: AssociationFacts
    committed: tuple[InstanceReference, ...] = ()
    failed: tuple[FailedReference, ...] = ()


class CommitmentReports(Protocol):
    """Takes commitment reports, whichever association they come on. Called from several threads."""

    def report(self, report: CommitmentReport) -> bool:
        """Record the report durably; False when the transaction UID is not one of ours."""
        ...


class CommitmentRequester(Protocol):
    """Asks a peer to take responsibility for objects (Storage Commitment Push Model, as SCU)."""

    def request(
        self, destination: Destination, transaction_uid: str, references: Iterable[InstanceReference]
    ) -> None:
        """Send N-ACTION; the transaction UID must be in the journal before. The report comes by ``CommitmentReports``.

        Raises Transient (no answer, aborted, busy) or Refused (the peer does not do it), with the peer's words.
        """
        ...
