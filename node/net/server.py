"""The accept loop of one receiver process, on a socket that it may share with others."""

import socket
from datetime import datetime
from typing import Any, cast

from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.transport import AssociationServer, AssociationSocket, RequestHandler, ThreadedAssociationServer

from node.net.acceptor import ReceiverAssociation


class _Handler(RequestHandler):
    """Makes our association for a connection, and shares the supported contexts instead of copying them all."""

    def _create_association(self) -> Association:
        server = cast(ReceiverServer, self.server)
        association = ReceiverAssociation(self.ae, server.limit_bytes)
        association._server = server
        association.name = f"AcceptorThread@{datetime.now():%Y%m%d%H%M%S}"  # active_associations looks for the name
        association.set_socket(AssociationSocket(association, client_socket=self.request))
        acceptor = association.acceptor
        acceptor.maximum_length = self.ae.maximum_pdu_size
        acceptor.ae_title = server.ae_title
        acceptor.address_info = self.local
        acceptor.implementation_class_uid = self.ae.implementation_class_uid
        acceptor.implementation_version_name = self.ae.implementation_version_name
        acceptor.supported_contexts = server.contexts
        association.requestor.address_info = self.remote
        server.bind_handlers(association)
        return association


class ReceiverServer(AssociationServer):
    """Serves an open listener. Several processes may serve the same one: whoever is idle accepts first.

    ``connection_limit`` bounds the connections, ``limit_bytes`` the size of one message.
    """

    def __init__(
        self,
        entity: ApplicationEntity,
        listener: socket.socket,
        handlers: list[Any],
        connection_limit: int,
        limit_bytes: int,
    ) -> None:
        self._listener = listener
        self._connection_limit = connection_limit
        self.limit_bytes = limit_bytes
        super().__init__(
            entity,
            listener.getsockname(),
            entity.ae_title,
            entity.supported_contexts,
            evt_handlers=handlers,
            request_handler=_Handler,
        )
        entity._servers.append(cast(ThreadedAssociationServer, self))  # shutdown() takes it out again

    def server_bind(self) -> None:
        """Take the listener in place of the socket that socketserver made."""
        cast(socket.socket, self.socket).close()
        self.socket = self._listener
        self.server_address = self._listener.getsockname()

    def server_activate(self) -> None:
        """Nothing to do: the listener listens."""

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept one connection; an OSError (another process was faster) is passed over by socketserver."""
        connection, address = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.settimeout(self.ae.network_timeout)
        return connection, address

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 -- socketserver's signature
        """False closes the connection: too many are open."""
        return len(self.active_associations) < self._connection_limit

    def bind_handlers(self, association: Association) -> None:
        """Bind this server's handlers to a new association, as pynetdicom's own request handler does."""
        for event, handlers in self._handlers.items():
            if event.is_intervention:
                association.bind(event, *cast(tuple[Any, Any], handlers))
            elif isinstance(event, evt.NotificationEvent):
                for handler, arguments in cast(list[tuple[Any, Any]], handlers):
                    association.bind(event, handler, arguments)
