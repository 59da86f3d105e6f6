"""However a peer cuts a message into fragments and PDUs, the same message comes out; what is no message ends it."""

import queue
import struct
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from node.net.dimse import ReceivingDimse, StoreRequest
from pydicom.uid import UID, CTImageStorage
from pynetdicom.dimse_messages import C_ECHO_RQ, C_STORE_RQ, C_STORE_RSP, DIMSEMessage
from pynetdicom.dimse_primitives import C_ECHO, C_STORE
from pynetdicom.pdu_primitives import P_DATA

LIMIT = 1 << 20


class _Upper:
    """The part of the upper layer that the DIMSE provider speaks with."""

    def __init__(self) -> None:
        self.event_queue: queue.Queue[str] = queue.Queue()
        self.sent: list[P_DATA] = []

    def send_pdu(self, primitive: P_DATA) -> None:
        self.sent.append(primitive)


class _Association:
    def __init__(self) -> None:
        self.dul = _Upper()

    def get_handlers(self, event: object) -> list[Any]:
        return []


def provider(limit: int = LIMIT) -> tuple[ReceivingDimse, _Upper]:
    association = _Association()
    return ReceivingDimse(association, limit), association.dul  # type: ignore[arg-type]


def store_request(dataset: bytes, uid: str = "1.2.3", message_id: int = 7) -> C_STORE:
    request = C_STORE()
    request.MessageID, request.Priority = message_id, 0
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = CTImageStorage, UID(uid)
    request.DataSet = BytesIO(dataset)
    return request


def fragments(message: DIMSEMessage, primitive: object, pdu_bytes: int) -> list[tuple[int, bytes]]:
    """What pynetdicom itself would send: (control, data) of each fragment."""
    message.primitive_to_message(primitive)
    encoded = message.encode_msg(1, pdu_bytes)
    return [(pdv[1][0], pdv[1][1:]) for pdata in encoded for pdv in pdata.presentation_data_value_list]


def feed(dimse: ReceivingDimse, parts: list[tuple[int, bytes]], context_id: int = 1) -> None:
    for control, data in parts:
        dimse.take_fragment(context_id, control, memoryview(data))


@given(st.binary(min_size=1, max_size=3000), st.integers(8, 4000), st.integers(0, 65535))
def test_a_store_request_comes_out_whole(dataset: bytes, pdu_bytes: int, message_id: int) -> None:
    dimse, upper = provider()
    feed(dimse, fragments(C_STORE_RQ(), store_request(dataset, message_id=message_id), pdu_bytes))
    context_id, request = dimse.msg_queue.get_nowait()
    assert isinstance(request, StoreRequest)
    assert b"".join(request.parts) == dataset
    assert (context_id, request.MessageID, request.is_valid_request) == (1, message_id, True)
    assert (request.AffectedSOPClassUID, request.AffectedSOPInstanceUID) == (CTImageStorage, "1.2.3")
    assert upper.event_queue.empty()


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=4), st.integers(8, 200))
def test_messages_follow_one_another(datasets: list[bytes], pdu_bytes: int) -> None:
    dimse, _ = provider()
    for dataset in datasets:
        echo = C_ECHO()
        echo.MessageID, echo.AffectedSOPClassUID = 1, UID("1.2.840.10008.1.1")
        feed(dimse, fragments(C_ECHO_RQ(), echo, pdu_bytes))
        feed(dimse, fragments(C_STORE_RQ(), store_request(dataset), pdu_bytes))
    messages = [dimse.msg_queue.get_nowait()[1] for _ in range(2 * len(datasets))]
    assert [isinstance(message, C_ECHO) for message in messages] == [True, False] * len(datasets)
    assert [b"".join(message.parts) for message in messages[1::2]] == datasets


@given(st.binary(max_size=200))
def test_what_is_no_command_set_ends_the_association(rubbish: bytes) -> None:
    dimse, upper = provider()
    feed(dimse, [(3, b"\xff" + rubbish)])
    assert upper.event_queue.get_nowait() == "Evt19"
    assert dimse.msg_queue.empty()


@pytest.mark.parametrize("uid", ["1" * 70, ""])
def test_a_uid_of_no_length_makes_no_valid_request(uid: str) -> None:
    dimse, upper = provider()
    parts = fragments(C_STORE_RQ(), store_request(b"xx", uid="1.2.3"), 4000)
    value = uid.encode() + b"\x00" * (len(uid) % 2)
    old = struct.pack("<HHL", 0, 0x1000, 6) + b"1.2.3\x00"
    command = parts[0][1].replace(old, struct.pack("<HHL", 0, 0x1000, len(value)) + value)
    feed(dimse, [(3, command), *parts[1:]])
    requests = [entry[1] for entry in dimse.msg_queue.queue]
    assert not any(request.is_valid_request for request in requests)
    assert requests or not upper.event_queue.empty()


def test_a_message_over_the_limit_ends_the_association() -> None:
    dimse, upper = provider(limit=1000)
    feed(dimse, fragments(C_STORE_RQ(), store_request(bytes(2000)), 200))
    assert upper.event_queue.get_nowait() == "Evt19"
    assert dimse.msg_queue.empty()


@given(
    st.sampled_from([0x0000, 0xA700, 0xC000]),
    st.text(st.characters(codec="ascii", categories=["L", "Nd"]), max_size=64),
)
def test_the_response_is_what_pynetdicom_would_read(status: int, comment: str) -> None:
    dimse, upper = provider()
    response = C_STORE()
    response.MessageIDBeingRespondedTo, response.Status = 7, status
    response.AffectedSOPClassUID, response.AffectedSOPInstanceUID = CTImageStorage, UID("1.2.3.4")
    response.ErrorComment = comment or None
    dimse.send_msg(response, 1)
    message = DIMSEMessage()
    assert message.decode_msg(upper.sent[0])
    assert isinstance(message, C_STORE_RSP)
    read = message.message_to_primitive()
    assert read.is_valid_response
    assert (read.Status, read.MessageIDBeingRespondedTo, read.AffectedSOPInstanceUID) == (status, 7, "1.2.3.4")
    assert (read.ErrorComment or "") == comment
    length = message.command_set.CommandGroupLength
    assert length == len(upper.sent[0].presentation_data_value_list[0][1]) - 1 - 12
