"""A cord of calcium over the back of a finger's joint: no bone, no artery, whatever the voxels."""

from dataclasses import replace

import pytest
from node.domain.findings import Material
from node.phantom import Grid, make
from tests.fakes.failures import read, whole_hand
from tests.fakes.painted import Painted
from tests.fakes.rods import Rod

DORSAL = (0.0, 5.0, 0.0)


@pytest.mark.parametrize(
    ("digits", "spacing_mm"),
    [
        pytest.param((1, 2, 3, 4, 5), (1.0, 0.5, 0.5), id="five digits"),
        pytest.param((1, 2, 3), (0.6, 0.4, 0.4), id="three digits, fine"),
        pytest.param((1, 2, 3), (0.9, 0.6, 0.6), id="three digits, coarse"),
    ],
)
def test_a_cord_over_a_joint_is_found_or_left_to_a_reader(
    digits: tuple[int, ...], spacing_mm: tuple[float, float, float]
) -> None:
    """It lies flat on two bones as rough bone surface does, is as dense as they are, and as slim as an artery."""
    spec = whole_hand(digits=digits, forearm_mm=5.0)
    grid = Grid(spacing_mm=spacing_mm, slice_thickness_mm=min(1.0, spacing_mm[0] + 0.1), margin_mm=4.0)
    painted = Painted(make(replace(spec, grid=grid, imaging=replace(spec.imaging, psf_mm=0.35))))
    mask = painted.paint(
        Rod(painted.at("PP3", 0.8, DORSAL), painted.at("MP3", 0.25, DORSAL), 2.0), painted.calcium(600.0)
    )
    found = read(painted)
    off_bone = found.off_bone(mask)
    assert found.volume_mm3(off_bone) > 130.0
    assert found.segmented(off_bone) > 0.8
    (deposit,) = found.over(off_bone)
    assert deposit.review or deposit.material is Material.CALCIUM
