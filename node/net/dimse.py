"""pynetdicom's DIMSE provider for a receiver: C-STORE requests are collected as they lie in the PDUs.

pynetdicom 3.0.4 decodes each command set into a pydicom Dataset and joins the fragments of the dataset into a new
buffer; everything but C-STORE still goes that way.
"""

import struct
from io import BytesIO
from typing import Any

from pydicom.uid import UID
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import P_DATA

_IS_COMMAND, _IS_LAST = 1, 2  # message control header, PS3.8 Annex E.2
_C_STORE_RQ = 0x0001
_C_STORE_RSP = 0x8001
_NO_DATASET = 0x0101
_UNUSABLE_PDU = "Evt19"

# Elements of group 0000, PS3.7 Annex E.1
_AFFECTED_SOP_CLASS_UID = 0x0002
_COMMAND_FIELD = 0x0100
_MESSAGE_ID = 0x0110
_MESSAGE_ID_BEING_RESPONDED_TO = 0x0120
_PRIORITY = 0x0700
_DATA_SET_TYPE = 0x0800
_STATUS = 0x0900
_ERROR_COMMENT = 0x0902
_AFFECTED_SOP_INSTANCE_UID = 0x1000


class StoreRequest(C_STORE):
    """A C-STORE request whose dataset is ``parts``: the fragments in order, still in the buffers they came in."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[memoryview] = []
        self.DataSet = BytesIO()  # pynetdicom wants one in a valid request


class ReceivingDimse(DIMSEServiceProvider):
    """Takes fragments from the upper layer; ``limit_bytes`` bounds what one message may have."""

    def __init__(self, assoc: Association, limit_bytes: int) -> None:
        super().__init__(assoc)
        self._limit_bytes = limit_bytes
        self._command = bytearray()
        self._store: StoreRequest | None = None
        self._size = 0

    def take_fragment(self, context_id: int, control: int, data: memoryview) -> None:
        """One presentation data value without its control header."""
        self._size += len(data)
        if self._size > self._limit_bytes:
            self.dul.event_queue.put(_UNUSABLE_PDU)
        elif control & _IS_COMMAND:
            self._take_command(context_id, control, data)
        elif self._store is not None:
            self._take_dataset(context_id, control, data)
        else:
            self._pass_on(context_id, control, bytes(data))

    def _take_command(self, context_id: int, control: int, data: memoryview) -> None:
        self._command += data
        if not control & _IS_LAST:
            return
        command, self._command, self._size = bytes(self._command), bytearray(), 0
        try:
            elements = _elements(command)
            if _number(elements, _COMMAND_FIELD) == _C_STORE_RQ and _number(elements, _DATA_SET_TYPE) != _NO_DATASET:
                self._store = _store_request(elements, context_id)
            else:
                self._pass_on(context_id, control, command)
        except (ValueError, KeyError, struct.error):
            self.dul.event_queue.put(_UNUSABLE_PDU)

    def _take_dataset(self, context_id: int, control: int, data: memoryview) -> None:
        request = self._store
        if request is None or context_id != request._context_id:
            self.dul.event_queue.put(_UNUSABLE_PDU)
            return
        request.parts.append(data)
        if control & _IS_LAST:
            self._store, self._size = None, 0
            self.msg_queue.put((context_id, request))

    def _pass_on(self, context_id: int, control: int, data: bytes) -> None:
        primitive = P_DATA()
        primitive.presentation_data_value_list.append((context_id, bytes([control]) + data))
        self.receive_primitive(primitive)

    def send_msg(self, primitive: Any, context_id: int) -> None:
        """Encode and send a message; the plain response to a C-STORE without pydicom."""
        if isinstance(primitive, C_STORE) and primitive.MessageIDBeingRespondedTo is not None:
            data = P_DATA()
            command = bytes([_IS_COMMAND | _IS_LAST]) + _encoded_response(primitive)
            data.presentation_data_value_list.append((context_id, command))
            self.dul.send_pdu(data)
        else:
            super().send_msg(primitive, context_id)


def _elements(command: bytes) -> dict[int, bytes]:
    """Element number to value of a command set (Implicit VR Little Endian, PS3.7 6.3.1)."""
    elements, offset = {}, 0
    while offset < len(command):
        group, element, length = struct.unpack_from("<HHL", command, offset)
        end = offset + 8 + length
        if group != 0 or end > len(command):
            raise ValueError("not a command set")
        elements[element] = command[offset + 8 : end]
        offset = end
    return elements


def _number(elements: dict[int, bytes], element: int) -> int:
    return int(struct.unpack("<H", elements[element][:2])[0])


def _uid(elements: dict[int, bytes], element: int) -> UID:
    return UID(elements[element].rstrip(b"\x00 ").decode("ascii"))


def _store_request(elements: dict[int, bytes], context_id: int) -> StoreRequest:
    request = StoreRequest()
    request.MessageID = _number(elements, _MESSAGE_ID)
    request.AffectedSOPClassUID = _uid(elements, _AFFECTED_SOP_CLASS_UID)
    request.AffectedSOPInstanceUID = _uid(elements, _AFFECTED_SOP_INSTANCE_UID)
    priority = _number(elements, _PRIORITY) if _PRIORITY in elements else 0
    request.Priority = priority if priority in (0, 1, 2) else 0
    request._context_id = context_id
    return request


def _encoded_response(response: C_STORE) -> bytes:
    """The command set of a C-STORE-RSP (PS3.7 table 9.3-2)."""
    elements = [
        _element(_AFFECTED_SOP_CLASS_UID, _padded(str(response.AffectedSOPClassUID), b"\x00")),
        _element(_COMMAND_FIELD, struct.pack("<H", _C_STORE_RSP)),
        _element(_MESSAGE_ID_BEING_RESPONDED_TO, struct.pack("<H", response.MessageIDBeingRespondedTo)),
        _element(_DATA_SET_TYPE, struct.pack("<H", _NO_DATASET)),
        _element(_STATUS, struct.pack("<H", response.Status)),
    ]
    comment: str | None = getattr(response, "ErrorComment", None)
    if comment:
        elements.append(_element(_ERROR_COMMENT, _padded(comment, b" ")))
    elements.append(_element(_AFFECTED_SOP_INSTANCE_UID, _padded(str(response.AffectedSOPInstanceUID), b"\x00")))
    body = b"".join(elements)
    return _element(0x0000, struct.pack("<L", len(body))) + body


def _element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHL", 0, number, len(value)) + value


def _padded(text: str, padding: bytes) -> bytes:
    encoded = text.encode("ascii", "replace")
    return encoded + padding * (len(encoded) % 2)
