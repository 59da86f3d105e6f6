"""One C-STORE request: from pynetdicom's event to the intake port, and from its outcome to a status."""

import re
from typing import cast

import structlog
from pydicom.dataset import Dataset
from pynetdicom import evt

from node.dicom import statuses
from node.dicom.part10 import header
from node.net.access import AccessRules
from node.net.dimse import StoreRequest
from node.service.ports import Contact, Intake, IntakeOutcome, Received

_log = structlog.get_logger(__name__)
# PS3.5 9.1, but leading zeros in a component are common enough to be let pass
_IS_UID = re.compile(r"[0-9][0-9.]{0,63}").fullmatch

STATUS_OF_OUTCOME = {
    IntakeOutcome.STORED: statuses.SUCCESS,
    IntakeOutcome.CORRECTED: statuses.SUCCESS,
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
    request = cast(StoreRequest, event.request)
    if request.AffectedSOPClassUID != event.context.abstract_syntax:
        return _status(statuses.CLASS_NOT_SUPPORTED, "SOP class is not that of the presentation context")
    if not _IS_UID(str(request.AffectedSOPInstanceUID)):
        return _status(statuses.CANNOT_UNDERSTAND, "SOP Instance UID is not a UID")
    try:
        outcome = intake.accept(_received(request, event.context.transfer_syntax, contact))
    except Exception:  # noqa: BLE001 -- logged; the peer must get an answer
        _log.exception("intake_failed", association=contact.association_id, peer=contact.calling_ae_title)
        return _status(statuses.PROCESSING_FAILURE, "Fault of this node, send again")
    if STATUS_OF_OUTCOME[outcome] == statuses.SUCCESS:
        return statuses.SUCCESS
    return _status(STATUS_OF_OUTCOME[outcome], _COMMENTS[outcome])


def _received(request: StoreRequest, transfer_syntax_uid: str, contact: Contact) -> Received:
    sop_class_uid, sop_instance_uid = str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID)
    head = header(sop_class_uid, sop_instance_uid, transfer_syntax_uid, contact.calling_ae_title)
    return Received(
        contact=contact,
        sop_class_uid=sop_class_uid,
        sop_instance_uid=sop_instance_uid,
        transfer_syntax_uid=str(transfer_syntax_uid),
        parts=(head, *request.parts),
    )


def _status(code: int, comment: str) -> Dataset:
    answer = Dataset()
    answer.Status = code
    answer.ErrorComment = comment[: statuses.ERROR_COMMENT_LENGTH]
    return answer
