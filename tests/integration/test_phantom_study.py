"""A phantom study as files: read back, judged by dicom3tools and DCMTK, scored by its own truth."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pydicom
import pytest
from node.dicom.synthetic.ct_enhanced import write_enhanced
from node.dicom.synthetic.ct_identity import StudyIdentity
from node.dicom.synthetic.ct_writer import SYNTAXES, SeriesStyle
from node.domain.errors import Refused
from node.phantom import Deposit, Grid, Hand, Imaging, Phantom, PhantomSpec, Place, Shape, make
from node.service.trial.phantom import StudyOptions, StudySummary, write_study
from tests import peers

SPEC = PhantomSpec(
    name="tiny",
    hands=(Hand(digits=(1, 2), forearm_mm=4.0, resorbed=((1, 0.3),)),),
    deposits=(
        Deposit("pulp2", 60.0, 600.0, Shape.STONE),
        Deposit(Place("PP2", 0.5, 180.0, gap_mm=-0.5), 90.0, 600.0, Shape.POPCORN),
    ),
    grid=Grid(spacing_mm=(2.0, 1.0, 1.0), slice_thickness_mm=2.0, margin_mm=4.0),
    imaging=Imaging(noise_hu=(8.0, 8.0)),
)
SCORER = Path(__file__).parents[3] / "shared" / "data" / "score.py"
KEYS = {
    "id", "kind", "shape", "n_foci", "volume_mm3", "mass_mg", "concentration_mg_cc", "centroid_lps", "extent_mm",
    "region", "regions", "region_accept", "hand", "ray", "segment", "compartment", "aspect", "nearest_joint",
    "joint_distance_mm", "touching_bone", "min_distance_to_bone_mm", "mean_hu_low", "mean_hu_high", "voxels_ct_grid",
    "in_scan",
}  # fmt: skip


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return make(SPEC)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> StudySummary:
    options = StudyOptions(order="shuffled", mixed=True, topogram=True, dose=True)
    return write_study(SPEC, tmp_path_factory.mktemp("phantom"), options)


def read_sorted(folder: Path) -> tuple[np.ndarray[Any, Any], list[pydicom.Dataset]]:
    """HU (z, y, x) and datasets of a series along its normal."""
    datasets = [pydicom.dcmread(path) for path in folder.iterdir()]
    axes = np.array(datasets[0].ImageOrientationPatient, float)
    normal = np.cross(axes[:3], axes[3:])
    datasets.sort(key=lambda d: float(normal @ np.array(d.ImagePositionPatient, float)))
    frames = [d.pixel_array.astype(float) * float(d.RescaleSlope) + float(d.RescaleIntercept) for d in datasets]
    return np.stack(frames), datasets


@pytest.mark.parametrize("name", sorted(SYNTAXES))
def test_what_is_written_reads_back_as_the_same_hu(name: str, phantom: Phantom, tmp_path: Path) -> None:
    options = StudyOptions(transfer_syntax=name, order="descending", intercept=-8192, bits_stored=16)
    summary = write_study(SPEC, tmp_path / name, options)
    for folder, volume in ((summary.low_folder, phantom.pair.low), (summary.high_folder, phantom.pair.high)):
        hu, datasets = read_sorted(folder)
        assert np.array_equal(hu, volume.hu)
        assert datasets[0].file_meta.TransferSyntaxUID == SYNTAXES[name]
        affine = volume.geometry.affine
        assert np.allclose([float(v) for v in datasets[0].ImagePositionPatient], affine[:3, 3], atol=1e-4)
        assert [d.InstanceNumber for d in datasets] == list(range(len(datasets), 0, -1))


def test_signed_pixels_with_padding_read_back(phantom: Phantom, tmp_path: Path) -> None:
    options = StudyOptions(signed=True, intercept=0, bits_stored=16, padding=True)
    summary = write_study(SPEC, tmp_path / "signed", options)
    hu, datasets = read_sorted(summary.low_folder)
    padded = hu == datasets[0].PixelPaddingValue
    assert padded[:, 0, 0].all()
    assert not padded[:, hu.shape[1] // 2, hu.shape[2] // 2].any()
    assert np.array_equal(hu[~padded], phantom.pair.low.hu[~padded])


def test_the_study_names_its_energies_and_shares_its_frame(written: StudySummary) -> None:
    low, high = (pydicom.dcmread(next(f.iterdir()), stop_before_pixels=True) for f in written_folders(written))
    assert (low.KVP, high.KVP) == (80, 140)
    assert (low.FilterType, high.FilterType, high.FilterMaterial) == ("0", "SN", "TIN")
    assert low.FrameOfReferenceUID == high.FrameOfReferenceUID
    assert low.StudyInstanceUID == high.StudyInstanceUID == written.study_instance_uid
    assert low.SeriesInstanceUID != high.SeriesInstanceUID
    assert {p.name for p in (written.folder / "dicom").iterdir()} == {"s00", "s01", "s02", "loc", "sc"}


def written_folders(summary: StudySummary) -> tuple[Path, Path]:
    return summary.low_folder, summary.high_folder


def test_the_same_spec_writes_the_same_bytes(written: StudySummary, tmp_path: Path) -> None:
    options = StudyOptions(order="shuffled", mixed=True, topogram=True, dose=True)
    again = write_study(SPEC, tmp_path / "again", options)
    assert [p.name for p in again.files] == [p.name for p in written.files]
    for ours, theirs in zip(again.files, written.files, strict=True):
        assert ours.read_bytes() == theirs.read_bytes()


def test_a_folder_with_a_study_is_left_alone(written: StudySummary) -> None:
    with pytest.raises(Refused, match="holds a study"):
        write_study(SPEC, written.folder)


def test_truth_has_the_keys_of_the_format(written: StudySummary) -> None:
    table = json.loads((written.truth / "truth.json").read_text())
    stored = np.load(written.truth / "labels.npz")
    assert set(table) >= {"case", "tubes", "grid", "label_map", "hands", "hu_statistics", "deposits"}
    assert set(table["grid"]) >= {"affine_lps", "shape_kji", "spacing_mm", "slice_thickness_mm", "voxel_mm3"}
    assert stored["labels"].dtype == np.uint16
    assert list(stored["labels"].shape) == table["grid"]["shape_kji"]
    assert np.allclose(stored["affine_lps"], table["grid"]["affine_lps"])
    assert all(set(d) >= KEYS for d in table["deposits"])
    assert [d["id"] for d in table["deposits"]] == [1001, 1002]
    assert [d["region"] for d in table["deposits"]] == ["DP2", "PP2"]
    assert table["hands"][0]["acro_osteolysis"] == {"DP1": {"lost_fraction": 0.3}}


@pytest.mark.peer
def test_dciodvfy_finds_no_error(written: StudySummary) -> None:
    for folder in (written.folder / "dicom").iterdir():
        outcome = peers.run("dciodvfy", "-new", next(iter(sorted(folder.iterdir()))))
        assert "Error" not in outcome.stdout, outcome.stdout


@pytest.mark.peer
def test_dcentvfy_finds_the_study_consistent(written: StudySummary) -> None:
    outcome = peers.run("dcentvfy", *written.files)
    assert "Error" not in outcome.stdout, outcome.stdout


@pytest.mark.peer
def test_dcmtk_reads_the_deflated_study(tmp_path: Path) -> None:
    summary = write_study(SPEC, tmp_path / "deflated", StudyOptions(transfer_syntax="deflated"))
    outcome = peers.run("dcmdump", "+P", "PixelData", summary.files[0])
    assert "PixelData" in outcome.stdout
    assert "E:" not in outcome.stdout


@pytest.mark.peer
@pytest.mark.parametrize("legacy", [False, True])
def test_multi_frame_objects_are_valid_and_hold_the_same_hu(legacy: bool, phantom: Phantom, tmp_path: Path) -> None:
    style = SeriesStyle("high", 4, "Hand DE B_Sn140kV", phantom.pair.high_tube, slice_thickness_mm=2.0)
    path = write_enhanced(phantom.pair.high, StudyIdentity("multi"), style, tmp_path, legacy=legacy)
    ds = pydicom.dcmread(path)
    assert np.array_equal(ds.pixel_array.astype(int) - 1024, phantom.pair.high.hu)
    assert ds.NumberOfFrames == phantom.pair.high.hu.shape[0]
    outcome = peers.run("dciodvfy", "-new", path)
    assert "Error" not in outcome.stdout, outcome.stdout


def scorer() -> ModuleType:
    """The scorer of the development data."""
    if not SCORER.exists():
        pytest.skip("the scorer of the development cases is not here")
    found = importlib.util.spec_from_file_location("score", SCORER)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.cases
def test_the_scorer_finds_a_perfect_answer_perfect(written: StudySummary) -> None:
    score = scorer()
    table, labels, affine = score.load_truth(str(written.folder))
    answer, listed = [], []
    for n, deposit in enumerate(table["deposits"], start=1):
        voxels, volume = np.argwhere(labels == deposit["id"]), deposit["volume_mm3"]
        answer.append({"kind": "HA", "vox": voxels, "volume": volume, "text": "", "number": n, "lps": None})
        words = {"mass": deposit["mass_mg"], "region": deposit["region"], "side": deposit["hand"], "volume": volume}
        codes = {"codes": ({deposit["region"]}, deposit["ray"]), "touches": deposit["touching_bone"], "review": False}
        place = {"kind": "HA", "lps": np.array(deposit["centroid_lps"]), "number": n, "id": n, "confidence": 1.0}
        listed.append(words | codes | place)
    summary = score.summarise([score.score(table, labels, affine, answer, listed, "tiny")])
    assert "2/2" in json.dumps(summary)
    assert json.loads(json.dumps(summary))["region"]["exact"] == "2/2"


def test_monoenergetic_pairs_are_marked(tmp_path: Path) -> None:
    spec = replace(SPEC, imaging=replace(SPEC.imaging, pair="keV50/keV100"))
    summary = write_study(spec, tmp_path / "kev")
    ds = pydicom.dcmread(next(summary.low_folder.iterdir()), stop_before_pixels=True)
    assert ds.ImageType[3] == "VMI"
    assert ds.MonoenergeticEnergyEquivalent == 50.0


@pytest.mark.parametrize(("multi_frame", "sop_class"), [("enhanced", "2.1"), ("legacy", "2.2")])
def test_a_study_can_be_multi_frame(multi_frame: str, sop_class: str, tmp_path: Path) -> None:
    summary = write_study(SPEC, tmp_path / multi_frame, StudyOptions(multi_frame=multi_frame))
    assert len(summary.files) == 2
    assert pydicom.dcmread(summary.files[0]).SOPClassUID == f"1.2.840.10008.5.1.4.1.1.{sop_class}"
