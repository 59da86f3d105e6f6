"""An association that sleeps until there is something to do; receiver and requestor build on it.

pynetdicom 3.0.4 looks every millisecond, and its reactor may take a response from the thread that waits for it: it
checks that it may go on, and only then says that it is running.
"""

import queue
import threading
from typing import Any, cast

from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_P_ABORT

from node.net.reactor import BoundedDul
from node.service.ports import Closing

_TIMER_RESOLUTION_S = 0.5


class WakingQueue(queue.Queue[Any]):
    """A queue that sets an event when something is put into it."""

    def __init__(self, event: threading.Event) -> None:
        super().__init__()
        self._event = event

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        self._event.set()


class BoundedAssociation(Association):
    """An association on the bounded upper layer. ``closing`` tells how it ended."""

    closing: Closing = Closing.LOST
    _kill: bool = False
    _paused: bool = False

    def __init__(self, ae: ApplicationEntity, mode: str) -> None:
        super().__init__(ae, mode)
        self._something = threading.Event()
        self.dul = BoundedDul(self)
        self.dul.to_user_queue = WakingQueue(self._something)
        self.dimse.msg_queue = WakingQueue(self._something)
        self.acse_timeout = ae.acse_timeout  # these two belong to the upper layer
        self.network_timeout = ae.network_timeout

    @property
    def _is_paused(self) -> bool:
        """True while the reactor leaves the queues to others.

        pynetdicom answers N-EVENT-REPORT in a thread of its own, which takes this flag for the reactor's and clears
        it: whoever then waits for a paused reactor, to release the association, waits for ever.
        """
        return self._paused

    @_is_paused.setter
    def _is_paused(self, value: bool) -> None:
        if self._kill or threading.current_thread() is self:
            self._paused = value

    def _bind_defaults(self) -> None:
        """Only the handlers that must exist: pynetdicom's log of each PDU costs time and may name the patient."""
        for event in evt._INTERVENTION_EVENTS:
            self.bind(event, evt.get_default_handler(event))

    def kill(self) -> None:
        """End both threads of the association."""
        self._something.set()
        super().kill()

    def _run_reactor(self) -> None:
        """Serve requests in the order they come until the association ends.

        Who sends a request and waits for the response clears ``_reactor_checkpoint`` and then waits for
        ``_is_paused``; the second look at the checkpoint makes sure that both never read the queues at once.
        """
        while not self._kill:
            self._is_paused = True
            self._something.wait(_TIMER_RESOLUTION_S)
            self._reactor_checkpoint.wait()
            self._is_paused = False
            if not self._reactor_checkpoint.is_set():
                continue
            self._something.clear()
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
