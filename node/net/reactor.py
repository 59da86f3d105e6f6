"""pynetdicom's upper layer, subclassed: bounded, and without its polling and copying.

pynetdicom 3.0.4 reads each PDU into a growing bytearray whatever length it declares, and sleeps 1 ms between turns.
"""

import socket
import struct
from typing import cast

from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider

# An A-ASSOCIATE-RQ of 128 contexts with all our syntaxes has about 60 kB
CONTROL_PDU_LIMIT = 1 << 20
# We announce less; what a peer may exceed it by before it is cut off
DATA_PDU_LIMIT = 16 << 20
_P_DATA_TF = 0x04
_KNOWN_PDU_TYPES = range(0x01, 0x08)


class BoundedDul(DULServiceProvider):
    """An upper layer that never reads a PDU longer than the limits above."""

    def __init__(self, assoc: Association) -> None:
        super().__init__(assoc)
        self.daemon = True

    def _read_pdu_data(self) -> None:
        """Read one PDU; its event goes to the state machine (Evt17 connection lost, Evt19 unusable PDU)."""
        try:
            head = self._read_exactly(6)
            kind, _, length = struct.unpack(">BBL", head)
            if kind not in _KNOWN_PDU_TYPES or length > (DATA_PDU_LIMIT if kind == _P_DATA_TF else CONTROL_PDU_LIMIT):
                self.event_queue.put("Evt19")
                return
            body = self._read_exactly(length)
        except OSError:
            self.event_queue.put("Evt17")
            return
        self._take_pdu(head, body)

    def _take_pdu(self, head: bytearray, body: bytearray) -> None:
        try:
            pdu, event = self._decode_pdu(head + body)
        except Exception:  # noqa: BLE001 -- whatever a peer sends must end in the state machine
            self.event_queue.put("Evt19")
            return
        self.event_queue.put(event)
        self._recv_pdu.put(pdu)

    def _read_exactly(self, length: int) -> bytearray:
        """``length`` bytes from the peer. Raises OSError when the connection ends or times out before."""
        connection = cast(socket.socket, self.socket.socket) if self.socket else None
        if connection is None:
            raise ConnectionError("closed")
        buffer = bytearray(length)
        view = memoryview(buffer)
        while view:
            received = connection.recv_into(view)
            if not received:
                raise ConnectionError("closed by the peer")
            view = view[received:]
        return buffer
