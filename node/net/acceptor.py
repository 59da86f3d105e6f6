"""The receiver's side of an association."""

from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.ae import ApplicationEntity

from node.net.association import BoundedAssociation, WakingQueue
from node.net.dimse import ReceivingDimse
from node.service.ports import Contact


class ReceiverAssociation(BoundedAssociation):
    """Collects C-STORE requests without copying, and carries its Contact for the handlers."""

    contact: Contact
    is_open_in_log: bool = False

    def __init__(self, ae: ApplicationEntity, limit_bytes: int) -> None:
        super().__init__(ae, MODE_ACCEPTOR)
        self.dimse = ReceivingDimse(self, limit_bytes)
        self.dimse.msg_queue = WakingQueue(self._something)
