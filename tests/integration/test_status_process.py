"""``calcinode status`` of a real node: what runs, what was killed, and that images are refused for want of space."""

import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from node.bootstrap.locks import RoleName, is_running, locked
from node.domain.errors import Refused
from pydicom.uid import JPEG2000Lossless
from tests.ct_builder import LOW, but, datasets, write
from tests.fakes.ct import CtSlice
from tests.node_process import NodeProcess, calcinode, sender, wait_until
from tests.peers import run

LIGHT = ("receiver", "courier", "page")
"""Roles that are ready at once; the engine loads the kernels."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[NodeProcess]:
    with NodeProcess(tmp_path / "node", sender("KNOWN"), roles=LIGHT) as process:
        yield process


def status_of(node: NodeProcess) -> str:
    done = calcinode("status", "--config", node.config)
    assert done.returncode == 0, done.stderr
    return done.stdout


def image_file(folder: Path, number: int = 1) -> Path:
    path = folder / f"{number}.dcm"
    path.write_bytes(CtSlice("1.2.3", "1.2.3.1", number).encoded())
    return path


def test_a_node_that_was_killed_is_told_from_one_that_runs(node: NodeProcess) -> None:
    assert "running: receiver, courier, page; not running: engine\n" in status_of(node)
    assert node.ask("status")["condition"] == {
        "running": ["receiver", "courier", "page"],
        "starting": [],
        "stopped": ["engine"],
        "shortage": "",
        "destinations": [],
        "delivers": True,
    }
    node.kill()
    assert "The node is not running: receiver, engine, courier, page." in status_of(node)
    node.start()
    assert "running: receiver, courier, page; not running: engine\n" in status_of(node)


def test_roles_that_died_under_a_living_supervisor_do_not_read_as_running(node: NodeProcess) -> None:
    assert node.process is not None
    supervisor = node.process.pid
    os.kill(supervisor, signal.SIGSTOP)  # else they were started again before anybody looked
    try:
        for child in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        wait_until(lambda: not node.ask("status")["condition"]["running"], "no role is ready any more")
        assert node.ask("status")["condition"]["starting"] == ["receiver", "courier", "page"]
        assert "not ready (starting, or started again after it died: see the log): receiver, courier, page" in (
            status_of(node)
        )
    finally:
        os.kill(supervisor, signal.SIGCONT)
    wait_until(lambda: len(node.ask("status")["condition"]["running"]) == 3, "they were started again")
    died = [json.loads(line) for line in node.log.read_text().splitlines() if '"role_died"' in line]
    assert {line["died"] for line in died} == {"receiver-0", "receiver-1", "courier", "page"}
    assert {line["reason"] for line in died} == {"was ended by signal 9 (Killed)"}


def test_a_page_that_is_switched_off_is_not_missed(node: NodeProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALCINODE_PAGE__ENABLED", "false")
    assert "running: receiver, courier; not running: engine\n" in status_of(node)


def test_looking_takes_no_lock_from_a_node_that_starts(tmp_path: Path) -> None:
    assert is_running(tmp_path, RoleName.ENGINE) is False
    with locked(tmp_path, [RoleName.ENGINE]):
        assert is_running(tmp_path, RoleName.ENGINE) is True
        assert is_running(tmp_path, RoleName.COURIER) is False
    assert is_running(tmp_path, RoleName.ENGINE) is False
    looker = os.open(tmp_path / ".engine.lock", os.O_RDONLY)
    fcntl.flock(looker, fcntl.LOCK_SH)
    threading.Timer(0.2, os.close, [looker]).start()
    with locked(tmp_path, [RoleName.ENGINE]):
        assert is_running(tmp_path, RoleName.ENGINE) is True


def test_what_a_node_writes_only_its_account_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "node" / "state"
    folder.mkdir(parents=True, mode=0o755)  # made by hand before, for everybody to see into
    with NodeProcess(tmp_path / "node", sender("KNOWN"), roles=LIGHT) as node:
        sent = calcinode("send", f"CALCINODE@127.0.0.1:{node.port}", image_file(tmp_path).parent, "--calling", "KNOWN")
        assert sent.returncode == 0, sent.stderr
        written = list(folder.rglob("*"))
    assert any(path.is_file() and path.parent.parent.name == "blobs" for path in written)
    assert [path for path in written if path.exists() and path.stat().st_mode & 0o077] == []


def test_two_nodes_on_one_folder_are_still_refused(tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        locked(tmp_path, list(RoleName)),
        pytest.raises(Refused, match="already uses the data folder"),
        locked(tmp_path, [RoleName.PAGE]),
    ):
        pass
    assert time.monotonic() - began < 5


@pytest.mark.peer
def test_a_full_disk_is_told_while_it_is_full(node: NodeProcess, tmp_path: Path) -> None:
    node.stop()
    config = node.config.read_text()
    full = "Less than 99999999 MiB would stay free on the volume of "
    node.environment = {"CALCINODE_STORAGE__WATERMARK_MIB": "99999999", "CALCINODE_NODE__RECEIVER_PROCESSES": "1"}
    node.start()
    place = ("-aet", "KNOWN", "-aec", "CALCINODE", "127.0.0.1", str(node.port))
    for number in (1, 2):
        refused = run("storescu", "-v", *place, image_file(tmp_path, number))
        assert "OutOfResources" in refused.stdout
    assert node.log.read_text().count('"images_refused"') == 1

    node.config.write_text(config.replace("watermark_mib = 16", "watermark_mib = 99999999"))
    text = status_of(node)
    assert full in text
    assert ": images are refused (A700)." in text
    assert node.ask("status")["condition"]["shortage"].startswith(full)
    node.config.write_text(config)
    assert "images are refused" not in status_of(node)


@pytest.mark.peer
def test_the_readme_way_to_send_takes_compressed_images(node: NodeProcess, tmp_path: Path) -> None:
    plain, compressed = datasets(but(LOW, shape=(2, 40, 36)))
    compressed.compress(JPEG2000Lossless, generate_instance_uid=False)
    write(tmp_path / "dicom" / "s00", [plain, compressed])
    place = ("127.0.0.1", str(node.port))
    sent = run("dcmsend", "+sd", "+r", "-aet", "KNOWN", "-aec", "CALCINODE", *place, tmp_path / "dicom")
    assert sent.returncode == 0, sent.stdout
    assert "2 images received" in status_of(node)


def test_send_and_echo_call_as_they_are_told(node: NodeProcess, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    image_file(folder)
    place = f"CALCINODE@127.0.0.1:{node.port}"
    unknown = calcinode("echo", place)
    assert unknown.returncode == 4
    assert f"CALCINODE at 127.0.0.1:{node.port} does not know the calling AE title 'CALCINODE'" in unknown.stderr
    assert "answers KNOWN" in calcinode("echo", place, "--calling", "KNOWN").stdout
    sent = calcinode("send", place, folder, "--calling", "KNOWN")
    assert (sent.returncode, "1 of 1 image sent" in sent.stdout) == (0, True), sent.stderr
    wrong = calcinode("echo", place, "--calling", "SEVENTEEN_LETTERS")
    assert (wrong.returncode, "is no AE title" in wrong.stderr) == (2, True)


@pytest.mark.peer
def test_quarantine_is_listed(node: NodeProcess, tmp_path: Path) -> None:
    place = ("-aet", "KNOWN", "-aec", "CALCINODE", "127.0.0.1", str(node.port))
    for value in range(5):
        path = tmp_path / f"{value}.dcm"
        path.write_bytes(CtSlice("1.2.3", "1.2.3.1", 1, value=value).encoded())
        run("storescu", *place, path)
    text = status_of(node)
    assert "1 image received" in text
    assert "4 quarantined" in text
    assert text.count("Quarantined (conflict) 1.2.3.1.1 from KNOWN, ") == 3
    assert "… and 1 more in quarantine: `calcinode status --json` lists all" in text
    listed = node.ask("status")["quarantine"]
    assert len(listed) == 4
    files = {f"blobs/quarantine/{one['file_name']}" for one in listed}
    assert all((node.folder / "state" / name).is_file() for name in files)
    assert any(name in text for name in files)
