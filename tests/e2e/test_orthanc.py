"""The whole way with a real PACS: Orthanc routes CT to the node, and gets SEG, SR and the picture back."""

import json
from collections.abc import Callable
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from pydicom import dcmread
from tests.node_process import NodeProcess, destination, wait_until
from tests.peers import AUTO_ROUTE_CT, Orthanc, free_port, run

pytestmark = [pytest.mark.peer, pytest.mark.slow]

SETTLED = {"done", "refused", "incomplete", "failed", "ignored", "unchanged", "superseded"}


def store_study(orthanc: Orthanc, study: Path) -> None:
    sent = run("storescu", "+sd", "+r", "-aec", orthanc.ae_title, "127.0.0.1", str(orthanc.port), study / "dicom")
    assert sent.returncode == 0, sent.stdout


def deliveries(node: NodeProcess) -> list[dict[str, Any]]:
    """Deliveries of every job's story."""
    jobs = node.ask("jobs")
    studies = {job["study_instance_uid"] for job in jobs}
    stories = [node.ask("why", study) for study in studies]
    return [one for story in stories for revision in story["revisions"] for one in revision["deliveries"]]


def all_committed(node: NodeProcess) -> bool:
    found = deliveries(node)
    return bool(found) and all(one["state"] == "committed" for one in found)


def routed(orthanc: Orthanc) -> int:
    """How many series Orthanc has sent on."""
    jobs = orthanc.get("/jobs?expand")
    return sum(job["Type"] == "DicomModalityStore" and job["State"] == "Success" for job in jobs)


def modalities(orthanc: Orthanc) -> list[str]:
    return sorted(series["MainDicomTags"]["Modality"] for series in orthanc.series())


def page_shows_what_orthanc_has(node: NodeProcess, orthanc: Orthanc, job: dict[str, Any]) -> None:
    """Over HTTP from the node that runs: findings in the words of findings.json, and the bytes that were sent."""
    base = f"http://127.0.0.1:{node.page_port}"
    files = f"{base}/jobs/{job['id']}/files"
    with urlopen(f"{files}/findings.json", timeout=30) as answer:
        listed = [deposit for hand in json.load(answer)["hands"] for deposit in hand["deposits"]]
    with urlopen(f"{base}/studies/{job['study_instance_uid']}", timeout=30) as answer:
        text = unescape(answer.read().decode())
    assert listed
    assert all(deposit["description"] in text for deposit in listed)
    with urlopen(f"{files}/seg.dcm", timeout=30) as answer:
        segmentation = dcmread(BytesIO(answer.read()))
    assert segmentation.SOPInstanceUID in orthanc.sop_instance_uids()
    with urlopen(f"{base}/metrics", timeout=30) as answer:
        assert 'calcinode_studies{state="done"} 1.0' in answer.read().decode()
    with urlopen(f"{base}/api/jobs", timeout=30) as answer:
        assert json.load(answer) == node.ask("jobs")


def test_results_come_back_committed_and_once(
    start_orthanc: Callable[..., Orthanc], small_study: Path, tmp_path: Path
) -> None:
    node_port = free_port()
    modality = {"NODE": ("CALCINODE", "127.0.0.1", node_port)}
    orthanc = start_orthanc(modalities=modality, lua=AUTO_ROUTE_CT, options={"JobsHistorySize": 100})
    peers = destination("orthanc", "ORTHANC", orthanc.port)
    with NodeProcess(tmp_path / "node", peers, port=node_port) as node:
        store_study(orthanc, small_study)
        before = modalities(orthanc)
        wait_until(lambda: all_committed(node), f"Orthanc has committed to every result; see {node.log}", 240)

        results = [one for one in modalities(orthanc) if one not in before]
        assert {"SEG", "SR"} <= set(results), modalities(orthanc)
        sent = sorted(one["sop_instance_uid"] for one in deliveries(node))
        uids = orthanc.sop_instance_uids()
        assert all(uids.count(uid) == 1 for uid in sent)
        assert len(sent) == 3
        [job] = node.ask("jobs")
        assert job["state"] == "done"
        page_shows_what_orthanc_has(node, orthanc, job)

        first = routed(orthanc)
        store_study(orthanc, small_study)
        wait_until(lambda: routed(orthanc) >= 2 * first, "Orthanc has sent every series again", 120)
        assert orthanc.sop_instance_uids() == uids
        assert [job["state"] for job in node.ask("jobs")] == ["done"]
        assert sorted(one["sop_instance_uid"] for one in deliveries(node)) == sent


def test_a_pacs_that_is_down_gets_everything_when_it_is_back(
    start_orthanc: Callable[..., Orthanc], small_study: Path, tmp_path: Path
) -> None:
    node_port = free_port()
    orthanc = start_orthanc(modalities={"NODE": ("CALCINODE", "127.0.0.1", node_port)})
    orthanc.stop()
    peers = destination("orthanc", "ORTHANC", orthanc.port) + '\n[peers.scanner]\nae_title = "SCANNER"\n'
    with NodeProcess(tmp_path / "node", peers, port=node_port) as node:
        place = ("127.0.0.1", str(node_port))
        sent = run("storescu", "+sd", "+r", "-aet", "SCANNER", "-aec", "CALCINODE", *place, small_study / "dicom")
        assert sent.returncode == 0, sent.stdout
        tried = wait_until(lambda: [one for one in deliveries(node) if one["attempts"] > 1], "tries in vain", 240)
        assert all("connection refused" in one["reason"] for one in tried)
        node.stop()
        node.start()
        orthanc.start()
        wait_until(lambda: all_committed(node), f"Orthanc has committed to every result; see {node.log}", 240)
        expected = sorted(one["sop_instance_uid"] for one in deliveries(node))
        assert orthanc.sop_instance_uids() == expected
        assert {"SEG", "SR"} <= set(modalities(orthanc))
