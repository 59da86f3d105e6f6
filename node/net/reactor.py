"""pynetdicom's upper layer, subclassed: bounded, driven by events, and without copies of what a peer sends.

pynetdicom 3.0.4 reads each PDU 4 kB at a time into a growing bytearray whatever length it declares, makes three
objects of it, and sleeps 1 ms between turns.
"""

import logging
import os
import select
import socket
import struct
from threading import Lock
from typing import Any, Protocol, cast

from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.pdu import A_ABORT_RQ

_LOG = logging.getLogger(__name__)

# An A-ASSOCIATE-RQ of 128 contexts with all our syntaxes has about 60 kB
CONTROL_PDU_LIMIT = 1 << 20
# We announce less; what a peer may exceed it by before it is cut off
DATA_PDU_LIMIT = 16 << 20
# Timers (ARTIM, idle) are looked at this often when nothing happens
TIMER_RESOLUTION_MS = 500

_P_DATA_TF = 0x04
_KNOWN_PDU_TYPES = range(0x01, 0x08)
_READY_FOR_DATA = "Sta6"
_AWAITING_CLOSE = "Sta13"
_CONNECTION_LOST = "Evt17"
_ARTIM_EXPIRED = "Evt18"
_UNUSABLE_PDU = "Evt19"


class TakesFragments(Protocol):
    """A DIMSE provider that takes presentation data values as they lie in the PDU."""

    def take_fragment(self, context_id: int, control: int, data: memoryview) -> None: ...


class Wake:
    """Wakes a thread that polls a file descriptor. Safe to set from any thread, also after it is closed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def fileno(self) -> int:
        return self._descriptor

    def set(self) -> None:
        with self._lock:
            if self._descriptor >= 0:
                os.eventfd_write(self._descriptor, 1)

    def clear(self) -> None:
        try:
            os.eventfd_read(self._descriptor)
        except BlockingIOError:
            return

    def close(self) -> None:
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()


class BoundedDul(DULServiceProvider):
    """An upper layer that sleeps until there is something to do and never reads a PDU longer than the limits."""

    def __init__(self, assoc: Association) -> None:
        super().__init__(assoc)
        self.daemon = True
        self._wake = Wake()

    def send_pdu(self, primitive: Any) -> None:
        """Queue a primitive for the peer and wake the reactor."""
        super().send_pdu(primitive)
        self._wake.set()

    def kill_dul(self) -> None:
        """End the reactor's thread."""
        super().kill_dul()
        self._wake.set()

    def stop_dul(self) -> bool:
        """End the reactor's thread if the state machine is idle; True when it has ended."""
        if self.state_machine.current_state != "Sta1":
            return False
        self.kill_dul()
        self.join()
        return True

    def run_reactor(self) -> None:
        """The thread's loop: one event after the other, then sleep until the socket or a queue has something."""
        self._idle_timer.start()
        self.assoc._dul_ready.set()
        try:
            while not self._kill_thread:
                self._turn()
        except Exception:  # noqa: BLE001 -- the thread must not die without telling the peer
            _LOG.exception("upper layer failed, association aborted")
            self._hard_abort()
        finally:
            self._kill_thread = True
            self._wake.close()
            # Nothing more will come: whoever waits for the peer must not wait for a timeout (port scanners and health
            # checks connect and go without a word, each would keep a thread for half a minute).
            self.to_user_queue.put(cast(Any, None))

    def _turn(self) -> None:
        if self.artim_timer.expired:
            self.event_queue.put(_ARTIM_EXPIRED)
        if self.event_queue.empty() and not self._process_recv_primitive():
            self._wait_for_peer()
        while not self.event_queue.empty() and not self._kill_thread:
            self.state_machine.do_action(self.event_queue.get())

    def _wait_for_peer(self) -> None:
        """Sleep until the peer or our own side has something; read one PDU if it is the peer."""
        if self.state_machine.current_state == _AWAITING_CLOSE:
            self._is_transport_event()
            return
        poll = select.poll()
        poll.register(self._wake.fileno(), select.POLLIN)
        association_socket = self.socket
        connection = association_socket.socket if association_socket and association_socket._is_connected else None
        if connection is not None:
            if connection.fileno() < 0:
                self.event_queue.put(_CONNECTION_LOST)
                return
            poll.register(connection.fileno(), select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(TIMER_RESOLUTION_MS)}
        if self._wake.fileno() in ready:
            self._wake.clear()
        if ready - {self._wake.fileno()}:
            self._read_pdu_data()
            self._idle_timer.restart()

    def _hard_abort(self) -> None:
        """Past the state machine, which may be what failed."""
        abort = A_ABORT_RQ()
        abort.source, abort.reason_diagnostic = 0x02, 0x00
        if self.socket is not None and self.socket.socket is not None:
            self.socket.send(abort.encode())
            self.socket.close()
        self.assoc.is_aborted = True
        self.assoc.is_established = False
        self.assoc._kill = True
        self.assoc.dimse.msg_queue.put((None, None))

    def _read_pdu_data(self) -> None:
        """Read one PDU; its event goes to the state machine, or its data to the DIMSE provider at once."""
        try:
            head = self._read_exactly(6)
            kind, _, length = struct.unpack(">BBL", head)
            if kind not in _KNOWN_PDU_TYPES or length > (DATA_PDU_LIMIT if kind == _P_DATA_TF else CONTROL_PDU_LIMIT):
                self.event_queue.put(_UNUSABLE_PDU)
                return
            body = self._read_exactly(length)
        except (OSError, ValueError):
            self.event_queue.put(_CONNECTION_LOST)
            return
        if kind == _P_DATA_TF and self.state_machine.current_state == _READY_FOR_DATA and self._takes_fragments():
            self._hand_on(body)
        else:
            self._take_pdu(head, body)

    def _takes_fragments(self) -> bool:
        return hasattr(self.assoc.dimse, "take_fragment")

    def _hand_on(self, body: bytearray) -> None:
        """Action DT-2 of the state machine without its objects: PDVs (PS3.8 9.3.5.1) go to the DIMSE provider."""
        dimse = cast(TakesFragments, self.assoc.dimse)
        view, offset = memoryview(body), 0
        while offset < len(view):
            if offset + 6 > len(view):
                self.event_queue.put(_UNUSABLE_PDU)
                return
            length, context_id, control = struct.unpack_from(">LBB", view, offset)
            end = offset + 4 + length
            if length < 2 or end > len(view):
                self.event_queue.put(_UNUSABLE_PDU)
                return
            dimse.take_fragment(context_id, control, view[offset + 6 : end])
            offset = end

    def _take_pdu(self, head: bytearray, body: bytearray) -> None:
        try:
            pdu, event = self._decode_pdu(head + body)
        except Exception:  # noqa: BLE001 -- whatever a peer sends must end in the state machine
            self.event_queue.put(_UNUSABLE_PDU)
            return
        self._recv_pdu.put(pdu)
        self.event_queue.put(event)

    def _read_exactly(self, length: int) -> bytearray:
        """``length`` bytes from the peer. Raises OSError when the connection ends or times out before."""
        connection = self.socket.socket if self.socket else None
        if connection is None:
            raise ConnectionError("closed")
        buffer = bytearray(length)
        view = memoryview(buffer)
        while view:
            # A sender with Nagle's algorithm (Debian's DCMTK, old modalities) holds back the end of each image until
            # the rest is acknowledged, which Linux delays by 40 ms. The option does not last: set it each time.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            received = connection.recv_into(view)
            if not received:
                raise ConnectionError("closed by the peer")
            view = view[received:]
        return buffer
