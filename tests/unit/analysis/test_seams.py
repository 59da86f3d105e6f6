"""A joint between two bones, or a break in one: told by whether the ends that meet are waists."""

import pytest
from node.analysis.anatomy.seams import Seam
from tests.fakes.ray_chains import chain, waisted_chain

BONE_MM = 36.0
WHOLE = (BONE_MM, (0.0, 1.0))


@pytest.mark.parametrize("gap_mm", [0.5, 2.0, 5.0])
@pytest.mark.parametrize("at", [0.45, 0.5, 0.55])
def test_a_bone_parted_at_its_waist_is_broken(gap_mm: float, at: float) -> None:
    halves = (0.0, at * BONE_MM, (0.0, at)), (gap_mm, (1.0 - at) * BONE_MM, (at, 1.0))
    assert waisted_chain(*halves).seams == (Seam.BREAK,)


@pytest.mark.parametrize("length_mm", [12.0, 20.0, 40.0])
def test_two_bones_meet_at_a_joint(length_mm: float) -> None:
    assert waisted_chain((0.0, *WHOLE), (1.5, length_mm, (0.0, 1.0))).seams == (Seam.JOINT,)


def test_the_chain_the_other_way_round_has_the_same_seams_in_the_other_order() -> None:
    torn = waisted_chain((0.0, *WHOLE), (1.5, 20.0, (0.0, 0.5)), (1.0, 20.0, (0.5, 1.0)))
    assert torn.seams == (Seam.JOINT, Seam.BREAK)
    assert torn.reversed().seams == (Seam.BREAK, Seam.JOINT)


def test_rods_without_a_waist_and_stubs_tell_nothing() -> None:
    assert chain((0.0, 30.0), (1.0, 30.0)).seams == (Seam.UNKNOWN,)
    assert waisted_chain((0.0, *WHOLE), (1.0, 3.0, (0.0, 0.1))).seams == (Seam.UNKNOWN,)
