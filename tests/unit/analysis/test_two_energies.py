"""Motion and clipping between the energies, and limbs that give no yardstick."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.naming import name_hand
from node.analysis.deposit.doubt import Doubt
from node.analysis.limb.limbs import CLIPPED_HU, Limb
from node.analysis.limb.noise import measure_anchors
from node.analysis.limb.registration import find_shift, register, residual_mm
from node.analysis.limits import find_limits
from node.domain.errors import Refused
from tests.fakes.limbs import Point, Shape, ball, cube, muscle_limb, shell
from tests.fakes.listed import listed

NOISE = (22.0, 18.0)
BONE = (1400.0, 700.0)
LENGTH_MM, KNUCKLE_MM = 60.0, 40.0
SPACING_MM = (2.0, 0.8, 0.8)
"""In slices this long what is left of a motion may be a millimetre."""
PLACES = tuple((z, y, x) for z in (12.0, 28.0, 50.0) for y, x in ((20.0, 22.0), (38.0, 40.0)))


def finger_moved(motion_mm: Point) -> Limb:
    """Shells of bone along a limb; of those beyond KNUCKLE_MM only, motion (z, y, x) before the high energy."""
    contents = tuple((shell(4.0, 6.0, place), BONE) for place in PLACES)
    still, moved = (
        muscle_limb(contents, size_mm=LENGTH_MM, spacing_mm=SPACING_MM, noise_hu=NOISE, motion_mm=motion)
        for motion in ((0.0, 0.0, 0.0), motion_mm)
    )
    first = round(KNUCKLE_MM / SPACING_MM[0])
    return replace(still, high=np.concatenate([still.high[:first], moved.high[first:]]))


@pytest.mark.parametrize("motion_mm", [(0.0, 0.0, 1.6), (0.0, -2.2, 0.0), (0.0, 0.0, 3.0), (0.0, 2.0, -2.2)])
def test_the_motion_of_a_part_is_measured_in_full_and_refused(motion_mm: Point) -> None:
    """One linearised step reads 0.9 mm of any of them, which slices of 2 mm would allow."""
    limb = finger_moved(motion_mm)
    shift = find_shift(limb)
    assert shift is not None
    assert residual_mm(limb, shift) == pytest.approx(np.linalg.norm(motion_mm - shift), abs=0.3)
    with pytest.raises(Refused, match="moved against each other"):
        register(limb)


def test_a_limb_that_lies_still_has_no_residual() -> None:
    limb = finger_moved((0.0, 0.0, 0.0))
    assert residual_mm(limb, np.zeros(3)) < 0.1
    assert register(limb)[1] == pytest.approx(0.0, abs=0.05)


def shaft(place: tuple[float, float], tilt: float) -> Shape:
    """A tube of bone from KNUCKLE_MM on, that leans by ``tilt`` mm a mm."""

    def inside(axes: tuple[np.ndarray, ...]) -> np.ndarray:
        z, y, x = axes
        away = np.hypot(y - place[0], x - place[1] - tilt * (z - KNUCKLE_MM))
        return (z > KNUCKLE_MM - 2.0) & (away > 3.0) & (away < 4.5)

    return inside


def test_how_far_shafts_moved_along_themselves_is_not_seen_and_not_made_up() -> None:
    """A forearm at the end of a scan: its edges all run along it (the aperture problem)."""
    knuckles = tuple((shell(4.0, 6.0, place), BONE) for place in PLACES[:4])
    shafts = tuple((shaft(place, 0.05), BONE) for place in ((20.0, 22.0), (38.0, 40.0)))
    limb = muscle_limb(
        (*knuckles, *shafts), size_mm=LENGTH_MM, spacing_mm=SPACING_MM, noise_hu=NOISE, motion_mm=(0.4, 0.2, -0.3)
    )
    shift = find_shift(limb)
    assert shift is not None
    assert residual_mm(limb, shift) < 0.2


@pytest.mark.parametrize("spacing_mm", [(0.6, 0.5, 0.5), (0.3, 0.25, 0.25)])
def test_a_shift_that_nothing_tells_of_is_not_known_and_said(spacing_mm: Point) -> None:
    """How much edge there is does not hang on the size of the voxels."""
    limb = muscle_limb(size_mm=9.0, spacing_mm=spacing_mm)
    assert find_shift(limb) is None
    same, distance = register(limb)
    assert (same, distance) == (limb, None)
    nothing = np.zeros(limb.body.shape, np.int32)
    anatomy = name_hand(listed(nothing), limb.body, limb.geometry.affine)
    for shift_mm, count in ((distance, 1), (0.0, 0)):
        limits = find_limits(anatomy, limb, shift_mm, Doubt(limb), nothing)
        assert [("Whether the two energies are displaced" in limit) for limit in limits].count(True) == count


def clipped_stone(motion_mm: Point) -> tuple[Limb, np.ndarray]:
    """A limb with bone and a stone that is clipped at the high energy alone, and where that is as it was stored."""
    stone = (ball(3.0, (15.0, 15.0, 21.0)), (2900.0, 3600.0))
    limb = muscle_limb(((shell(4.0, 6.0, (15.0, 15.0, 10.0)), BONE), stone), noise_hu=NOISE, motion_mm=motion_mm)
    high = np.minimum(limb.high, np.int16(CLIPPED_HU))
    return replace(limb, high=high), np.flatnonzero(high == CLIPPED_HU)


@pytest.mark.parametrize("motion_mm", [(0.0, 0.0, 0.0), (0.25, -0.15, 0.1), (-0.6, 0.5, 0.7)])
def test_clipping_of_the_high_energy_is_not_lost_when_it_is_moved(motion_mm: Point) -> None:
    """All that is read from between clipped voxels is clipped, and nothing farther away than a voxel is."""
    limb, stored = clipped_stone(motion_mm)
    assert limb.low.max() < CLIPPED_HU
    mended, _ = register(limb)
    everywhere = np.arange(mended.high.size)
    clipped = everywhere[mended.clipped(everywhere)]
    was = np.argwhere(limb.high == CLIPPED_HU) - np.array(motion_mm) / limb.spacing_mm
    now = np.stack(np.unravel_index(clipped, limb.high.shape), axis=1)
    away = np.abs(now[:, None] - was[None]).max(axis=2)
    assert away.min(axis=1).max() < 1.15
    assert away.min(axis=0).max() < 0.65
    assert len(stored) <= len(clipped) < 3 * len(stored)


def test_a_limb_without_clipping_has_none_once_it_is_moved() -> None:
    limb = muscle_limb(((shell(4.0, 6.0, (15.0, 15.0, 15.0)), BONE),), noise_hu=NOISE, motion_mm=(0.3, 0.2, 0.4))
    mended, distance = register(limb)
    assert distance is not None
    assert distance > 0.3
    assert not mended.clipped(np.arange(mended.high.size)).any()


def test_a_limb_without_muscle_is_refused() -> None:
    """Fat all through: no level and no noise to measure deposits against."""
    fat = muscle_limb(((cube(3.0, 27.0), (-165.0, -115.0)),), noise_hu=NOISE)
    with pytest.raises(Refused, match=r"Muscle-like tissue .* at 0 places.*at least 50 are expected") as refused:
        measure_anchors(fat)
    assert "rescale slope" in refused.value.hint
