"""What is wrong is said, with what was expected and what to do, and the exit code tells a script."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from tests.node_process import NodeProcess, calcinode, sender
from tests.peers import free_port, run

Copy = Callable[[], Path]


def analyse(study: Path, out: Path) -> tuple[int, str]:
    """Exit code and what was printed on stderr."""
    done = calcinode("analyse", study, "--out", out)
    assert "Traceback" not in done.stderr
    return done.returncode, re.sub(r"\s+", " ", done.stderr)


def change(study: Path, edit: Callable[[Dataset], None]) -> None:
    for path in sorted(study.rglob("*.dcm")):
        dataset = dcmread(path)
        edit(dataset)
        dataset.save_as(path)


def refused(study: Path, tmp_path: Path) -> str:
    """The message of a study that must be refused, the same in ``findings.json``."""
    code, said = analyse(study, tmp_path / "out")
    assert code == 3, said
    assert "error: " in said
    found = json.loads((tmp_path / "out" / "findings.json").read_text())
    assert found["outcome"] == "refused"
    assert found["reasons"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["findings.json"]
    return said


def test_one_energy_only(copy_of_study: Copy, tmp_path: Path) -> None:
    study = copy_of_study()
    shutil.rmtree(study / "s01")
    said = refused(study, tmp_path)
    assert "80 kV" in said
    assert "other tube voltage" in said


def test_a_missing_slice(copy_of_study: Copy, tmp_path: Path) -> None:
    study = copy_of_study()
    paths = sorted((study / "s01").iterdir())
    paths[len(paths) // 2].unlink()
    said = refused(study, tmp_path)
    assert "missing" in said
    assert "Add the missing files and run again." in said


def test_two_patients_mixed(copy_of_study: Copy, tmp_path: Path) -> None:
    study = copy_of_study()
    change(study / "s01", lambda dataset: setattr(dataset, "PatientID", "SOMEBODY-ELSE"))
    said = refused(study, tmp_path)
    assert "patient" in said.lower()
    assert "SOMEBODY-ELSE" not in said


def test_two_studies_in_one_folder(copy_of_study: Copy, tmp_path: Path) -> None:
    study = copy_of_study()
    other = generate_uid()
    change(study / "s01", lambda dataset: setattr(dataset, "StudyInstanceUID", other))
    code, said = analyse(study, tmp_path / "out")
    assert code == 3
    assert "holds 2 studies, one is expected" in said


def test_a_truncated_file(copy_of_study: Copy, tmp_path: Path) -> None:
    study = copy_of_study()
    paths = sorted((study / "s00").iterdir())
    victim = paths[len(paths) // 2]
    victim.write_bytes(victim.read_bytes()[:-1000])
    said = refused(study, tmp_path)
    assert "truncated" in said
    assert victim.name in said


def test_not_a_dicom_file(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "letter.txt").write_text("Dear colleague")
    code, said = analyse(folder, tmp_path / "out")
    assert code == 3
    assert "letter.txt is not a DICOM file" in said
    assert "hint: " in said


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    code, said = analyse(tmp_path / "nowhere", tmp_path / "out")
    assert (code, "does not exist" in said) == (2, True)


def test_contrast_agent(copy_of_study: Copy, tmp_path: Path) -> None:
    study = copy_of_study()
    change(study, lambda dataset: setattr(dataset, "ContrastBolusAgent", "Iomeprol 400"))
    said = refused(study, tmp_path)
    assert "ontrast" in said


def test_a_single_energy_study(copy_of_study: Copy, tmp_path: Path) -> None:
    study = copy_of_study()
    shutil.rmtree(study / "s01")

    def single(dataset: Dataset) -> None:
        dataset.KVP = 120
        dataset.SeriesDescription = "Hand 1.0 Br40"
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]

    change(study, single)
    said = refused(study, tmp_path)
    assert "120 kV" in said


def test_lossy_compression(copy_of_study: Copy, tmp_path: Path) -> None:
    study = copy_of_study()

    def lossy(dataset: Dataset) -> None:
        dataset.LossyImageCompression = "01"
        dataset.LossyImageCompressionRatio = 10

    change(study, lossy)
    said = refused(study, tmp_path)
    assert "ossy" in said


@pytest.fixture
def node(tmp_path: Path) -> Iterator[NodeProcess]:
    with NodeProcess(tmp_path / "node", sender("KNOWN")) as process:
        yield process


@pytest.mark.peer
def test_wrong_ae_titles_are_refused_and_shown(node: NodeProcess, small_study: Path) -> None:
    image = next((small_study / "dicom" / "s00").iterdir())
    place = ("127.0.0.1", str(node.port))
    wrong_called = run("storescu", "-aet", "KNOWN", "-aec", "ANYBODY", *place, image)
    unknown = run("storescu", "-aet", "STRANGER", "-aec", "CALCINODE", *place, image)
    right = run("storescu", "-aet", "KNOWN", "-aec", "CALCINODE", *place, image)

    assert "Called AE Title Not Recognized" in wrong_called.stdout
    assert "Calling AE Title Not Recognized" in unknown.stdout
    assert right.returncode == 0, right.stdout
    status = calcinode("status", "--config", node.config).stdout
    assert "1 image received" in status
    assert "called AE title 'ANYBODY', but this node is 'CALCINODE'" in status
    assert "Unknown AE title 'STRANGER'" in status


def test_the_port_is_in_use_and_the_folder_too(node: NodeProcess, tmp_path: Path) -> None:
    other = NodeProcess(tmp_path / "other", sender("KNOWN"), port=node.port)
    other.write_config()
    taken = calcinode("serve", "--config", other.config)
    assert taken.returncode == 2
    assert f"Cannot listen on 127.0.0.1, port {node.port}: another program already does." in taken.stderr
    assert "hint: " in taken.stderr
    same_folder = calcinode("serve", "--config", node.config)
    assert same_folder.returncode == 2
    assert "already uses the data folder" in same_folder.stderr


def test_a_typo_in_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "calcinode.toml"
    config.write_text(f"[node]\nport = {free_port()}\nae_titel = 'HANDS'\n")
    for command in (("check-config",), ("serve",), ("status",)):
        done = calcinode(*command, "--config", config)
        assert done.returncode == 2
        assert "line 3: unknown key 'node.ae_titel'; did you mean 'ae_title'?" in done.stderr
        assert "Traceback" not in done.stderr


def test_peers_that_are_not_there(tmp_path: Path) -> None:
    unknown = calcinode("echo", "pacs")
    assert (unknown.returncode, "There is no peer 'pacs'" in unknown.stderr) == (2, True)
    port = free_port()
    silent = calcinode("echo", f"PACS@127.0.0.1:{port}")
    assert silent.returncode == 4
    assert "connection refused" in silent.stderr
    assert "hint: " in silent.stderr
