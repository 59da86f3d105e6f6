"""Phalanges whose marrow was not seen: known by the hole in a ray that they fill, or by the end that they follow."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from node.analysis.anatomy.naming import name_hand
from node.analysis.mineral.candidates import Candidate
from node.analysis.mineral.reasons import Reason
from node.analysis.parting.beside import Piece
from node.analysis.parting.missing_bones import missing_bones
from node.analysis.parting.named_bone import bone_by_name
from node.domain.anatomy import BONE_CODES, UNNAMED
from node.domain.wording import bone_words
from tests.fakes.listed import listed
from tests.fakes.sticks import GEOMETRY, HAND


def solid(voxels: np.ndarray) -> Candidate:
    return Candidate(voxels, float(len(voxels)), 900.0, 1000.0, 3.0, 5.0, 0.0, 0)


def found(candidate: Candidate, *unseen: str, density: float = 1.0) -> dict[int, Candidate]:
    """What is told of a candidate in the hand of sticks without the marrow of some bones."""
    labels = np.where(np.isin(HAND.labels, [BONE_CODES[name] for name in unseen]), 0, HAND.labels)
    anatomy = name_hand(listed(labels), HAND.body, HAND.affine)
    beside: Any = SimpleNamespace(
        skeleton=SimpleNamespace(labels=labels, bones=np.unique(labels[labels > 0]).tolist()),
        limb=SimpleNamespace(geometry=GEOMETRY),
        density=lambda candidate, label: density,
    )
    return missing_bones([candidate], anatomy, beside)


def bone(name: str) -> Candidate:
    return solid(np.argwhere(HAND.labels == BONE_CODES[name]))


@pytest.mark.parametrize("name", ["MP4", "DP2", "PP3", "DP1"])
def test_what_fills_the_place_of_a_phalanx_is_that_phalanx(name: str) -> None:
    assert list(found(bone(name), name)) == [0]


def test_two_phalanges_missing_behind_each_other_are_found_one_after_the_other() -> None:
    assert found(bone("MP4"), "MP4", "DP4")
    assert not found(bone("DP4"), "MP4", "DP4"), "not before the one that it stands on"


@pytest.mark.parametrize("unseen", [(), ("MP4",), ("DP2", "DP3")])
def test_the_reader_is_told_which_phalanges_were_not_found(unseen: tuple[str, ...]) -> None:
    labels = np.where(np.isin(HAND.labels, [BONE_CODES[name] for name in unseen]), 0, HAND.labels)
    told = [
        limit
        for limit in name_hand(listed(labels), HAND.body, HAND.affine).limits
        if "taken for something else" in limit
    ]
    words = [f"Not found: {', '.join(map(bone_words, unseen))}; resorbed, or taken for something else."]
    assert told == (words if unseen else [])


def test_a_ray_that_is_whole_lacks_none() -> None:
    assert not found(bone("MP4"))


def test_in_a_hole_a_bone_lies_along_the_ray_and_reaches_both_its_ends() -> None:
    whole = bone("MP4")
    along = whole.voxels[:, 0]
    half = solid(whole.voxels[along > np.quantile(along, 0.7)])
    beside = solid(whole.voxels + np.array([0, 0, 12]))
    ball = solid(whole.voxels[np.abs(along - np.median(along)) < 3])
    assert not any(found(other, "MP4") for other in (half, beside, ball))


@pytest.mark.parametrize("density", [0.3, 2.0])
def test_a_bone_is_as_dense_as_the_one_before_it(density: float) -> None:
    assert not found(bone("MP4"), "MP4", density=density)


BIT = 999


def beside_a_bit(name: str, *unseen: str, density: float = 1.0) -> tuple[set[int], dict[int, Reason]]:
    """What is told of a solid bone beside a bit without a name, in the hand of sticks without some bones."""
    labels = np.where(np.isin(HAND.labels, [BONE_CODES[one] for one in unseen]), 0, HAND.labels)
    anatomy = name_hand(listed(labels), HAND.body, HAND.affine)
    candidate = replace(bone(name), bone=BIT)
    points = GEOMETRY.to_lps_mm(candidate.voxels.astype(np.float64))
    stub: Any = SimpleNamespace(
        skeleton=SimpleNamespace(bones=(BIT,)),
        limb=SimpleNamespace(is_coarse=True),
        piece=lambda candidate, bone=None: Piece(candidate, density, points),
    )
    return bone_by_name([candidate], replace(anatomy, bones=anatomy.bones | {BIT: UNNAMED}), stub)


def test_beside_bits_without_a_name_what_lies_where_a_ray_lacks_its_phalanges_may_be_one_of_them() -> None:
    assert beside_a_bit("DP4", "MP4", "DP4") == (set(), {0: Reason.FINGERTIP})
    assert beside_a_bit("DP4") == (set(), {}), "that ray lacks none"
    assert beside_a_bit("DP4", "MP2", "DP2") == (set(), {}), "another ray"
    assert beside_a_bit("DP4", "MP4", "DP4", density=2.0) == (set(), {}), "denser than bone"
