"""The palmar side of a thumb, from where its tissue is thick."""

import numpy as np
import pytest
from node.analysis.anatomy.model import NamedBone, Vector
from node.analysis.anatomy.parts import make_part
from node.analysis.anatomy.soft_tissue import SoftTissue, thin
from node.analysis.anatomy.thumb import thumb_palmar

SHAPE, SPACING_MM = (60, 60, 60), 0.5
MIDDLE = np.array([15.0, 15.0, 15.0])


def finger(pulp: Vector, radius_mm: float = 8.0) -> SoftTissue:
    """A round finger along z whose middle lies off its bone by ``pulp``, mm."""
    affine = np.diag([SPACING_MM] * 3 + [1.0])
    _, y, x = np.indices(SHAPE) * SPACING_MM
    return thin(np.hypot(x - MIDDLE[0] - pulp[0], y - MIDDLE[1] - pulp[1]) < radius_mm, affine)


def phalanx(level: str, first_mm: float, length_mm: float = 12.0) -> NamedBone:
    ends = [MIDDLE * (1, 1, 0) + (0, 0, mm) for mm in (first_mm, first_mm + length_mm)]
    points = np.linspace(*ends, 20)
    return NamedBone(f"{level}1", 1, level, ends[0], ends[1], (1,), make_part(1, 400.0, points, False, SPACING_MM))


@pytest.mark.parametrize("degrees", [0.0, 50.0, 110.0, 200.0, 300.0])
def test_the_pulp_is_palmar(degrees: float) -> None:
    pulp = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0.0])
    side = thumb_palmar([phalanx("MC", 1.0), phalanx("PP", 2.0), phalanx("DP", 15.0)], finger(2.0 * pulp))
    assert side is not None
    assert side @ pulp > np.cos(np.radians(10.0))


def test_a_bone_in_the_middle_tells_nothing() -> None:
    assert thumb_palmar([phalanx("DP", 9.0)], finger(np.zeros(3))) is None


def test_where_the_tip_is_cut_off_the_phalanx_before_it_tells() -> None:
    pulp = np.array([0.0, 2.0, 0.0])
    outside = phalanx("DP", 26.0)
    assert thumb_palmar([outside], finger(pulp)) is None
    side = thumb_palmar([phalanx("PP", 5.0), outside], finger(pulp))
    assert side is not None
    assert side[1] > 0.95


def test_a_metacarpal_tells_nothing() -> None:
    assert thumb_palmar([phalanx("MC", 5.0)], finger(np.array([2.0, 0.0, 0.0]))) is None
