"""An acceptor's association that sleeps until there is something to do."""

import queue
import threading
from typing import Any, cast

from pynetdicom import evt
from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_P_ABORT

from node.net.dimse import ReceivingDimse
from node.net.reactor import BoundedDul
from node.service.ports import Closing, Contact

_TIMER_RESOLUTION_S = 0.5


class _WakingQueue(queue.Queue[Any]):
    """A queue that sets an event when something is put into it."""

    def __init__(self, event: threading.Event) -> None:
        super().__init__()
        self._event = event

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        self._event.set()


class ReceiverAssociation(Association):
    """An association of the receiver; carries its Contact for the handlers, and how it ended."""

    contact: Contact
    is_open_in_log: bool = False
    closing: Closing = Closing.LOST

    def __init__(self, ae: ApplicationEntity, limit_bytes: int) -> None:
        super().__init__(ae, MODE_ACCEPTOR)
        self._something = threading.Event()
        self.dul = BoundedDul(self)
        self.dul.to_user_queue = _WakingQueue(self._something)
        self.dimse = ReceivingDimse(self, limit_bytes)
        self.dimse.msg_queue = _WakingQueue(self._something)
        self.acse_timeout = self.ae.acse_timeout
        self.network_timeout = self.ae.network_timeout

    def _bind_defaults(self) -> None:
        """Only the handlers that must exist: pynetdicom's log of each PDU costs time and may name the patient."""
        for event in evt._INTERVENTION_EVENTS:
            self.bind(event, evt.get_default_handler(event))

    def kill(self) -> None:
        """End both threads of the association."""
        self._something.set()
        super().kill()

    def _run_reactor(self) -> None:
        """Serve requests in the order they come until the association ends, as pynetdicom's loop does by polling."""
        while not self._kill:
            self._is_paused = True
            self._something.wait(_TIMER_RESOLUTION_S)
            self._something.clear()
            self._reactor_checkpoint.wait()
            self._is_paused = False
            self._serve_waiting()
            if self._has_ended():
                self.kill()
                return

    def _serve_waiting(self) -> None:
        while not self._kill and not self.dimse.msg_queue.empty():
            context_id, message = self.dimse.get_msg(block=False)
            if message is not None:
                self._serve_request(message, cast(int, context_id))

    def _has_ended(self) -> bool:
        """True when the association is over; the handlers of its end have then been called."""
        if self.is_established and self.acse.is_release_requested():
            self._end(Closing.RELEASED)  # before the answer: the connection may be closed at once
            self.acse.send_release(is_response=True)
            self.is_released = True
            evt.trigger(self, evt.EVT_RELEASED, {})
            return True
        if self.acse.is_aborted():
            lost = isinstance(self.dul.receive_pdu(wait=False), A_P_ABORT)
            self._end(Closing.LOST if lost else Closing.ABORTED)
            self.is_aborted = True
            evt.trigger(self, evt.EVT_ABORTED, {})
            return True
        if self.dul.idle_timer_expired():
            self._end(Closing.LOST)
            self.abort()
            return True
        return not self.dul.is_alive()

    def _end(self, closing: Closing) -> None:
        self.closing = closing
        self.is_established = False
