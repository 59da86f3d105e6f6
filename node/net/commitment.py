"""Storage Commitment Push Model as SCU (PS3.4 Annex J): the request, and the report on any association."""

from pydicom.dataset import Dataset
from pynetdicom import evt

from node.dicom.statuses import NO_SUCH_INSTANCE, PROCESSING_FAILURE, SUCCESS
from node.service.ports import CommitmentInbox, CommitmentReport

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
        failed=tuple((str(item.ReferencedSOPInstanceUID), int(item.get("FailureReason", 0x0110))) for item in failed),
    )


def take_event_report(event: evt.Event, inbox: CommitmentInbox) -> int:
    """Hand a peer's N-EVENT-REPORT to the inbox; the status to answer with."""
    try:
        report = read_report(event.event_information)
    except (AttributeError, ValueError, TypeError):
        return _INVALID_ARGUMENT
    try:
        known = inbox.commitment_reported(report)
    except Exception:  # noqa: BLE001 -- the peer must get an answer; it will report again
        return PROCESSING_FAILURE
    return SUCCESS if known else NO_SUCH_INSTANCE
