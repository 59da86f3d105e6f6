"""The receiver: C-ECHO, C-STORE and the reports of storage commitment, as acceptor of associations.

It answers and hands on; it never decodes pixels and imports nothing that does.
"""

import socket
import threading
import uuid
from dataclasses import dataclass
from typing import Any, cast

import structlog
from pynetdicom import AE, evt, register_uid
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.sop_class import uid_to_service_class
from pynetdicom.transport import AddressInformation

from node.dicom.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from node.dicom.sop_classes import (
    ACCEPTED_SYNTAXES,
    STORAGE_CLASSES,
    STORAGE_COMMITMENT_PUSH_MODEL,
    VERIFICATION,
    StorageClass,
)
from node.dicom.statuses import LOCAL_LIMIT_EXCEEDED, SUCCESS, RejectionRow
from node.net.acceptor import ReceiverAssociation
from node.net.access import AccessRules
from node.net.commitment import take_event_report
from node.net.server import ReceiverServer
from node.net.store_handler import answer_store
from node.service.ports import AssociationLog, CommitmentInbox, Contact, Intake

_log = structlog.get_logger(__name__)

_UNRECOGNISED_OPERATION = 0x0211


@dataclass(frozen=True)
class ReceiverOptions:
    """How the receiver behaves. Timeouts in seconds.

    ``maximum_pdu_bytes`` is announced to the peer; one message may have ``maximum_message_bytes`` (an Enhanced CT of
    1000 frames has about 0.5 GB).
    """

    maximum_associations: int = 25
    maximum_pdu_bytes: int = 1 << 20
    maximum_message_bytes: int = 2 << 30
    association_timeout_s: float = 30.0
    idle_timeout_s: float = 60.0


@dataclass(frozen=True)
class Receiver:
    """One receiver process: what it needs to answer. ``serve`` runs it."""

    access: AccessRules
    intake: Intake
    log: AssociationLog
    inbox: CommitmentInbox
    options: ReceiverOptions = ReceiverOptions()

    def serve(self, listener: socket.socket, stop: threading.Event) -> None:
        """Accept associations on ``listener`` until ``stop`` is set; then abort those that are still open."""
        server = self.make_server(listener)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.25}, daemon=True)
        thread.start()
        stop.wait()
        server.shutdown()
        for association in server.active_associations:
            association.abort()
        thread.join()

    def make_server(self, listener: socket.socket) -> ReceiverServer:
        """The server object, not yet serving."""
        entity = _application_entity(self.access.ae_title, self.options)
        options = self.options
        connection_limit = 4 * options.maximum_associations
        return ReceiverServer(
            entity, listener, _Handlers(self).bound(), connection_limit, options.maximum_message_bytes
        )


def _application_entity(ae_title: str, options: ReceiverOptions) -> AE:
    entity = AE(ae_title=ae_title)
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    entity.maximum_associations = options.maximum_associations
    entity.maximum_pdu_size = options.maximum_pdu_bytes
    entity.acse_timeout = options.association_timeout_s
    entity.network_timeout = options.idle_timeout_s
    entity.dimse_timeout = options.idle_timeout_s
    entity.add_supported_context(VERIFICATION)
    # The peer reports as requestor and SCP; some propose no role at all.
    entity.add_supported_context(STORAGE_COMMITMENT_PUSH_MODEL, scu_role=True, scp_role=True)
    for storage_class in STORAGE_CLASSES:
        _register(storage_class)
        entity.add_supported_context(storage_class.uid, list(ACCEPTED_SYNTAXES))
    return entity


def _register(storage_class: StorageClass) -> None:
    """Tell pynetdicom of a private or retired class; it serves only those that it knows."""
    if uid_to_service_class(storage_class.uid) is not StorageServiceClass:
        keyword = "Storage_" + storage_class.uid.replace(".", "_")
        register_uid(storage_class.uid, keyword, StorageServiceClass)


class _Handlers:
    """What happens at the events of an association. The association carries its Contact from first to last."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def bound(self) -> list[Any]:
        return [
            (evt.EVT_REQUESTED, self._requested),
            (evt.EVT_REJECTED, self._rejected_for_number),
            (evt.EVT_ESTABLISHED, self._established),
            (evt.EVT_RELEASED, self._ended),
            (evt.EVT_ABORTED, self._ended),
            (evt.EVT_CONN_CLOSE, self._ended),
            (evt.EVT_C_ECHO, lambda _: SUCCESS),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_N_EVENT_REPORT, self._event_report),
            (evt.EVT_N_ACTION, lambda _: (_UNRECOGNISED_OPERATION, None)),
        ]

    def _requested(self, event: evt.Event) -> None:
        association = _of(event)
        try:
            contact = association.contact = _contact(association)
            refusal = self._receiver.access.refusal(contact.calling_ae_title, contact.called_ae_title, contact.address)
        except Exception:
            _reject(association, LOCAL_LIMIT_EXCEEDED)  # pynetdicom lets in whoever makes a handler fail
            association.kill()
            raise
        if refusal is not None:
            _reject(association, refusal.row)
            try:
                self._record_rejected(contact, refusal.sentence)
            finally:
                association.kill()  # returns when the answer is out and the connection closed

    def _record_rejected(self, contact: Contact, reason: str) -> None:
        _log.warning("peer_rejected", calling=contact.calling_ae_title, address=contact.address, reason=reason)
        self._receiver.log.peer_rejected(contact, reason)

    def _rejected_for_number(self, event: evt.Event) -> None:
        limit = self._receiver.options.maximum_associations
        self._record_rejected(
            _of(event).contact,
            f"More than {limit} associations at once: raise max_associations, or let the peer open fewer.",
        )

    def _established(self, event: evt.Event) -> None:
        association = _of(event)
        association.is_open_in_log = True
        self._receiver.log.association_opened(association.contact)

    def _ended(self, event: evt.Event) -> None:
        """Released, aborted or only disconnected: the first of these events is the one that counts."""
        association = _of(event)
        if association.is_open_in_log:
            association.is_open_in_log = False
            self._receiver.log.association_closed(association.contact.association_id, association.closing)

    def _store(self, event: evt.Event) -> Any:
        return answer_store(event, _of(event).contact, self._receiver.access, self._receiver.intake)

    def _event_report(self, event: evt.Event) -> tuple[int, None]:
        return take_event_report(event, self._receiver.inbox), None


def _reject(association: ReceiverAssociation, row: RejectionRow) -> None:
    association.acse.send_reject(row.result, row.source, row.reason)


def _of(event: evt.Event) -> ReceiverAssociation:
    """The association of an event: the server makes none of another class."""
    return cast(ReceiverAssociation, event.assoc)


def _contact(association: ReceiverAssociation) -> Contact:
    """Who calls, as it says itself in the A-ASSOCIATE-RQ, and where from."""
    request = cast(A_ASSOCIATE, association.requestor.primitive)
    source = cast(AddressInformation, association.requestor.address_info)
    return Contact(
        association_id=uuid.uuid4().hex,
        calling_ae_title=str(request.calling_ae_title).strip(),
        called_ae_title=str(request.called_ae_title).strip(),
        address=source.address,
    )
