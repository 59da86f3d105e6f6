"""Storage Commitment Push Model as SCU (PS3.4 Annex J): the request, and the report on any association."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty, Queue

import structlog
from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.presentation import build_context

from node.dicom.sop_classes import (
    STORAGE_COMMITMENT_PUSH_MODEL,
    STORAGE_COMMITMENT_PUSH_MODEL_INSTANCE,
    UNCOMPRESSED_SYNTAXES,
)
from node.dicom.statuses import NO_SUCH_INSTANCE, PROCESSING_FAILURE, SUCCESS, is_permanent
from node.domain.errors import Refused, Transient
from node.domain.peer import Peer
from node.net.requestor import RequestorOptions, open_association
from node.service.ports import CommitmentInbox, CommitmentReport, Parcel

_log = structlog.get_logger(__name__)

_REQUEST_COMMITMENT = 1  # action type, PS3.4 J.3.2.1
_INVALID_ARGUMENT = 0x0115


def read_report(information: Dataset) -> CommitmentReport:
    """The Event Information of PS3.4 table J.3-2. Raises AttributeError or ValueError where it is unusable.

    What stands in the failed sequence has failed, whatever the event type says.
    """
    failed = information.get("FailedSOPSequence") or ()
    committed = information.get("ReferencedSOPSequence") or ()
    return CommitmentReport(
        transaction_uid=str(information.TransactionUID),
        committed=tuple(str(item.ReferencedSOPInstanceUID) for item in committed),
        failed=tuple(
            (str(item.ReferencedSOPInstanceUID), int(item.get("FailureReason", PROCESSING_FAILURE))) for item in failed
        ),
    )


def take_event_report(event: evt.Event, inbox: CommitmentInbox) -> int:
    """Hand a peer's N-EVENT-REPORT to the inbox; the status to answer with."""
    try:
        report = read_report(event.event_information)
    except (AttributeError, ValueError, TypeError):
        return _INVALID_ARGUMENT
    try:
        known = inbox.commitment_reported(report)
    except Exception:  # noqa: BLE001 -- logged; the peer must get an answer, and may report again
        _log.exception("commitment_report_failed", transaction_uid=report.transaction_uid)
        return PROCESSING_FAILURE
    return SUCCESS if known else NO_SUCH_INSTANCE


@dataclass(frozen=True)
class NetworkCommitmentRequester:
    """Implements ``ports.CommitmentRequester``.

    A report on the same association goes to ``inbox`` before it is acknowledged, like one on an association of its
    own. ``wait_s`` is how long the association stays open for it.
    """

    calling_ae_title: str
    inbox: CommitmentInbox
    options: RequestorOptions = field(default_factory=RequestorOptions)
    wait_s: float = 1.0

    def request(self, peer: Peer, transaction_uid: str, parcels: Sequence[Parcel]) -> CommitmentReport | None:
        """Send N-ACTION; the report if it came within ``wait_s``, else None.

        Raises Transient (no association, aborted, no or an odd answer) or Refused (the peer does not do it).
        """
        same_association = _SameAssociation(self.inbox)
        handlers = [(evt.EVT_N_EVENT_REPORT, same_association.take)]
        contexts = [build_context(STORAGE_COMMITMENT_PUSH_MODEL, list(UNCOMPRESSED_SYNTAXES))]
        with open_association(peer, self.calling_ae_title, contexts, self.options, handlers) as association:
            answer, _ = association.send_n_action(
                _information(transaction_uid, parcels),
                _REQUEST_COMMITMENT,
                STORAGE_COMMITMENT_PUSH_MODEL,
                STORAGE_COMMITMENT_PUSH_MODEL_INSTANCE,
            )
            accepted = answer.get("Status") == SUCCESS
            report = same_association.wait(transaction_uid, self.wait_s) if accepted else None
        _check_answer(answer, peer)
        return report


class _SameAssociation:
    """Catches the report that comes on the association of the request."""

    def __init__(self, inbox: CommitmentInbox) -> None:
        self._inbox = inbox
        self._reports: Queue[CommitmentReport] = Queue()

    def take(self, event: evt.Event) -> tuple[int, None]:
        status = take_event_report(event, self._inbox)
        if status == SUCCESS:
            self._reports.put(read_report(event.event_information))
        return status, None

    def wait(self, transaction_uid: str, wait_s: float) -> CommitmentReport | None:
        try:
            report = self._reports.get(timeout=wait_s)
        except Empty:
            return None
        return report if report.transaction_uid == transaction_uid else None


def _information(transaction_uid: str, parcels: Sequence[Parcel]) -> Dataset:
    """The Action Information of PS3.4 table J.3-1."""
    information = Dataset()
    information.TransactionUID = transaction_uid
    information.ReferencedSOPSequence = [_reference(parcel) for parcel in parcels]
    return information


def _reference(parcel: Parcel) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = parcel.sop_class_uid
    item.ReferencedSOPInstanceUID = parcel.sop_instance_uid
    return item


def _check_answer(answer: Dataset, peer: Peer) -> None:
    """Return on success. No status at all means aborted or timed out: a failure, never a success."""
    if "Status" not in answer:
        raise Transient(
            f"{peer.name} ended the association instead of answering the commitment request.",
            hint="Orthanc and others do so where they do not list this node's AE title among their modalities.",
        )
    status = int(answer.Status)
    if status == SUCCESS:
        return
    words = f"{peer.name} answered the commitment request with status 0x{status:04X}"
    if comment := answer.get("ErrorComment", ""):
        words += f" ({comment})"
    if is_permanent(status):
        raise Refused(f"{words}.", hint="Set commitment = false for this peer if it does not do Storage Commitment.")
    raise Transient(f"{words}.", hint="It is asked again later.")
