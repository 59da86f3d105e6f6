"""One C-STORE request: from pynetdicom's event to the intake port, and from its outcome to a status."""

from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import evt

from node.dicom import statuses
from node.dicom.part10 import header
from node.net.access import AccessRules
from node.service.ports import Contact, Intake, IntakeOutcome, Received

STATUS_OF_OUTCOME = {
    IntakeOutcome.STORED: statuses.SUCCESS,
    IntakeOutcome.DUPLICATE: statuses.SUCCESS,
    IntakeOutcome.DISK_FULL: statuses.OUT_OF_RESOURCES,
    IntakeOutcome.UID_MISMATCH: statuses.DATASET_MISMATCH,
    IntakeOutcome.UNPARSABLE: statuses.CANNOT_UNDERSTAND,
    IntakeOutcome.CONFLICT: statuses.CANNOT_UNDERSTAND,
}
_COMMENTS = {
    IntakeOutcome.DISK_FULL: "Disk almost full, send again later",
    IntakeOutcome.UID_MISMATCH: "SOP class or instance UID differs from the command",
    IntakeOutcome.UNPARSABLE: "Data set cannot be parsed, or UIDs are missing",
    IntakeOutcome.CONFLICT: "Known SOP Instance UID with other content",
}


def answer_store(event: evt.Event, contact: Contact, access: AccessRules, intake: Intake) -> Dataset | int:
    """The status (with an Error Comment where it failed) for one C-STORE request."""
    if not access.may_store(contact.calling_ae_title, contact.address):
        return _status(statuses.NOT_AUTHORISED, "This AE title may not store here")
    if event.request.AffectedSOPClassUID != event.context.abstract_syntax:
        return _status(statuses.CLASS_NOT_SUPPORTED, "SOP class is not that of the presentation context")
    try:
        outcome = intake.accept(_received(event, contact))
    except Exception:  # noqa: BLE001 -- the peer must get an answer; the intake reports its own faults
        return _status(statuses.PROCESSING_FAILURE, "Fault of this node, send again")
    if STATUS_OF_OUTCOME[outcome] == statuses.SUCCESS:
        return statuses.SUCCESS
    return _status(STATUS_OF_OUTCOME[outcome], _COMMENTS[outcome])


def _received(event: Any, contact: Contact) -> Received:
    request = event.request
    head = header(
        request.AffectedSOPClassUID,
        request.AffectedSOPInstanceUID,
        event.context.transfer_syntax,
        contact.calling_ae_title,
    )
    return Received(
        contact=contact,
        sop_class_uid=str(request.AffectedSOPClassUID),
        sop_instance_uid=str(request.AffectedSOPInstanceUID),
        transfer_syntax_uid=str(event.context.transfer_syntax),
        parts=(head, *request.parts),
    )


def _status(code: int, comment: str) -> Dataset:
    answer = Dataset()
    answer.Status = code
    answer.ErrorComment = comment[: statuses.ERROR_COMMENT_LENGTH]
    return answer
