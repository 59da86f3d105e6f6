"""The same hand at other energies, in other poses and on two grids: the analysis finds the same.

What comes in unchanged voxel for voxel is in ``test_inputs``; here the voxels differ, as they do between scanners.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from node.analysis.limbs import find_limbs
from node.analysis.pipeline import analyse
from node.analysis.touching import parted_hands
from node.dicom.ct_identity import StudyIdentity
from node.dicom.ct_writer import SeriesStyle, write_series
from node.dicom.pixels import load_pair
from node.domain.findings import Analysis, Laterality, Material
from node.domain.grids import on_one_grid
from node.domain.pairing import find_pair
from node.domain.volume import EnergyPair
from node.phantom import Phantom, make
from node.phantom.presets import preset
from node.phantom.spec import Deposit, PhantomSpec, Shape, Side
from node.service.analyse import analyse_folder
from node.service.folder import read_folder
from node.service.parameters import Parameters
from node.service.phantom import StudyOptions, write_study
from pydicom import dcmread

pytestmark = pytest.mark.slow

PLAIN = preset("small")
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

    def deposits(self) -> list[tuple[Material | None, float]]:
        """Material and volume (mm³) of each deposit that was put in, by its number; None where it was not found."""
        found = []
        for truth in self.phantom.truth.deposits:
            numbers = np.unique(self.analysis.segments[self.phantom.labels == truth["id"]])
            over = [d for d in self.analysis.findings.deposits if d.number in numbers]
            found.append((over[0].material if over else None, sum(d.volume_mm3 for d in over)))
        return found


def read(spec: PhantomSpec) -> Read:
    phantom = make(spec)
    return Read(phantom, analyse(phantom.pair))


@cache
def plain() -> Read:
    return read(PLAIN)


def assert_alike(found: Read, expected: Read, *, volume: float = 0.15) -> None:
    """The same hands and sides, and of the deposits put in the same materials and volumes."""
    assert found.sides == expected.sides
    ours, theirs = found.deposits(), expected.deposits()
    assert [material for material, _ in ours] == [material for material, _ in theirs]
    assert [mm3 for _, mm3 in ours] == pytest.approx([mm3 for _, mm3 in theirs], rel=volume)


def test_the_plain_case_is_right() -> None:
    assert plain().sides == [Laterality.LEFT]
    for truth, (material, volume) in zip(plain().phantom.truth.deposits, plain().deposits(), strict=True):
        assert material is Material.CALCIUM
        assert volume == pytest.approx(truth["volume_mm3"], rel=0.15)


@pytest.mark.parametrize("name", PAIRS)
def test_energies(name: str) -> None:
    spec = replace(PLAIN, imaging=replace(PLAIN.imaging, pair=name))
    assert_alike(read(spec), plain())


POSES = {
    "prone": (0.0, 0.0, 180.0),
    "feet first": (0.0, 180.0, 0.0),
    "feet first, prone": (180.0, 0.0, 0.0),
    "on the side": (0.0, 0.0, 90.0),
}


@pytest.mark.parametrize("name", POSES)
def test_patient_position(name: str) -> None:
    """The hand turned as a patient turns, scanned anew: other slices through it."""
    spec = replace(PLAIN, hands=(replace(PLAIN.hands[0], rotation=POSES[name]),))
    assert_alike(read(spec), plain())


def test_oblique_planes() -> None:
    spec = replace(PLAIN, grid=replace(PLAIN.grid, tilt=(8.0, 0.0, -10.0)))
    assert_alike(read(spec), plain())


def test_slightly_different_grids(tmp_path: Path) -> None:
    """The high energy reconstructed on a grid moved by about half a voxel along each axis."""
    moved = make(replace(PLAIN, grid=replace(PLAIN.grid, shift_mm=(0.4, -0.35, 0.55))))
    low, high = plain().phantom.pair.low, moved.pair.high
    identity = StudyIdentity(seed="grids")
    tubes = moved.pair.low_tube, moved.pair.high_tube
    for number, (volume, tube) in enumerate(zip((low, high), tubes, strict=True), start=3):
        write_series(volume, identity, SeriesStyle(str(number), number, "Hand DE", tube), tmp_path / str(number))
    found = read_folder(tmp_path)
    stacks = find_pair(found.instances).pair
    assert stacks is not None
    assert not on_one_grid(stacks.low.geometry, stacks.high.geometry)
    assert_alike(Read(plain().phantom, analyse(load_pair(stacks, found.locate))), plain())


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
    left = replace(PLAIN.hands[0], offset_mm=(-apart_mm / 2, 0.0, 0.0))
    right = replace(left, side=Side.RIGHT, offset_mm=(apart_mm / 2, 0.0, 0.0))
    other = Deposit("pulp2", 70.0, 600.0, Shape.STONE, hand=1)
    return replace(PLAIN, hands=(left, right), deposits=(*PLAIN.deposits, other))


@cache
def apart() -> Read:
    return read(two_hands(130.0))


def test_two_hands() -> None:
    assert set(apart().sides) == {Laterality.LEFT, Laterality.RIGHT}
    assert apart().deposits()[:2] == [(m, pytest.approx(v, rel=0.15)) for m, v in plain().deposits()]
    assert [m for m, _ in apart().deposits()] == [Material.CALCIUM] * 3


def test_both_hands_touching() -> None:
    """Skin on skin over centimetres: one body, and still two hands with the deposits that each has."""
    spec = two_hands(65.0)
    (limb,) = find_limbs(make(spec).pair)
    assert parted_hands(limb) is not None
    touching = read(spec)
    assert touching.sides == apart().sides
    assert touching.deposits() == [(m, pytest.approx(v, rel=0.15)) for m, v in apart().deposits()]
    counts = [[len(hand.deposits) for hand in r.analysis.findings.hands] for r in (touching, apart())]
    assert counts[0] == counts[1] == [2, 1]


def test_one_hand_is_not_parted() -> None:
    (limb,) = find_limbs(make(PLAIN).pair)
    assert parted_hands(limb) is None
