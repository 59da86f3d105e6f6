"""Names and side do not depend on how the hand lies in the scanner, on the axes of the grid, or on label numbers."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node.analysis.anatomy.acro import assess_distal_phalanges
from node.analysis.anatomy.model import HandAnatomy
from node.analysis.anatomy.naming import name_hand
from node.analysis.anatomy.place import find_places
from node.domain.anatomy import BONE_CODES, UNNAMED
from node.domain.findings import AcroOsteolysis, Laterality, Level, Region
from scipy.spatial.transform import Rotation
from tests.fakes.bone_hand import BoneHand, bone_hand
from tests.fakes.listed import listed
from tests.fakes.turned import FLIPS, ORDERS, turned

RAY_BONES = [name for name in BONE_CODES if name[:2] in ("MC", "PP", "MP", "DP")]


@cache
def hand(bend: float = 15.0, resorbed: tuple[int, ...] = ()) -> BoneHand:
    return bone_hand(bend_degrees=bend, resorbed=resorbed)


def names_by_code(anatomy: HandAnatomy) -> dict[int, str]:
    return {code: anatomy.bones[code] for name, code in BONE_CODES.items() if name in RAY_BONES}


RIGHT = {BONE_CODES[name]: name for name in RAY_BONES}
ROTATIONS = st.integers(0, 2**31).map(lambda seed: Rotation.random(random_state=seed).as_matrix())


@settings(max_examples=6, deadline=None)
@given(order=ORDERS, flips=FLIPS, rotation=ROTATIONS)
def test_names_and_side_stay_in_any_pose_and_orientation(
    order: tuple[int, ...], flips: tuple[bool, ...], rotation: np.ndarray
) -> None:
    there = turned(hand(), order, flips, rotation)
    anatomy = name_hand(listed(there.labels), there.body, there.affine)
    assert names_by_code(anatomy) == RIGHT
    assert anatomy.laterality is Laterality.RIGHT


@settings(max_examples=4, deadline=None)
@given(rotation=ROTATIONS)
def test_a_mirrored_hand_is_a_left_hand(rotation: np.ndarray) -> None:
    mirror = rotation @ np.diag([-1.0, 1.0, 1.0])
    there = turned(hand(), (0, 1, 2), (False, False, False), mirror)
    anatomy = name_hand(listed(there.labels), there.body, there.affine)
    assert names_by_code(anatomy) == RIGHT
    assert anatomy.laterality is Laterality.LEFT


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_label_numbers_do_not_matter(seed: int) -> None:
    source = hand()
    codes = np.unique(source.labels)
    codes = codes[codes > 0]
    table = np.zeros(int(codes.max()) + 1, np.int32)
    table[codes] = np.random.default_rng(seed).permutation(len(codes)) + 1
    anatomy = name_hand(listed(table[source.labels]), source.body, source.affine)
    assert {code: anatomy.bones[int(table[code])] for code in RIGHT} == RIGHT


@pytest.mark.parametrize("bend", [0.0, 30.0, 60.0])
def test_bent_fingers_keep_their_names(bend: float) -> None:
    source = hand(bend=bend)
    anatomy = name_hand(listed(source.labels), source.body, source.affine)
    assert names_by_code(anatomy) == RIGHT
    assert anatomy.laterality is Laterality.RIGHT


@pytest.mark.parametrize("seed", range(4))
def test_a_hand_of_other_proportions_in_pieces_has_no_wrong_name(seed: int) -> None:
    """Bones of one hand scatter in length, and of osteopenic ones the marrow is seen in pieces."""
    source = bone_hand(bend_degrees=10.0, scatter=0.07, seed=seed)
    random = np.random.default_rng(seed)
    torn = random.choice([name for name in RAY_BONES if name[:2] in ("PP", "MP")], 4, replace=False)
    labels = source.broken({name: int(random.integers(2, 4)) for name in torn})
    anatomy = name_hand(listed(labels), source.body, source.affine)
    said = {(RIGHT[label % 1000], name) for label, name in anatomy.bones.items() if label % 1000 in RIGHT}
    named = {(true, name) for true, name in said if name != UNNAMED}
    assert all(name in (true, true[:2]) for true, name in named)
    assert len({true for true, _ in named}) >= 0.9 * len(RAY_BONES)
    assert anatomy.laterality in (Laterality.RIGHT, Laterality.UNCERTAIN)


def test_without_fingers_nothing_is_guessed() -> None:
    source = hand()
    empty = name_hand(listed(np.zeros_like(source.labels)), source.body, source.affine)
    assert empty.laterality is Laterality.UNCERTAIN
    assert empty.rays == ()
    assert empty.limits


def test_two_fingers_alone_do_not_tell_the_side() -> None:
    source = hand(bend=0.0)
    two = np.where(np.isin(source.labels, [22, 32, 42, 23, 33, 43]), source.labels, 0).astype(np.int32)
    assert name_hand(listed(two), source.body, source.affine).laterality is Laterality.UNCERTAIN


def test_joined_phalanges_get_both_names() -> None:
    source = hand()
    fused = np.where(source.labels == BONE_CODES["MP3"], BONE_CODES["PP3"], source.labels).astype(np.int32)
    anatomy = name_hand(listed(fused), source.body, source.affine)
    assert anatomy.bones[BONE_CODES["PP3"]] == "PP3+MP3"
    assert anatomy.bones[BONE_CODES["DP3"]] == "DP3"


def test_a_missing_finger_does_not_move_the_numbers_of_the_others() -> None:
    source = hand()
    left = np.where(np.isin(source.labels, [13, 23, 33, 43]), 0, source.labels).astype(np.int32)
    anatomy = name_hand(listed(left), source.body, source.affine)
    sure = {ray.digit: ray.bones[0].labels[0] % 10 for ray in anatomy.rays if ray.sure}
    assert sure
    assert all(digit == code for digit, code in sure.items())


def test_resorbed_tips_are_found_and_whole_ones_are_not() -> None:
    source = hand(resorbed=(2, 4))
    anatomy = name_hand(listed(source.labels), source.body, source.affine)
    verdicts = {d.digit: d.acro_osteolysis for d in assess_distal_phalanges(anatomy)}
    assert [d for d, v in verdicts.items() if v is AcroOsteolysis.PRESENT] == [2, 4]
    assert all(verdicts[d] is AcroOsteolysis.ABSENT for d in (1, 3, 5))


def test_places_follow_the_way_inside_the_body() -> None:
    source = hand(bend=60.0)
    finder = find_places(
        name_hand(listed(source.labels), source.body, source.affine), source.labels, source.body, source.affine
    )
    for name, level in (("DP2", Level.DISTAL), ("MP4", Level.MIDDLE), ("PP1", Level.PROXIMAL)):
        place = finder.place(source.beside(name))
        assert (place.region, place.digit, place.level) == (Region.DIGIT, int(name[2]), level)
    palm = finder.place(source.beside("MC3"))
    assert (palm.region, palm.digit, palm.level) == (Region.HAND, 3, Level.METACARPAL)
