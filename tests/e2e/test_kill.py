"""kill -9 of the whole node at random moments of a study: nothing is lost, nothing is there twice."""

import os
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from tests.node_process import NodeProcess, destination, wait_until
from tests.peers import Orthanc, free_port, run

pytestmark = [pytest.mark.peer, pytest.mark.slow]

KILLS = 10


def send_until_all_is_stored(node: NodeProcess, study: Path) -> bool:
    """One attempt of a scanner, which sends everything again after a failure."""
    place = ("127.0.0.1", str(node.port))
    sent = run("storescu", "+sd", "+r", "-aet", "SCANNER", "-aec", "CALCINODE", *place, study / "dicom")
    return sent.returncode == 0


def story_of(node: NodeProcess) -> dict[str, Any] | None:
    jobs = node.ask("jobs")
    return node.ask("why", jobs[0]["study_instance_uid"]) if jobs else None


def is_finished(node: NodeProcess) -> bool:
    story = story_of(node)
    found = story["revisions"][-1]["deliveries"] if story else []
    return bool(found) and all(one["state"] == "committed" for one in found)


def standing(node: NodeProcess) -> str:
    """Where the study stood when the node was killed, from the journal itself."""
    with closing(sqlite3.connect(f"file:{node.folder / 'state' / 'journal.db'}?mode=ro", uri=True)) as journal:
        [(images,)] = journal.execute("select count(*) from instances").fetchall()
        states = [state for table in ("jobs", "outbox") for (state,) in journal.execute(f"select state from {table}")]
    return f"{images} images, {', '.join(states) or 'no job'}"


def test_ten_kills_leave_exactly_one_set_of_results(
    start_orthanc: Callable[..., Orthanc], small_study: Path, tmp_path: Path
) -> None:
    seed = int(os.environ.get("CALCINODE_KILL_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"CALCINODE_KILL_SEED={seed}")
    chance = random.Random(seed)
    node_port = free_port()
    orthanc = start_orthanc(modalities={"NODE": ("CALCINODE", "127.0.0.1", node_port)})
    peers = destination("orthanc", "ORTHANC", orthanc.port) + '\n[peers.scanner]\nae_title = "SCANNER"\n'
    node = NodeProcess(tmp_path / "node", peers, port=node_port)
    scanner_is_done = False
    for number in range(KILLS):
        node.start(wait=number == 0)
        if number < 3:  # in the middle of receiving
            scanner = time.monotonic() + chance.uniform(0.2, 3.0)
            while not scanner_is_done and time.monotonic() < scanner:
                scanner_is_done = send_part(node, small_study, chance)
        else:
            scanner_is_done = scanner_is_done or wait_until(
                lambda: send_until_all_is_stored(node, small_study), "the scanner has sent the study"
            )
            time.sleep(chance.uniform(1.0, 8.0))
        node.kill()
        print(f"kill {number + 1}: {standing(node)}")

    with node:
        wait_until(lambda: is_finished(node), f"the results are committed; see {node.log}", 300)
        story = story_of(node)
        assert story is not None
        results = story["revisions"][-1]["deliveries"]
        assert sorted(one["file_name"] for one in results) == ["overlay.dcm", "seg.dcm", "sr.dcm"]
        everything = {dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in small_study.rglob("*.dcm")}
        assert story["instances"] == len(everything)
        assert orthanc.sop_instance_uids() == sorted(one["sop_instance_uid"] for one in results)


def send_part(node: NodeProcess, study: Path, chance: random.Random) -> bool:
    """A few images of the study: the sender never gets to its end before the kill."""
    images = sorted((study / "dicom" / "s00").iterdir())
    chosen = chance.sample(images, 20)
    run("storescu", "-aet", "SCANNER", "-aec", "CALCINODE", "127.0.0.1", str(node.port), *chosen)
    return False
