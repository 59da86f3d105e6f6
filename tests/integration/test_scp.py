"""The receiver against real senders (DCMTK's storescu and echoscu) and against raw bytes on the socket."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from node.domain.errors import Refused
from node.domain.peer import Peer
from node.net.access import AccessRules, Refusal
from node.net.listener import open_listener
from node.net.scp import Receiver, ReceiverOptions
from node.service.ports import Closing, Contact, IntakeOutcome
from pydicom.config import IGNORE
from pydicom.dataelem import DataElement
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSNearLossless,
)
from tests.fakes.ct_files import ct_dataset, write_ct_files
from tests.fakes.ports import FakeAssociationLog, FakeCommitmentInbox, FakeIntake
from tests.node_process import wait_until
from tests.peers import run

pytestmark = pytest.mark.peer

SENDER = Peer(name="sender", ae_title="STORESCU", addresses=("127.0.0.0/8",))


class Node:
    """A receiver in this process on a free port, with fakes behind it."""

    def __init__(self, access: AccessRules, options: ReceiverOptions) -> None:
        self.intake, self.log, self.inbox = FakeIntake(), FakeAssociationLog(), FakeCommitmentInbox()
        self.listener = open_listener("127.0.0.1", 0)
        self.port = str(self.listener.getsockname()[1])
        self.stop = threading.Event()
        receiver = Receiver(access, self.intake, self.log, self.inbox, options)
        self.thread = threading.Thread(target=receiver.serve, args=(self.listener, self.stop))
        self.thread.start()

    def store(self, *files: Path, calling: str = "STORESCU", called: str = "CALCINODE", options: tuple[str, ...] = ()):
        return run("storescu", "-v", "-aet", calling, "-aec", called, *options, "127.0.0.1", self.port, *files)

    def rejected(self) -> list[tuple[Contact, str]]:
        """Who was rejected, and why: recorded after the peer has its answer."""
        return wait_until(lambda: self.log.rejected, "a rejection is recorded")

    def close(self) -> None:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def start_node() -> Iterator[Callable[..., Node]]:
    nodes = []

    def start(options: ReceiverOptions | None = None, rules: AccessRules | None = None, **access: object) -> Node:
        made = rules or AccessRules("CALCINODE", **({"peers": (SENDER,)} | access))
        nodes.append(Node(made, options or ReceiverOptions()))
        return nodes[-1]

    yield start
    for node in nodes:
        node.close()


def test_stores_the_peers_bytes_with_a_file_head(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node()
    (path,) = write_ct_files(tmp_path, 1)
    assert node.store(path).returncode == 0
    stored, sent = pydicom.dcmread(BytesIO(node.intake.files[0])), pydicom.dcmread(path)
    assert stored == sent
    assert stored.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert stored.file_meta.MediaStorageSOPInstanceUID == sent.SOPInstanceUID
    assert node.intake.received[0].sop_instance_uid == sent.SOPInstanceUID
    assert node.intake.received[0].contact.calling_ae_title == "STORESCU"


def test_release_is_reported_after_the_images(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node()
    assert node.store(*write_ct_files(tmp_path, 5)).returncode == 0
    assert node.log.closed_one.acquire(timeout=5)
    assert len(node.intake.received) == 5
    (contact,) = node.log.opened
    assert node.log.closed == [(contact.association_id, Closing.RELEASED)]


def test_transfer_syntax_of_the_peer_is_kept(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node()
    (path,) = write_ct_files(tmp_path, 1, size=64)
    sent = pydicom.dcmread(path)
    encoders = {"dcmcjpeg": "+e1", "dcmcjpls": "+el", "dcmcrle": "", "dcmconv": "+td"}
    options = {"dcmcjpeg": "-xs", "dcmcjpls": "-xt", "dcmcrle": "-xr", "dcmconv": "-xd"}
    for program, argument in encoders.items():
        encoded = tmp_path / f"{program}.dcm"
        assert run(program, *filter(None, [argument]), path, encoded).returncode == 0
        assert node.store(encoded, options=(options[program],)).returncode == 0, program
        arrived = pydicom.dcmread(BytesIO(node.intake.files[-1]))
        assert arrived.file_meta.TransferSyntaxUID == pydicom.dcmread(encoded).file_meta.TransferSyntaxUID
        assert (arrived.pixel_array == sent.pixel_array).all()
    assert node.store(path, options=("-xi",)).returncode == 0
    assert pydicom.dcmread(BytesIO(node.intake.files[-1])).file_meta.TransferSyntaxUID == ImplicitVRLittleEndian


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (IntakeOutcome.CORRECTED, "Success"),
        (IntakeOutcome.DUPLICATE, "Success"),
        (IntakeOutcome.DISK_FULL, "a700"),
        (IntakeOutcome.UID_MISMATCH, "a900"),
        (IntakeOutcome.UNPARSABLE, "c000"),
        (IntakeOutcome.CONFLICT, "c000"),
    ],
)
def test_statuses_on_the_wire(
    start_node: Callable[..., Node], tmp_path: Path, outcome: IntakeOutcome, status: str
) -> None:
    node = start_node()
    node.intake.outcome = outcome
    answer = run(
        "storescu", "-d", "-aec", "CALCINODE", "127.0.0.1", node.port, *write_ct_files(tmp_path, 1)
    ).stdout.lower()
    (line,) = [line for line in answer.splitlines() if "dimse status" in line]
    assert status.lower() in line


def test_a_fault_of_ours_is_a_processing_failure(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node()
    node.intake.error = RuntimeError("journal gone")
    answer = run("storescu", "-d", "-aec", "CALCINODE", "127.0.0.1", node.port, *write_ct_files(tmp_path, 1)).stdout
    assert "0x0110" in answer


def test_echo_is_answered(start_node: Callable[..., Node]) -> None:
    node = start_node(peers=(Peer("any", "ECHOSCU"),))
    assert run("echoscu", "-aec", "CALCINODE", "127.0.0.1", node.port).returncode == 0


def test_unknown_ae_title_is_rejected_and_recorded(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node()
    answer = node.store(*write_ct_files(tmp_path, 1), calling="STRANGER")
    assert answer.returncode != 0
    assert "Calling AE Title Not Recognized" in answer.stdout
    ((contact, reason),) = node.rejected()
    assert contact.calling_ae_title == "STRANGER"
    assert "STRANGER" in reason
    assert node.intake.received == []
    assert node.log.opened == []


def test_known_ae_title_from_another_address_is_rejected(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node(peers=(Peer("far", "STORESCU", addresses=("192.0.2.0/24",)),))
    assert "Calling AE Title Not Recognized" in node.store(*write_ct_files(tmp_path, 1)).stdout
    assert "not from address 127.0.0.1" in node.rejected()[0][1]


def test_open_node_takes_strangers(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node(peers=(), open_to_all=True)
    assert node.store(*write_ct_files(tmp_path, 1), calling="STRANGER").returncode == 0


def test_wrong_called_ae_title_is_rejected_with_a_hint(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node()
    answer = node.store(*write_ct_files(tmp_path, 1), called="OTHER")
    assert "Called AE Title Not Recognized" in answer.stdout
    assert "'OTHER', but this node is 'CALCINODE'" in node.rejected()[0][1]


def test_a_peer_that_only_receives_may_not_store(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node(peers=(Peer("pacs", "STORESCU", sends=False, receives=True),))
    answer = run("storescu", "-d", "-aec", "CALCINODE", "127.0.0.1", node.port, *write_ct_files(tmp_path, 1)).stdout
    assert "0x0124" in answer


def test_a_fault_in_the_access_check_lets_nobody_in(start_node: Callable[..., Node], tmp_path: Path) -> None:
    class Broken(AccessRules):
        def refusal(self, calling: str, called: str, address: str) -> Refusal | None:
            raise RuntimeError("broken")

    node = start_node(rules=Broken("CALCINODE"))
    answer = node.store(*write_ct_files(tmp_path, 1))
    assert "Local Limit Exceeded" in answer.stdout
    assert node.log.opened == []


def test_more_associations_than_allowed_are_rejected(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node(ReceiverOptions(maximum_associations=1), open_to_all=True)
    blocker = _half_open_association(int(node.port))
    answer = node.store(*write_ct_files(tmp_path, 1))
    assert "Local Limit Exceeded" in answer.stdout
    assert "max_associations" in node.rejected()[0][1]
    blocker.close()


def test_a_four_gigabyte_pdu_is_not_read(start_node: Callable[..., Node]) -> None:
    node = start_node()
    with socket.create_connection(("127.0.0.1", int(node.port)), timeout=20) as peer:
        peer.sendall(struct.pack(">BBL", 1, 0, 0xFFFFFFFF))
        answer = peer.recv(10)
    assert answer[:1] == b"\x07"  # A-ABORT, at once and without waiting for 4 GB


def test_rubbish_does_not_stop_the_receiver(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node()
    for rubbish in (b"GET / HTTP/1.1\r\n\r\n", b"\x01\x00\x00\x00\x00\x05abcde", b"", b"\x16\x03\x01\x02\x00\x01"):
        with socket.create_connection(("127.0.0.1", int(node.port)), timeout=20) as peer:
            peer.sendall(rubbish)
    assert node.store(*write_ct_files(tmp_path, 1)).returncode == 0


def test_connections_without_a_word_leave_nothing_behind(start_node: Callable[..., Node]) -> None:
    def threads() -> int:
        """The server's own two may start a moment after the port is open."""
        return sum("(serve" not in thread.name for thread in threading.enumerate())

    node = start_node()
    before = threads()
    for _ in range(20):
        socket.create_connection(("127.0.0.1", int(node.port)), timeout=20).close()
    deadline = time.monotonic() + 60
    while threads() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threads() <= before


def test_lost_connection_in_the_middle_stores_nothing(start_node: Callable[..., Node]) -> None:
    node = start_node(open_to_all=True)
    peer = _half_open_association(int(node.port))
    peer.sendall(struct.pack(">BBL", 4, 0, 10_000) + bytes(500))
    peer.close()
    assert node.log.closed_one.acquire(timeout=5)
    assert [closing for _, closing in node.log.closed] in ([Closing.LOST], [Closing.ABORTED])
    assert node.intake.received == []


def test_a_path_in_place_of_a_uid_is_refused(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node()
    dataset = ct_dataset()
    path = UID("../../etc/passwd", validation_mode=IGNORE)
    dataset[0x00080018] = DataElement(0x00080018, "UI", path, validation_mode=IGNORE)
    dataset.file_meta[0x00020003] = DataElement(0x00020003, "UI", path, validation_mode=IGNORE)
    dataset.save_as(tmp_path / "path.dcm", enforce_file_format=True)
    arguments = ("-d", "-aec", "CALCINODE", "127.0.0.1", node.port, tmp_path / "path.dcm")
    answer = run("storescu", *arguments).stdout
    assert "0xc000" in answer.lower()
    assert node.intake.received == []


def test_lossy_images_are_taken_as_they_are(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node()
    dataset = ct_dataset(size=64)
    dataset.compress(JPEGLSNearLossless, jls_error=2)
    dataset.save_as(tmp_path / "lossy.dcm", enforce_file_format=True)
    assert node.store(tmp_path / "lossy.dcm", options=("-xu",)).returncode == 0
    stored = pydicom.dcmread(BytesIO(node.intake.files[0]))
    assert stored.file_meta.TransferSyntaxUID == JPEGLSNearLossless
    assert stored.PixelData == pydicom.dcmread(tmp_path / "lossy.dcm").PixelData


def test_big_endian_is_not_agreed_on(start_node: Callable[..., Node], tmp_path: Path) -> None:
    """The reading of headers refuses it, so the sender must be told to send another syntax."""
    node = start_node()
    (path,) = write_ct_files(tmp_path, 1)
    assert node.store(path, options=("-xb",)).returncode == 0
    assert pydicom.dcmread(BytesIO(node.intake.files[0])).file_meta.TransferSyntaxUID != ExplicitVRBigEndian


def test_every_storage_class_is_accepted(start_node: Callable[..., Node], tmp_path: Path) -> None:
    node = start_node()
    for uid in ("1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.88.67", "1.3.12.2.1107.5.9.1"):
        dataset = ct_dataset()
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = uid
        path = tmp_path / f"{uid}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        assert run("dcmsend", "-aec", "CALCINODE", "-aet", "STORESCU", "127.0.0.1", node.port, path).returncode == 0
        assert node.intake.received[-1].sop_class_uid == uid


def test_port_in_use_says_so() -> None:
    with open_listener("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(Refused, match="another program already does"):
            open_listener("127.0.0.1", port)


def _half_open_association(port: int) -> socket.socket:
    """A raw peer with an accepted association for CT Image Storage (context 1, Implicit VR LE)."""
    peer = socket.create_connection(("127.0.0.1", port), timeout=20)
    syntax = _item(0x40, b"1.2.840.10008.1.2")
    context = _item(0x20, b"\x01\x00\x00\x00" + _item(0x30, b"1.2.840.10008.5.1.4.1.1.2") + syntax)
    user = _item(0x50, _item(0x51, struct.pack(">L", 16384)) + _item(0x52, b"1.2.3.4"))
    body = struct.pack(">HH", 1, 0) + b"CALCINODE".ljust(16) + b"STORESCU".ljust(16) + bytes(32)
    body += _item(0x10, b"1.2.840.10008.3.1.1.1") + context + user
    peer.sendall(struct.pack(">BBL", 1, 0, len(body)) + body)
    time.sleep(0.05)
    assert peer.recv(4096)[:1] == b"\x02"
    return peer


def _item(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(content)) + content
