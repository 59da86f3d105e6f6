"""Storage commitment as SCU, with Orthanc (report on a new association) and a peer that reports on the same one."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from node.domain.errors import Transient
from node.domain.peer import Peer
from node.net.access import AccessRules
from node.net.commitment import NetworkCommitmentRequester
from node.net.listener import open_listener
from node.net.requestor import RequestorOptions
from node.net.scp import Receiver
from node.net.scu import NetworkSender
from node.service.ports import CommitmentReport, Parcel
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel
from tests.fakes.ct_files import write_ct_files
from tests.fakes.ports import FakeAssociationLog, FakeCommitmentInbox, FakeIntake
from tests.integration.test_scu import parcel
from tests.peers import Orthanc, free_port

pytestmark = pytest.mark.peer

OPTIONS = RequestorOptions(2.0, 5.0, 10.0)


class Node:
    """Our receiver with an inbox, knowing Orthanc."""

    def __init__(self) -> None:
        self.inbox, self.log, self.stop = FakeCommitmentInbox(), FakeAssociationLog(), threading.Event()
        self.listener = open_listener("127.0.0.1", 0)
        self.port = int(self.listener.getsockname()[1])
        access = AccessRules("CALCINODE", peers=(Peer("pacs", "ORTHANC", sends=False),))
        receiver = Receiver(access, FakeIntake(), self.log, self.inbox)
        self.thread = threading.Thread(target=receiver.serve, args=(self.listener, self.stop))
        self.thread.start()

    def request(self, orthanc: Orthanc, transaction_uid: str, parcels: list[Parcel]) -> CommitmentReport | None:
        self.inbox.expected.add(transaction_uid)
        peer = Peer("pacs", orthanc.ae_title, "127.0.0.1", orthanc.port)
        requester = NetworkCommitmentRequester("CALCINODE", self.inbox, OPTIONS, wait_s=0.1)
        return requester.request(peer, transaction_uid, parcels)


@pytest.fixture
def node() -> Iterator[Node]:
    running = Node()
    yield running
    running.stop.set()
    running.thread.join(20)


@pytest.fixture
def orthanc(start_orthanc: Callable[..., Orthanc], node: Node) -> Orthanc:
    return start_orthanc(modalities={"NODE": ("CALCINODE", "127.0.0.1", node.port)})


def test_orthanc_commits_on_a_new_association(node: Node, orthanc: Orthanc, tmp_path: Path) -> None:
    parcels = [parcel(path) for path in write_ct_files(tmp_path / "ct", 3)]
    NetworkSender("CALCINODE", OPTIONS).send(Peer("pacs", "ORTHANC", "127.0.0.1", orthanc.port), parcels)
    transaction = generate_uid()
    assert node.request(orthanc, transaction, parcels) is None
    assert node.inbox.arrived.acquire(timeout=20)
    (report,) = node.inbox.reports
    assert report.transaction_uid == transaction
    assert sorted(report.committed) == sorted(sent.sop_instance_uid for sent in parcels)
    assert report.failed == ()


def test_orthanc_says_which_instance_it_does_not_have(node: Node, orthanc: Orthanc, tmp_path: Path) -> None:
    there, missing = [parcel(path) for path in write_ct_files(tmp_path / "ct", 2)]
    NetworkSender("CALCINODE", OPTIONS).send(Peer("pacs", "ORTHANC", "127.0.0.1", orthanc.port), [there])
    node.request(orthanc, generate_uid(), [there, missing])
    assert node.inbox.arrived.acquire(timeout=20)
    (report,) = node.inbox.reports
    assert report.committed == (there.sop_instance_uid,)
    assert report.failed == ((missing.sop_instance_uid, 0x0112),)


def test_an_unlisted_ae_title_is_a_failure_not_a_success(
    node: Node, start_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> None:
    stranger = start_orthanc(modalities={})
    (path,) = write_ct_files(tmp_path / "ct", 1)
    with pytest.raises(Transient, match="instead of answering the commitment request"):
        node.request(stranger, generate_uid(), [parcel(path)])
    assert node.inbox.reports == []


def test_report_on_the_same_association(tmp_path: Path) -> None:
    server, port = _same_association_peer()
    inbox = FakeCommitmentInbox(expected={"1.2.3"})
    requester = NetworkCommitmentRequester("CALCINODE", inbox, OPTIONS, wait_s=10)
    (path,) = write_ct_files(tmp_path, 1)
    one = parcel(path)
    other = replace(one, sop_instance_uid="1.2.3.4.5")
    report = requester.request(Peer("pacs", "PACS", "127.0.0.1", port), "1.2.3", [one, other])
    server.shutdown()
    assert report == CommitmentReport("1.2.3", (one.sop_instance_uid,), (("1.2.3.4.5", 0x0213),))
    assert inbox.reports == [report]


def _same_association_peer() -> tuple[AE, int]:
    """A PACS that reports on the association of the request and lacks resources for the instance 1.2.3.4.5."""
    entity, port = AE("PACS"), free_port()
    entity.add_supported_context(StorageCommitmentPushModel)

    def act(event: evt.Event) -> tuple[int, None]:
        request, association = event.action_information, event.assoc
        threading.Thread(target=lambda: _report(association, request)).start()
        return 0x0000, None

    entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_N_ACTION, act)])
    return entity, port


def _report(association: object, request: Dataset) -> None:
    information = Dataset()
    information.TransactionUID = request.TransactionUID
    items = list(request.ReferencedSOPSequence)
    information.ReferencedSOPSequence = [item for item in items if item.ReferencedSOPInstanceUID != "1.2.3.4.5"]
    information.FailedSOPSequence = [item for item in items if item.ReferencedSOPInstanceUID == "1.2.3.4.5"]
    for item in information.FailedSOPSequence:
        item.FailureReason = 0x0213
    context = association.accepted_contexts[0]
    context._as_scu = True  # an SCP reports on its own association without proposing a role
    association.send_n_event_report(information, 2, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1")
