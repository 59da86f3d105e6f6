"""Which bones a deposit touches, by name."""

from dataclasses import replace
from functools import cache

import numpy as np
from node.analysis.anatomy.naming import name_hand
from node.analysis.bone.skeleton import REACH_MM, Skeleton
from node.analysis.deposit.contact import touched_bones
from node.domain.anatomy import BONE_CODES
from scipy import ndimage
from tests.fakes.listed import listed
from tests.fakes.sticks import GEOMETRY, HAND, MEASURES, anatomy, beside


@cache
def skeleton() -> Skeleton:
    beyond = ndimage.distance_transform_edt(HAND.labels == 0).astype(np.float32)
    mineral = beyond < REACH_MM
    voxels = np.flatnonzero(mineral)
    return Skeleton(HAND.labels, HAND.labels > 0, mineral, voxels, np.float32(REACH_MM) - beyond.reshape(-1)[voxels])


def touched(voxels: np.ndarray) -> tuple[str, ...]:
    return touched_bones(replace(MEASURES, voxels=voxels), skeleton(), anatomy(), GEOMETRY)


def test_bones_in_contact_are_named_the_widest_contact_first() -> None:
    on_one = beside("PP3", (0.0, 4.0, 0.0), radius_mm=2.5)
    assert touched(on_one) == ("PP3",)
    across_a_joint = beside("PP3", (0.0, 3.0, -0.5), 1.0, 4.0)
    assert set(touched(across_a_joint)) == {"PP3", "MP3"}


def test_none_is_touched_where_there_is_no_contact() -> None:
    free = replace(MEASURES, voxels=beside("PP3", (0.0, 4.0, 0.0)), touches_bone=False)
    assert touched_bones(free, skeleton(), anatomy(), GEOMETRY) == ()


def test_a_bone_without_a_name_is_touched_all_the_same() -> None:
    nameless = replace(anatomy(), bones={}, rays=())
    measures = replace(MEASURES, voxels=beside("PP3", (0.0, 4.0, 0.0), radius_mm=2.5))
    assert touched_bones(measures, skeleton(), nameless, GEOMETRY) == ("unnamed",)


def test_of_two_bones_in_one_label_the_nearer_is_touched() -> None:
    fused = np.where(HAND.labels == BONE_CODES["MP3"], BONE_CODES["PP3"], HAND.labels).astype(np.int32)
    joined = name_hand(listed(fused), HAND.body, HAND.affine)
    measures = replace(MEASURES, voxels=beside("MP3", (0.0, 4.0, 0.0), 0.6, 2.5))
    assert touched_bones(measures, replace(skeleton(), labels=fused), joined, GEOMETRY) == ("MP3",)


def test_the_bone_at_a_point_is_found_by_its_label_also_where_it_has_no_name_of_its_own() -> None:
    """Two bones in one label, and a digit whose number is not sure: what lies beside them is judged all the same."""
    fused = np.where(HAND.labels == BONE_CODES["MP3"], BONE_CODES["PP3"], HAND.labels).astype(np.int32)
    joined = name_hand(listed(fused), HAND.body, HAND.affine)
    unsure = replace(joined, rays=tuple(replace(ray, sure=False) for ray in joined.rays))
    for anatomy_ in (joined, unsure):
        for name in ("PP3", "MP3"):
            start, end = HAND.axes[name]
            bone = anatomy_.bone_at(BONE_CODES["PP3"], 0.5 * (start + end))
            assert bone is not None
            assert bone.name == name
        assert anatomy_.bone_at(BONE_CODES["capitate"], np.zeros(3)) is None
