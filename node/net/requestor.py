"""Opening an association as requestor, with failures told in words that a person can act on."""

import errno
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from pynetdicom import AE
from pynetdicom._globals import MODE_REQUESTOR
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import T_CONNECT, AddressInformation, AssociationSocket

from node.dicom.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from node.dicom.sop_classes import name_of
from node.domain.errors import Refused, Transient
from node.domain.peer import Peer
from node.net.association import BoundedAssociation

MAXIMUM_CONTEXTS = 128  # context identifiers are odd and below 256 (PS3.8 9.3.2.2)


@dataclass(frozen=True)
class RequestorOptions:
    """Timeouts in seconds: to connect, for the answer to the association request, for the answer to a message."""

    connection_timeout_s: float = 10.0
    association_timeout_s: float = 30.0
    response_timeout_s: float = 60.0


class RequestorSocket(AssociationSocket):
    """Without Nagle's delay, and keeps the error that pynetdicom only logs."""

    failure: OSError | None = None

    def connect(self, primitive: T_CONNECT) -> None:
        """Connect; the outcome goes to the state machine (Evt2 or Evt17)."""
        connection = cast(socket.socket, self.socket)
        try:
            connection.settimeout(self.assoc.connection_timeout)
            connection.connect(primitive.address_info.as_tuple)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(self.assoc.network_timeout)
            self._is_connected = True
            primitive.result = "Evt2"
        except OSError as error:
            self.failure = error
            connection.close()
            self.socket = None
            primitive.result = "Evt17"
        self.provider_queue.put(primitive)
        self._ready.set()


class RequestorAssociation(BoundedAssociation):
    """A requestor's association, which can send a dataset that is encoded already."""

    _was_lost = False

    def __init__(self, entity: ApplicationEntity) -> None:
        super().__init__(entity, MODE_REQUESTOR)

    def store_encoded(self, request: C_STORE, context: PresentationContext) -> C_STORE | None:
        """Send a complete C-STORE request; the response, or None when the association ended without one.

        Does what ``send_c_store`` does after encoding.
        """
        if self._was_lost:  # is_established says so only a moment later
            return None
        self._reactor_checkpoint.clear()
        while not self._is_paused:
            time.sleep(0.0001)
        self.dimse.send_msg(request, cast(int, context.context_id))
        _, response = self.dimse.get_msg(block=True)
        self._reactor_checkpoint.set()
        if response is None:
            self._was_lost = True
            self._handle_no_response()
            return None
        if not isinstance(response, C_STORE) or not response.is_valid_response:
            self.abort()
            return None
        return response


@contextmanager
def open_association(
    peer: Peer,
    calling_ae_title: str,
    contexts: Sequence[PresentationContext],
    options: RequestorOptions,
    handlers: Sequence[tuple[Any, Any]] = (),
) -> Iterator[RequestorAssociation]:
    """An association with ``peer``, released at the end (aborted when the block raises).

    Raises Transient with what to check when there is none, Refused when the configuration gives no host or port.
    """
    association = _prepare(peer, calling_ae_title, contexts, options)
    for event, handler in handlers:
        association.bind(event, handler)
    association.request()
    if not association.is_established:
        raise _explained(association, peer, calling_ae_title)
    association.start()
    try:
        yield association
    except BaseException:
        association.abort()
        raise
    association.release()


def _prepare(
    peer: Peer, calling_ae_title: str, contexts: Sequence[PresentationContext], options: RequestorOptions
) -> RequestorAssociation:
    """An association that is set up but not requested; what ``AE.associate`` does before it connects."""
    remote = _address(peer)
    local = AddressInformation.from_tuple(("0.0.0.0" if remote.is_ipv4 else "::0", 0))
    association = RequestorAssociation(_entity(calling_ae_title, options))
    association.name = f"Requestor@{peer.name}"
    association.set_socket(RequestorSocket(association, address=local))
    association.acceptor.ae_title = peer.ae_title
    association.acceptor.address_info = remote
    requestor = association.requestor
    requestor.address_info = local
    requestor.ae_title = calling_ae_title
    requestor.maximum_length = 1 << 16
    requestor.implementation_class_uid = association.ae.implementation_class_uid
    requestor.implementation_version_name = association.ae.implementation_version_name
    for number, context in enumerate(contexts):
        context.context_id = 2 * number + 1
    requestor.requested_contexts = list(contexts)
    return association


def _entity(calling_ae_title: str, options: RequestorOptions) -> AE:
    entity = AE(ae_title=calling_ae_title)
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    entity.connection_timeout = options.connection_timeout_s
    entity.acse_timeout = options.association_timeout_s
    entity.dimse_timeout = options.response_timeout_s
    entity.network_timeout = options.response_timeout_s
    return entity


def _address(peer: Peer) -> AddressInformation:
    if peer.host is None or peer.port is None:
        raise Refused(
            f"Peer {peer.name} has no host or port, so nothing can be sent to it.",
            hint="Give host and port of its DICOM listener in the configuration.",
        )
    try:
        return AddressInformation.from_addr_port(peer.host, peer.port)
    except socket.gaierror as error:
        raise Transient(
            f"The host {peer.host} of peer {peer.name} is unknown ({error.strerror}).",
            hint="Check its spelling in the configuration and the name server, or give its IP address.",
        ) from error


def _explained(association: Association, peer: Peer, calling: str) -> Transient:
    """Why there is no association, and what to do about it."""
    place = f"{peer.ae_title} at {peer.host}:{peer.port}"
    if peer.name != f"{peer.ae_title}@{peer.host}:{peer.port}":
        place = f"{peer.name} ({place})"
    failure = cast(RequestorSocket, association.dul.socket).failure
    if failure is not None:
        return _no_connection(failure, place, peer)
    # pynetdicom 3.0.4 leaves a rejection unread when the peer has closed the connection before it looks
    answer = association.acceptor.primitive or association.dul.receive_pdu(wait=False)
    if isinstance(answer, A_ASSOCIATE) and answer.result != 0:
        return _rejected(answer, place, peer, calling)
    if isinstance(answer, A_ASSOCIATE):
        classes = {str(context.abstract_syntax) for context in association.requestor.requested_contexts}
        names = ", ".join(name_of(uid) for uid in sorted(classes))
        return Transient(
            f"{place} accepted no presentation context for: {names}.",
            hint="Allow these SOP classes on the peer, or send to another one.",
        )
    return Transient(
        f"{place} ended the connection without an answer to the association request.",
        hint="Is that port a DICOM listener? Does the peer want TLS, or refuse this node's address? See its log.",
    )


def _no_connection(failure: OSError, place: str, peer: Peer) -> Transient:
    if failure.errno == errno.ECONNREFUSED:
        return Transient(
            f"Nothing listens at {place}: connection refused.",
            hint="Is the peer running, and is this its DICOM port (not its web port)?",
        )
    if isinstance(failure, TimeoutError):
        return Transient(
            f"{place} does not answer.", hint=f"Check that a firewall lets this machine through to port {peer.port}."
        )
    reason = failure.strerror or str(failure)
    return Transient(f"No connection to {place}: {reason}.", hint="Check host, port and network.")


def _rejected(answer: A_ASSOCIATE, place: str, peer: Peer, calling: str) -> Transient:
    """PS3.8 table 9-21 in words."""
    match (answer.result_source, answer.diagnostic):
        case (1, 3):
            return Transient(
                f"{place} does not know the calling AE title '{calling}'.",
                hint=f"Add AE title '{calling}' with this node's address and port to the peer's list of AE titles.",
            )
        case (1, 7):
            return Transient(
                f"{place} is not called '{peer.ae_title}'.", hint="Correct the peer's ae_title in the configuration."
            )
        case (3, 1 | 2):
            return Transient(f"{place} is busy ({answer.reason_str}).", hint="It is tried again later.")
    return Transient(
        f"{place} rejected the association: {answer.reason_str}.",
        hint=f"Often the peer does not list AE title '{calling}' with this node's address; see its log.",
    )
