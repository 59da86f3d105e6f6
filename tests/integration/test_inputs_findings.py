"""The same hand at other energies, in other poses and on other grids: the analysis finds the same.

What comes in unchanged voxel for voxel is in ``test_inputs``, and its way through the node in ``test_inputs_received``;
here the voxels differ, as they do between scanners. Where what the header tells matters, the study goes over files.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from node.analysis.limb.limbs import find_limbs
from node.analysis.limb.touching import parted_hands
from node.analysis.pipeline import analyse
from node.dicom.reading.pixels import load_pair
from node.dicom.synthetic.ct_identity import StudyIdentity
from node.dicom.synthetic.ct_writer import SeriesStyle, write_series
from node.domain.errors import Refused
from node.domain.findings import AcroOsteolysis, Analysis, Deposit, Laterality, Level, Material, Outcome, Region
from node.domain.grids import on_one_grid
from node.domain.pairing import find_pair
from node.domain.volume import EnergyPair, Geometry, Volume
from node.phantom import Deposit as DepositSpec
from node.phantom import Phantom, make
from node.phantom.presets import preset
from node.phantom.spec import PhantomSpec, Shape, Side
from node.service.study.analyse import analyse_folder
from node.service.study.folder import read_folder
from node.service.study.parameters import Parameters
from node.service.trial.phantom import StudyOptions, write_study
from pydicom import dcmread
from tests.fakes import variants

pytestmark = pytest.mark.slow

SMALL = preset("small")
IDENTITY = StudyIdentity(seed="inputs")
PLAIN = replace(SMALL, hands=(replace(SMALL.hands[0], digits=(1, 2, 3, 4, 5)),))
"""All five digits, so that each deposit has its place."""
PAIRS = (
    "80/140",
    "80/135",
    "80/Sn140(0.4)",
    "100/Sn140(0.4)",
    "70/Sn150(0.6)",
    "80/Sn150(0.6)",
    "90/Sn150(0.6)",
    "100/Sn150(0.6)",
    "keV50/keV100",
    "keV40/keV70",
)


class Read(NamedTuple):
    """A phantom and what the analysis says of it."""

    phantom: Phantom
    analysis: Analysis

    @property
    def sides(self) -> list[Laterality]:
        return [h.laterality for h in self.analysis.findings.hands]

    @property
    def sure(self) -> list[Deposit]:
        """Those that are claimed, not only shown for review."""
        return [d for d in self.analysis.findings.deposits if not d.review]

    def over(self) -> list[list[Deposit]]:
        """What is claimed of each deposit that was put in, by its number."""
        found = []
        for truth in self.phantom.truth.deposits:
            numbers = np.unique(self.analysis.segments[self.phantom.labels == truth["id"]])
            found.append([d for d in self.sure if d.number in numbers])
        return found

    def places(self) -> list[tuple[Material, Region | None, int | None, Level | None]]:
        """Material and place of each; each was put in once and is found once, and nothing else is."""
        assert [len(deposits) for deposits in self.over()] == [1] * len(self.sure)
        return [(d.material, d.region, d.digit, d.level) for (d,) in self.over()]

    def volumes_mm3(self) -> list[float]:
        return [sum(d.volume_mm3 for d in deposits) for deposits in self.over()]

    def masses_mg(self) -> list[float]:
        return [sum(d.mass_mg or 0.0 for d in deposits) for deposits in self.over()]


def read(spec: PhantomSpec) -> Read:
    phantom = make(spec)
    return Read(phantom, analyse(phantom.pair))


def through_files(pair: EnergyPair, folder: Path, **style: Any) -> EnergyPair:
    """What the node reads of the energies, each written on its own grid as a scanner does."""
    tubes = pair.low_tube, pair.high_tube
    for number, (volume, tube) in enumerate(zip((pair.low, pair.high), tubes, strict=True), start=3):
        kind = "VMI" if tube.kev else "AXIAL"
        told = {"tube": tube, "image_type": ("ORIGINAL", "PRIMARY", kind), "description": "Hand DE"} | style
        write_series(volume, IDENTITY, SeriesStyle(role=str(number), number=number, **told), folder / str(number))
    found = read_folder(folder)
    pairing = find_pair(found.instances, allow_monoenergetic=pair.low_tube.kev is not None)
    assert pairing.pair is not None, pairing.reasons
    return load_pair(pairing.pair, found.locate)


@cache
def plain() -> Read:
    return read(PLAIN)


def assert_alike(found: Read, expected: Read, *, volume: float = 0.15, mass: float = 0.10) -> None:
    """The same hands and sides, and of the deposits put in the same materials, places, volumes and masses."""
    assert found.analysis.findings.outcome is expected.analysis.findings.outcome
    assert found.sides == expected.sides
    assert found.places() == expected.places()
    assert found.volumes_mm3() == pytest.approx(expected.volumes_mm3(), rel=volume)
    assert found.masses_mg() == pytest.approx(expected.masses_mg(), rel=mass)
    for hand in found.analysis.findings.hands:
        assert hand.totals.urate_volume_mm3 == 0.0
        assert hand.totals.review_count <= 1
        assert AcroOsteolysis.PRESENT not in [d.acro_osteolysis for d in hand.digits]


def test_the_plain_case_is_right() -> None:
    truth = plain().phantom.truth.deposits
    assert (plain().analysis.findings.outcome, plain().analysis.findings.reasons) == (Outcome.COMPLETE, ())
    assert plain().sides == [Laterality.LEFT]
    assert plain().places() == [
        (Material.CALCIUM, Region.DIGIT, 2, Level.DISTAL),
        (Material.CALCIUM, Region.DIGIT, 3, Level.PROXIMAL),
    ]
    assert [t["region"] for t in truth] == ["DP2", "PP3"]
    assert plain().volumes_mm3() == pytest.approx([t["volume_mm3"] for t in truth], rel=0.15)
    assert plain().masses_mg() == pytest.approx([t["mass_mg"] for t in truth], rel=0.10)
    assert len(plain().analysis.findings.deposits) == 2


@pytest.mark.parametrize("name", PAIRS)
def test_energies(tmp_path: Path, name: str) -> None:
    """Over files, whose headers tell that there is tin, but not how much."""
    phantom = make(replace(PLAIN, imaging=replace(PLAIN.imaging, pair=name)))
    found = through_files(phantom.pair, tmp_path)
    assert found.high_tube.tin_mm == (None if "Sn" in name else 0.0)
    assert_alike(Read(phantom, analyse(found)), plain())


@pytest.mark.parametrize("name", ["80/Sn140(0.4)", "100/Sn150(0.6)"])
def test_tin_that_is_not_told_is_refused(tmp_path: Path, name: str) -> None:
    """Neither header nor description names the filter: the bones contradict the header, and nothing is guessed."""
    pair = make(replace(SMALL, imaging=replace(SMALL.imaging, pair=name))).pair
    silent = replace(pair, high_tube=replace(pair.high_tube, tin_mm=0.0))
    with pytest.raises(Refused, match="do not differ as their tube voltages say") as refused:
        analyse(through_files(silent, tmp_path))
    assert "Check KVP and tin filter of both series" in refused.value.hint


POSES = {
    "prone": (0.0, 0.0, 180.0),
    "feet first": (0.0, 180.0, 0.0),
    "feet first, prone": (180.0, 0.0, 0.0),
    "on the side": (0.0, 0.0, 90.0),
}


@pytest.mark.parametrize("name", POSES)
def test_patient_position(name: str) -> None:
    """The hand turned as a patient turns, scanned anew: other slices through it."""
    hand = replace(PLAIN.hands[0], rotation=POSES[name])
    grid = replace(PLAIN.grid, shift_mm=(0.0, 0.0, -6.0 if "feet" in name else 0.0))  # fingertips in the scan
    assert_alike(read(replace(PLAIN, hands=(hand,), grid=grid)), plain())


@pytest.mark.parametrize("turn", variants.TURNS[1:], ids=lambda t: t.position)
def test_the_same_slices_of_a_patient_who_lies_otherwise(turn: variants.Turn) -> None:
    """The very voxels, at another place in the patient: nothing changes but where things are."""
    pair, old = plain().phantom.pair, plain().phantom.pair.geometry
    affine = old.affine.copy()
    affine[:3] = np.asarray(turn.rotation, dtype=np.float64) @ old.affine[:3]
    geometry = Geometry(old.shape, old.spacing_mm, affine)
    low, high = (Volume(v.hu, geometry) for v in (pair.low, pair.high))
    found = analyse(replace(pair, low=low, high=high))
    np.testing.assert_array_equal(found.segments, plain().analysis.segments)
    assert_alike(Read(plain().phantom, found), plain(), volume=1e-6, mass=1e-6)
    for ours, theirs in zip(found.findings.deposits, plain().analysis.findings.deposits, strict=True):
        assert ours.centroid_lps_mm == pytest.approx(np.asarray(turn.rotation) @ theirs.centroid_lps_mm, abs=1e-6)
        assert (ours.compartment, ours.shape, ours.touches) == (theirs.compartment, theirs.shape, theirs.touches)


def test_overlapping_slices(tmp_path: Path) -> None:
    """Slices twice as thick as their increment."""
    grid = replace(PLAIN.grid, spacing_mm=(0.6, *PLAIN.grid.spacing_mm[1:]))
    assert grid.slice_thickness_mm == 1.2
    phantom = make(replace(PLAIN, grid=grid))
    assert_alike(Read(phantom, analyse(through_files(phantom.pair, tmp_path))), plain())


def with_corners(volume: Volume, hu: int) -> Volume:
    """What lies outside of the reconstruction circle at this value."""
    rows, columns = (np.arange(n) - (n - 1) / 2 for n in volume.hu.shape[1:])
    changed = volume.hu.copy()
    changed[:, np.hypot(rows[:, None], columns[None, :]) > max(volume.hu.shape[1:]) / 2] = hu
    return Volume(changed, volume.geometry)


@pytest.mark.parametrize(
    "style",
    [
        pytest.param({"padding": 0}, id="unsigned"),
        pytest.param({"padding": -32768, "signed": True, "intercept": 0, "bits_stored": 16}, id="signed"),
        pytest.param({"signed": True, "intercept": 0, "bits_stored": 16}, id="not told"),
    ],
)
def test_padding(tmp_path: Path, style: dict[str, Any]) -> None:
    """Corners that were not reconstructed, marked by a padding value, or at -3024 HU without one."""
    pair = plain().phantom.pair
    if "padding" not in style:
        pair = replace(pair, low=with_corners(pair.low, -3024), high=with_corners(pair.high, -3024))
    found = Read(plain().phantom, analyse(through_files(pair, tmp_path, **style)))
    assert_alike(found, plain(), volume=0.02, mass=0.02)


def test_oblique_planes() -> None:
    spec = replace(PLAIN, grid=replace(PLAIN.grid, tilt=(8.0, 0.0, -10.0)))
    assert_alike(read(spec), plain())


def test_slightly_different_grids(tmp_path: Path) -> None:
    """The high energy reconstructed on a grid moved by about half a voxel along each axis."""
    moved = make(replace(PLAIN, grid=replace(PLAIN.grid, shift_mm=(0.4, -0.35, 0.55)))).pair
    low = plain().phantom.pair.low
    assert not on_one_grid(low.geometry, moved.high.geometry)
    found = through_files(replace(moved, low=low), tmp_path)
    assert_alike(Read(plain().phantom, analyse(found)), plain())


@pytest.mark.parametrize("kind", ["enhanced", "legacy"])
def test_results_of_a_multi_frame_study(tmp_path: Path, kind: str) -> None:
    """Its voxels are the plain study's (``test_inputs``); the Segmentation lies on its frames."""
    study = write_study(PLAIN, tmp_path / "study", StudyOptions(multi_frame=kind))

    def known(pair: EnergyPair, progress: object) -> Analysis:
        np.testing.assert_array_equal(pair.low.hu, plain().phantom.pair.low.hu)
        return plain().analysis

    result = analyse_folder(study.folder / "dicom", tmp_path / "out", Parameters(), analyse=known).result
    assert result.findings.outcome is plain().analysis.findings.outcome
    source, found = dcmread(next(study.low_folder.iterdir())), dcmread(tmp_path / "out" / "seg.dcm")
    for groups in found.PerFrameFunctionalGroupsSequence:
        (image,) = groups.DerivationImageSequence[0].SourceImageSequence
        assert image.ReferencedSOPInstanceUID == source.SOPInstanceUID
        place = source.PerFrameFunctionalGroupsSequence[image.ReferencedFrameNumber - 1].PlanePositionSequence[0]
        assert groups.PlanePositionSequence[0].ImagePositionPatient == place.ImagePositionPatient
    assert found.pixel_array.sum() == np.count_nonzero(plain().analysis.segments)


def two_hands(apart_mm: float) -> PhantomSpec:
    """The plain hand and its mirror image beside it, with a deposit of its own."""
    left = replace(SMALL.hands[0], offset_mm=(-apart_mm / 2, 0.0, 0.0))
    right = replace(left, side=Side.RIGHT, offset_mm=(apart_mm / 2, 0.0, 0.0))
    other = DepositSpec("pulp2", 70.0, 600.0, Shape.STONE, hand=1)
    return replace(SMALL, hands=(left, right), deposits=(*SMALL.deposits, other))


@cache
def apart() -> Read:
    return read(two_hands(130.0))


def test_two_hands() -> None:
    assert set(apart().sides) == {Laterality.LEFT, Laterality.RIGHT}
    truth = apart().phantom.truth.deposits
    assert [place[:2] for place in apart().places()] == [(Material.CALCIUM, Region.DIGIT)] * 3
    assert apart().volumes_mm3() == pytest.approx([t["volume_mm3"] for t in truth], rel=0.15)
    assert apart().masses_mg() == pytest.approx([t["mass_mg"] for t in truth], rel=0.10)
    of_side = {hand.laterality: len(hand.deposits) for hand in apart().analysis.findings.hands}
    assert of_side == {Laterality.LEFT: 2, Laterality.RIGHT: 1}


def test_both_hands_touching() -> None:
    """Skin on skin over centimetres: one body, and still two hands with the deposits that each has."""
    spec = two_hands(65.0)
    (limb,) = find_limbs(make(spec).pair)
    assert parted_hands(limb) is not None
    touching = read(spec)
    assert_alike(touching, apart())
    counts = [[len(hand.deposits) for hand in r.analysis.findings.hands] for r in (touching, apart())]
    assert counts[0] == counts[1] == [2, 1]


def test_one_hand_is_not_parted() -> None:
    (limb,) = find_limbs(make(SMALL).pair)
    assert parted_hands(limb) is None
