"""Small bodies beside far brighter ones."""

import numpy as np
import pytest
from node.analysis.mineral.outshone import outshone
from tests.fakes.limbs import MUSCLE, Shape, ball, muscle_limb

SPACING_MM = (0.6, 0.4, 0.4)
BRIGHT_AT, RADIUS_MM, SMALL_MM = (15.0, 15.0, 12.0), 3.0, 0.7
SOFT_HU = MUSCLE[0]
SEED_HU = SOFT_HU + 130.0


def bodies(gap_mm: float, small_hu: float = 1200.0) -> np.ndarray:
    """Voxels found of a grain ``gap_mm`` from the surface of a ball of 2000 HU."""
    grain: Shape = ball(SMALL_MM, (15.0, 15.0, BRIGHT_AT[2] + RADIUS_MM + gap_mm + SMALL_MM))
    limb = muscle_limb(((ball(RADIUS_MM, BRIGHT_AT), (2000.0,) * 2), (grain, (small_hu,) * 2)), spacing_mm=SPACING_MM)
    faint = limb.low < SOFT_HU + 0.5 * 2000.0
    found = outshone(np.flatnonzero(limb.body & faint), limb.low, SEED_HU, SOFT_HU, limb)
    return np.stack(np.unravel_index(found, limb.low.shape), axis=1)


@pytest.mark.parametrize("gap_mm", [1.0, 1.5])
def test_a_grain_is_seen_beside_what_is_far_brighter(gap_mm: float) -> None:
    found = bodies(gap_mm)
    assert len(found)
    middle = found.mean(axis=0) * SPACING_MM
    assert middle == pytest.approx((15.0, 15.0, BRIGHT_AT[2] + RADIUS_MM + gap_mm + SMALL_MM), abs=0.4)


def test_the_blur_of_the_bright_one_is_no_body() -> None:
    assert not len(bodies(1.0, small_hu=0.0))
    assert not len(bodies(0.0)), "what lies on it is a part of it"


def test_a_large_pale_body_is_none() -> None:
    large = ball(5.0, (15.0, 15.0, 15.0))
    limb = muscle_limb(((large, (400.0, 400.0)),), spacing_mm=SPACING_MM)
    assert not len(outshone(np.flatnonzero(limb.body), limb.low, SEED_HU, SOFT_HU, limb))
