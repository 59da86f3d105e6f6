"""C-STORE and C-ECHO as SCU against real receivers: DCMTK's storescp and Orthanc."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from node.domain.errors import Refused, Transient
from node.domain.peer import Peer
from node.net.access import AccessRules
from node.net.echo import NetworkEchoer
from node.net.listener import open_listener
from node.net.requestor import RequestorOptions, open_association
from node.net.scp import Receiver
from node.net.scu import NetworkSender
from node.service.ports import IntakeOutcome, Parcel
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import build_context, evt
from pynetdicom.sop_class import Verification
from tests.fakes.ct_files import write_ct_files
from tests.fakes.ports import FakeAssociationLog, FakeCommitmentInbox, FakeIntake
from tests.peers import Orthanc, StoreScp, free_port, run

pytestmark = pytest.mark.peer

SENDER = NetworkSender("CALCINODE", RequestorOptions(2.0, 5.0, 10.0))
ECHOER = NetworkEchoer("CALCINODE", RequestorOptions(2.0, 5.0, 10.0))


def parcel(path: Path) -> Parcel:
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    syntax = dataset.file_meta.TransferSyntaxUID
    return Parcel(str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), str(syntax), path)


def peer_at(port: int, ae_title: str = "PACS", host: str = "127.0.0.1") -> Peer:
    return Peer("pacs", ae_title, host, port, receives=True)


def test_storescp_gets_the_same_datasets(start_storescp: Callable[..., StoreScp], tmp_path: Path) -> None:
    server = start_storescp()
    paths = write_ct_files(tmp_path / "ct", 4, size=128)
    results = SENDER.send(peer_at(server.port), [parcel(path) for path in paths])
    assert [(result.delivered, result.status, result.message) for result in results] == [(True, 0, "")] * 4
    sent = {path: pydicom.dcmread(path) for path in paths}
    received = {dataset.SOPInstanceUID: dataset for dataset in map(pydicom.dcmread, server.received())}
    assert [result.sop_instance_uid for result in results] == [dataset.SOPInstanceUID for dataset in sent.values()]
    assert all(received[dataset.SOPInstanceUID] == dataset for dataset in sent.values())


def test_no_response_is_lost_among_many(start_storescp: Callable[..., StoreScp], tmp_path: Path) -> None:
    """pynetdicom's own reactor took a response now and then from the thread that waited for it."""
    server = start_storescp(options=("--ignore", "-pm"))
    parcels = [parcel(path) for path in write_ct_files(tmp_path / "ct", 150, size=8)]
    assert all(result.delivered for result in SENDER.send(peer_at(server.port), parcels))


def test_many_classes_and_syntaxes_go_over_one_association(
    start_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> None:
    server = start_orthanc()
    plain, other = write_ct_files(tmp_path, 2)
    compressed = tmp_path / "jls.dcm"
    assert run("dcmcjpls", other, compressed).returncode == 0
    results = SENDER.send(peer_at(server.port), [parcel(plain), parcel(compressed)])
    assert [result.delivered for result in results] == [True, True]
    assert server.sop_instance_uids() == sorted(result.sop_instance_uid for result in results)


def test_falls_back_to_implicit_where_the_peer_wants_it(
    start_storescp: Callable[..., StoreScp], tmp_path: Path
) -> None:
    server = start_storescp(options=("+xi",))
    (path,) = write_ct_files(tmp_path / "ct", 1)
    (result,) = SENDER.send(peer_at(server.port), [parcel(path)])
    assert result.delivered
    (received,) = map(pydicom.dcmread, server.received())
    assert received.file_meta.TransferSyntaxUID.is_implicit_VR
    assert received == pydicom.dcmread(path)


def test_a_compressed_object_that_nobody_accepts_is_refused_for_good(
    start_storescp: Callable[..., StoreScp], tmp_path: Path
) -> None:
    server = start_storescp(options=("+x=",))  # uncompressed only
    plain, other = write_ct_files(tmp_path / "ct", 2)
    compressed = tmp_path / "jls.dcm"
    assert run("dcmcjpls", other, compressed).returncode == 0
    refused, delivered = SENDER.send(peer_at(server.port), [parcel(compressed), parcel(plain)])
    assert (refused.delivered, refused.permanent) == (False, True)
    assert "no presentation context for CT Image Storage" in refused.message
    assert delivered.delivered


def test_a_peer_that_aborts_leaves_the_rest_for_later(start_storescp: Callable[..., StoreScp], tmp_path: Path) -> None:
    server = start_storescp(options=("--abort-after", "-pm", "+xa"))
    results = SENDER.send(peer_at(server.port), [parcel(path) for path in write_ct_files(tmp_path / "ct", 3)])
    assert [result.delivered for result in results].count(True) <= 1
    assert not any(result.permanent for result in results)
    assert "ended before it answered" in results[-1].message


@pytest.mark.parametrize(
    ("outcome", "status", "permanent"),
    [(IntakeOutcome.DISK_FULL, 0xA700, False), (IntakeOutcome.CONFLICT, 0xC000, True)],
)
def test_refusals_keep_the_peers_words(tmp_path: Path, outcome: IntakeOutcome, status: int, permanent: bool) -> None:
    stop, listener = threading.Event(), open_listener("127.0.0.1", 0)
    access = AccessRules("PACS", open_to_all=True)
    receiver = Receiver(access, FakeIntake(outcome), FakeAssociationLog(), FakeCommitmentInbox())
    thread = threading.Thread(target=receiver.serve, args=(listener, stop))
    thread.start()
    (path,) = write_ct_files(tmp_path, 1)
    (result,) = SENDER.send(peer_at(listener.getsockname()[1]), [parcel(path)])
    stop.set()
    thread.join(20)
    assert (result.delivered, result.status, result.permanent) == (False, status, permanent)
    assert f"0x{status:04X}" in result.message


def test_echo_of_a_real_peer(start_orthanc: Callable[..., Orthanc]) -> None:
    ECHOER.echo(peer_at(start_orthanc().port))


def test_echo_says_that_nothing_listens() -> None:
    with pytest.raises(Transient, match="Nothing listens at pacs"):
        ECHOER.echo(peer_at(free_port()))


def test_echo_says_that_the_host_is_unknown() -> None:
    with pytest.raises(Transient, match=r"host no-such-host\.invalid of peer pacs is unknown"):
        ECHOER.echo(peer_at(11112, host="no-such-host.invalid"))


def test_echo_says_that_the_peer_rejects(start_orthanc: Callable[..., Orthanc]) -> None:
    server = start_orthanc(options={"DicomCheckCalledAet": True, "DicomAlwaysAllowEcho": False})
    with pytest.raises(Transient, match="not called 'PACS'"):
        ECHOER.echo(peer_at(server.port))


def test_a_rejection_is_told_when_the_connection_closes_at_once(
    start_storescp: Callable[..., StoreScp],
) -> None:
    server = start_storescp(options=("--refuse",))
    late = [(evt.EVT_REQUESTED, lambda _: time.sleep(0.5))]
    contexts = [build_context(Verification)]
    with (
        pytest.raises(Transient, match="rejected the association"),
        open_association(peer_at(server.port), "CALCINODE", contexts, RequestorOptions(), late),
    ):
        pass


def test_echo_says_that_this_node_is_unknown() -> None:
    stop, listener = threading.Event(), open_listener("127.0.0.1", 0)
    receiver = Receiver(AccessRules("PACS"), FakeIntake(), FakeAssociationLog(), FakeCommitmentInbox())
    thread = threading.Thread(target=receiver.serve, args=(listener, stop))
    thread.start()
    with pytest.raises(Transient, match="does not know the calling AE title 'CALCINODE'"):
        ECHOER.echo(peer_at(listener.getsockname()[1]))
    stop.set()
    thread.join(20)


def test_echo_says_that_the_port_speaks_something_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")).start()
        with pytest.raises(Transient, match="without an answer"):
            ECHOER.echo(peer_at(server.getsockname()[1]))


def test_a_peer_without_host_is_a_matter_of_configuration(tmp_path: Path) -> None:
    (path,) = write_ct_files(tmp_path, 1)
    assert parcel(path).transfer_syntax_uid == ExplicitVRLittleEndian
    with pytest.raises(Refused, match="no host or port"):
        SENDER.send(Peer("pacs", "PACS"), [parcel(path)])
