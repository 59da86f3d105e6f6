"""Shapes of candidates, and arterial walls told from deposits."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.place import NOWHERE, Place
from node.analysis.grid.axes import principal_axes
from node.analysis.mineral.candidates import Candidate
from node.analysis.parting.vessels import artery_words, doubtful_vessels, vessels
from node.domain.findings import Level, Region
from node.domain.volume import Geometry
from scipy.spatial.transform import Rotation

SPACING = (0.9, 0.4, 0.4)
UPRIGHT = Geometry((100, 200, 200), SPACING, np.diag([0.4, 0.4, 0.9, 1.0]))


def block(shape: tuple[int, int, int]) -> np.ndarray:
    return np.argwhere(np.ones(shape, bool))


def turned(rotation: Rotation, shift: tuple[float, float, float]) -> Geometry:
    affine = np.eye(4)
    affine[:3, :3] = rotation.as_matrix() @ UPRIGHT.affine[:3, :3]
    affine[:3, 3] = shift
    return Geometry(UPRIGHT.shape, SPACING, affine)


@pytest.mark.parametrize("shape", [(1, 1, 1), (10, 4, 2), (1, 30, 5), (3, 3, 40)])
@pytest.mark.parametrize("degrees", [(0, 0, 0), (30, -50, 110)])
def test_a_block_spreads_by_its_edges_over_the_root_of_twelve(
    shape: tuple[int, int, int], degrees: tuple[int, int, int]
) -> None:
    """Variance of a uniform distribution, edge² / 12, in any pose of the patient in the scanner."""
    geometry = turned(Rotation.from_euler("xyz", degrees, degrees=True), (5.0, -7.0, 11.0))
    axes = principal_axes(block(shape), geometry)
    edges = sorted((n * s for n, s in zip(shape, SPACING, strict=True)), reverse=True)
    assert axes.spread_mm == pytest.approx(np.array(edges) / np.sqrt(12.0))
    assert axes.direction @ axes.direction.T == pytest.approx(np.eye(3), abs=1e-9)
    assert axes.centre == pytest.approx(geometry.to_lps_mm(block(shape).astype(float)).mean(axis=0))


def test_the_first_axis_points_along_the_longest_edge() -> None:
    axes = principal_axes(block((3, 3, 40)), UPRIGHT)
    assert np.abs(axes.direction[0]) == pytest.approx([1.0, 0.0, 0.0])
    assert axes.length_mm == pytest.approx(39 * 0.4)


def candidate(
    shape: tuple[int, int, int], first: tuple[int, int, int] = (0, 0, 0), contact_mm2: float = 0.0
) -> Candidate:
    voxels = block(shape) + np.array(first)
    volume = len(voxels) * UPRIGHT.voxel_mm3
    return Candidate(voxels, volume, 400.0, 500.0, 1.0, 5.0, contact_mm2, 0)


TUBE = candidate((20, 5, 5))


def anywhere(voxels: np.ndarray) -> Place:
    """Where there may be an artery."""
    return NOWHERE


def test_a_slender_tube_is_an_artery() -> None:
    assert vessels([TUBE], UPRIGHT, anywhere) == {0}


@pytest.mark.parametrize(
    "other",
    [
        candidate((4, 9, 9)),  # stone
        candidate((20, 2, 25)),  # plate
        candidate((6, 5, 5)),  # short
        candidate((40, 16, 16)),  # thick
        candidate((20, 5, 5), contact_mm2=0.2 * TUBE.volume_mm3),  # lies on bone
    ],
)
def test_other_shapes_are_no_artery(other: Candidate) -> None:
    assert vessels([other], UPRIGHT, anywhere) == set()


def in_a_finger(voxels: np.ndarray) -> Place:
    return Place(Region.DIGIT, 2, Level.DISTAL, "palmar", (), 1.0)


def at_the_side_of_a_finger(voxels: np.ndarray) -> Place:
    return Place(Region.DIGIT, 2, Level.PROXIMAL, "radial", (), 1.0)


def doubtful(*others: Candidate, arterial: set[int]) -> set[int]:
    """In a limb whose soft tissue has 50 HU."""
    return doubtful_vessels(others, arterial, UPRIGHT, anywhere, 50.0)


def test_a_small_pale_body_may_be_a_bit_of_an_artery_where_one_was_seen() -> None:
    bit = replace(candidate((3, 4, 4)), mean_hu=220.0)
    assert doubtful(TUBE, bit, arterial={0}) == {1}
    assert doubtful(TUBE, bit, arterial=set()) == set(), "no artery is calcified"
    assert doubtful(TUBE, replace(bit, mean_hu=400.0), arterial={0}) == set(), "as dense as a stone"
    assert doubtful(TUBE, replace(bit, contact_mm2=1.0), arterial={0}) == set(), "on bone"
    assert doubtful(TUBE, replace(bit, volume_mm3=15.0), arterial={0}) == set(), "large"


def test_a_compact_body_in_a_finger_in_line_with_an_artery_may_be_a_stone() -> None:
    stone, small = candidate((4, 9, 9)), candidate((2, 4, 4))
    others, arterial = (TUBE, stone, small), {0, 1, 2}
    assert doubtful_vessels(others, arterial, UPRIGHT, in_a_finger, 50.0) == {1}
    assert doubtful(*others, arterial=arterial) == set(), "arteries of the wrist are as wide"


def bent(bend_mm: float, half_mm: float) -> Candidate:
    """Two straight tubes end to end, turned against each other: the far ends lie ``bend_mm`` off one line."""
    z, y, x = np.meshgrid(np.arange(-half_mm, half_mm, 0.9), *[np.arange(-1.0, 1.0, 0.4)] * 2, indexing="ij")
    points = np.stack([z, y + bend_mm * np.abs(z) / half_mm, x], axis=-1).reshape(-1, 3)
    voxels = np.unique(np.rint((points + 40.0) / SPACING).astype(np.int64), axis=0)
    return Candidate(voxels, len(voxels) * UPRIGHT.voxel_mm3, 400.0, 500.0, 1.0, 5.0, 0.0, 0)


def test_an_artery_follows_a_bent_finger() -> None:
    assert vessels([bent(8.0, 16.0)], UPRIGHT, anywhere) == {0}
    assert vessels([bent(8.0, 8.0)], UPRIGHT, anywhere) == set(), "short"


def arc(length_mm: float, bend_mm: float, half_mm: float) -> Candidate:
    """A cord round a circle of radius ``bend_mm``, with a square section of twice ``half_mm``."""
    along, out, aside = np.meshgrid(
        np.arange(0.0, length_mm, 0.3), *[np.arange(-half_mm, half_mm, 0.3)] * 2, indexing="ij"
    )
    angle, radius = along / bend_mm, bend_mm + out
    points = np.stack([radius * np.sin(angle), radius * np.cos(angle), aside], axis=-1).reshape(-1, 3)
    voxels = np.unique(np.rint((points + 40.0) / SPACING).astype(np.int64), axis=0)
    return Candidate(voxels, len(voxels) * UPRIGHT.voxel_mm3, 400.0, 500.0, half_mm, 5.0, 0.0, 0)


def test_an_artery_follows_a_finger_that_is_bent_all_along() -> None:
    cord = arc(45.0, 25.0, 0.9)
    along_bone, on_bone = (replace(cord, contact_mm2=share * cord.volume_mm3) for share in (0.25, 0.5))
    assert vessels([cord], UPRIGHT, anywhere) == vessels([along_bone], UPRIGHT, anywhere) == {0}
    assert vessels([on_bone], UPRIGHT, anywhere) == set()
    assert vessels([arc(45.0, 25.0, 1.6)], UPRIGHT, anywhere) == set(), "thicker than an artery"


def test_arteries_of_the_wrist_are_wider_than_those_of_a_finger() -> None:
    cord = arc(45.0, 25.0, 1.15)
    assert vessels([cord], UPRIGHT, anywhere) == {0}
    assert vessels([cord], UPRIGHT, at_the_side_of_a_finger) == set()
    assert vessels([arc(45.0, 25.0, 0.9)], UPRIGHT, at_the_side_of_a_finger) == {0}


def test_a_bent_cord_lies_where_its_halves_lie_and_not_where_their_middle_is() -> None:
    """The middle of a cord at the side of a bent finger falls on the palmar side, where no artery runs."""
    cord = arc(45.0, 25.0, 0.9)
    palmar, lateral = (Place(Region.DIGIT, 3, Level.PROXIMAL, side, (), 1.0) for side in ("palmar", "radial"))
    assert vessels([cord], UPRIGHT, lambda voxels: palmar if len(voxels) == len(cord.voxels) else lateral) == {0}
    assert vessels([cord], UPRIGHT, lambda _: palmar) == set()


def test_two_slender_pieces_in_one_line_are_an_artery_and_side_by_side_they_are_not() -> None:
    first, second, beside = (candidate((7, 5, 5), place) for place in ((0, 0, 0), (14, 0, 0), (0, 30, 0)))
    assert vessels([first, second], UPRIGHT, anywhere) == {0, 1}
    assert vessels([first, beside], UPRIGHT, anywhere) == set()


def test_a_bit_in_line_with_an_artery_belongs_to_it() -> None:
    in_line, aside, far = (candidate((4, 4, 4), first) for first in ((30, 0, 0), (30, 40, 0), (80, 0, 0)))
    assert vessels([in_line, TUBE, aside, far], UPRIGHT, anywhere) == {0, 1}
    assert vessels([replace(in_line, radius_mm=1.6), TUBE], UPRIGHT, anywhere) == {1}, "a lump in line with it does not"
    assert vessels([], UPRIGHT, anywhere) == set()


def test_a_bit_in_one_row_with_two_known_pieces_is_the_same_artery_and_beside_the_row_it_is_not() -> None:
    """An artery far from its long piece bends off that piece's line, but a row of bits leads to it."""
    pieces = [TUBE, candidate((3, 3, 3), (30, 1, 9)), candidate((3, 3, 3), (39, 1, 14))]
    following, beside = candidate((3, 3, 3), (48, 1, 19)), candidate((3, 3, 3), (39, 40, 45))
    known = vessels(pieces, UPRIGHT, anywhere)
    assert known == {0, 1, 2}
    assert vessels([*pieces, following], UPRIGHT, anywhere) == known | {3}
    assert vessels([*pieces, beside], UPRIGHT, anywhere) == known


@pytest.mark.parametrize(
    ("region", "digit", "compartment", "is_artery"),
    [
        (Region.DIGIT, 3, "palmar, subcutaneous", False),
        (Region.DIGIT, 3, "dorsal, subcutaneous", False),
        (Region.DIGIT, 3, "palmoulnar, subcutaneous", True),
        (Region.DIGIT, 3, "fingertip pad, palmar", True),
        (Region.DIGIT, None, "palmar, subcutaneous", True),
        (Region.HAND, 4, "dorsal, subcutaneous and deep", False),
        (Region.HAND, 1, "dorsal, subcutaneous", True),
        (Region.HAND, 4, "palmar, deep", True),
        (Region.WRIST, None, "dorsoradial, deep", True),
        (Region.WRIST, None, "dorsoulnar, subcutaneous", False),
        (Region.FOREARM, None, "dorsal, deep", True),
        (None, None, None, True),
    ],
)
def test_a_slim_cord_where_tendons_run_and_no_artery_does_is_a_deposit(
    region: Region | None, digit: int | None, compartment: str | None, is_artery: bool
) -> None:
    place = Place(region, digit, Level.PROXIMAL, compartment, (), 1.0)
    assert vessels([TUBE], UPRIGHT, lambda voxels: place) == ({0} if is_artery else set())


def test_no_artery_of_a_finger_is_as_thick_as_one_of_the_wrist() -> None:
    thick = replace(TUBE, radius_mm=1.6)
    for region, is_artery in ((Region.DIGIT, False), (Region.WRIST, True)):
        place = Place(region, None, None, "palmoulnar, deep", (), 1.0)
        assert vessels([thick], UPRIGHT, lambda voxels, place=place: place) == ({0} if is_artery else set())


def test_a_piece_twice_as_wide_as_the_artery_that_it_is_in_line_with_is_none() -> None:
    """A tendon sheath beside a digital artery."""
    artery, wide = candidate((20, 3, 3)), candidate((9, 8, 8), (24, 0, 0))
    assert vessels([artery, wide], UPRIGHT, anywhere) == {0}
    assert vessels([artery, candidate((9, 3, 3), (24, 0, 0))], UPRIGHT, anywhere) == {0, 1}


def test_a_reader_is_told_of_calcified_arteries() -> None:
    assert artery_words([]) == ()
    (words,) = artery_words([TUBE, TUBE])
    assert "not counted" in words
