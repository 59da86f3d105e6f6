"""The stand-in PACS beside real peers: DCMTK's storescu stores into it, pynetdicom asks it for commitment."""

import threading
from pathlib import Path
from typing import Any

import pytest
from node.domain.errors import Transient
from node.net.stand_in_pacs import StandInPacs
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance
from tests import peers

pytestmark = pytest.mark.peer


def write_instance(folder: Path) -> tuple[Path, str]:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path = folder / "instance.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path, str(dataset.SOPInstanceUID)


def ask_commitment(pacs_port: int, uids: list[str], listen_port: int) -> tuple[int, Dataset]:
    """N-ACTION on one association; the event type and report that come back on another."""
    reports: list[tuple[int, Dataset]] = []
    came = threading.Event()

    def take(event: evt.Event) -> tuple[int, None]:
        reports.append((event.event_type, event.event_information))
        came.set()
        return 0, None

    entity = AE("NODE")
    entity.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
    entity.add_requested_context(StorageCommitmentPushModel)
    handlers: Any = [(evt.EVT_N_EVENT_REPORT, take)]
    server = entity.start_server(("127.0.0.1", listen_port), block=False, evt_handlers=handlers)
    try:
        request = Dataset()
        request.TransactionUID = generate_uid()
        request.ReferencedSOPSequence = []
        for uid in uids:
            item = Dataset()
            item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CTImageStorage, uid
            request.ReferencedSOPSequence.append(item)
        association = entity.associate("127.0.0.1", pacs_port)
        assert association.is_established
        status, _ = association.send_n_action(
            request, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
        )
        assert status.Status == 0
        association.release()
        assert came.wait(30)
    finally:
        server.shutdown()
    return reports[0]


def test_keeps_what_storescu_sends_and_commits_to_it(tmp_path: Path) -> None:
    path, uid = write_instance(tmp_path)
    port, listen_port = peers.free_port(), peers.free_port()
    with StandInPacs(tmp_path / "pacs", port, "PACS", {"NODE": ("127.0.0.1", listen_port)}) as pacs:
        sent = peers.run("storescu", "-aec", "PACS", "127.0.0.1", str(port), path)
        assert sent.returncode == 0, sent.stdout
        assert list(pacs.kept) == [uid]
        event_type, report = ask_commitment(port, [uid], listen_port)
        assert event_type == 1
        assert [item.ReferencedSOPInstanceUID for item in report.ReferencedSOPSequence] == [uid]
        assert pacs.committed == {uid}


def test_names_what_it_does_not_have(tmp_path: Path) -> None:
    port, listen_port = peers.free_port(), peers.free_port()
    with StandInPacs(tmp_path / "pacs", port, "PACS", {"NODE": ("127.0.0.1", listen_port)}) as pacs:
        event_type, report = ask_commitment(port, ["1.2.3"], listen_port)
    assert event_type == 2
    assert [(i.ReferencedSOPInstanceUID, i.FailureReason) for i in report.FailedSOPSequence] == [("1.2.3", 0x0112)]
    assert not pacs.committed


def test_says_that_the_port_is_taken(tmp_path: Path) -> None:
    port = peers.free_port()
    with (
        StandInPacs(tmp_path / "a", port, "PACS", {}),
        pytest.raises(Transient, match=f"cannot listen on port {port}"),
        StandInPacs(tmp_path / "b", port, "PACS", {}),
    ):
        pass
