"""A distal phalanx of which a part has no name was not seen whole, and nothing is said of its length."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.acro import assess_distal_phalanges
from node.analysis.anatomy.model import Ray
from node.analysis.anatomy.naming import name_hand
from node.analysis.anatomy.parts import Part, make_part
from node.analysis.mineral.candidates import Candidate
from node.analysis.parting.beside import Piece
from node.analysis.parting.named_bone import may_be_a_bit
from node.domain.findings import AcroOsteolysis
from tests.fakes.bone_hand import bone_hand
from tests.fakes.listed import listed
from tests.fakes.sticks import anatomy


def bit_at(middle: np.ndarray) -> Part:
    points = middle + np.argwhere(np.ones((3, 3, 3))) - 1.0
    return make_part(99, 27.0, points, False, 1.0)


def test_bone_without_a_name_in_the_place_of_a_fingertip_leaves_it_open() -> None:
    hand = anatomy()
    before = assess_distal_phalanges(hand)
    tip = hand.named("DP3")
    assert tip is not None
    after = assess_distal_phalanges(replace(hand, loose=(bit_at(tip.distal + tip.axis),)))
    assert before[2].acro_osteolysis is AcroOsteolysis.ABSENT
    assert (after[2].acro_osteolysis, after[2].length_mm) == (AcroOsteolysis.UNDETERMINED, None)
    others = [0, 1, 3, 4]
    assert [after[n].acro_osteolysis for n in others] == [before[n].acro_osteolysis for n in others]


def test_what_is_as_dense_beside_a_fingertip_in_bits_may_be_one_more_of_them() -> None:
    hand = anatomy()
    tip = hand.named("DP3")
    assert tip is not None
    torn = replace(hand, loose=(bit_at(tip.distal + tip.axis),))
    candidate = Candidate(np.zeros((1, 3), np.int64), 80.0, 900.0, 1000.0, 1.6, 2.8, 8.0, 1)
    points = (tip.proximal + 4.0 * np.cross(tip.axis, [1.0, 0.0, 0.0]))[None]
    piece, pale = Piece(candidate, 1.2, points), Piece(candidate, 0.5, points)
    assert may_be_a_bit(piece, tip, torn)
    assert not may_be_a_bit(pale, tip, torn)
    assert not may_be_a_bit(piece, tip, hand)


@pytest.mark.parametrize("lengths", [-4.0, 0.2])
def test_bone_without_a_name_elsewhere_or_beside_it_says_nothing_of_a_fingertip(lengths: float) -> None:
    """A closed joint passes for a bit of bone beside the base; the phalanx is as long with it as without."""
    hand = anatomy()
    tip = hand.named("DP3")
    assert tip is not None
    beside = replace(hand, loose=(bit_at(tip.proximal + lengths * tip.length_mm * tip.axis),))
    assert assess_distal_phalanges(beside) == assess_distal_phalanges(hand)


def test_what_may_be_the_rest_of_a_fingertip_leaves_it_open() -> None:
    """A piece that may be bone and makes the phalanx whole speaks against its loss; one that is too short does not."""
    sticks = bone_hand(bend_degrees=0.0, resorbed=(3,))
    hand = name_hand(listed(sticks.labels), sticks.labels > 0, sticks.affine)
    tip = hand.named("DP3")
    assert tip is not None
    alone = assess_distal_phalanges(hand)[2]
    assert alone.lost_fraction is not None
    to_a_doubtful_loss = (1.0 - 0.18) / (1.0 - alone.lost_fraction)
    pieces = {reach: tip.proximal + reach * tip.length_mm * tip.axis[None] for reach in (1.1, to_a_doubtful_loss, 1.7)}
    assert alone.acro_osteolysis is AcroOsteolysis.PRESENT
    doubtful = assess_distal_phalanges(hand, [pieces[to_a_doubtful_loss]])[2]
    assert doubtful.acro_osteolysis is AcroOsteolysis.UNDETERMINED, "as a phalanx of that length would be"
    assert assess_distal_phalanges(hand, [pieces[1.1]])[2].acro_osteolysis is AcroOsteolysis.PRESENT
    assert assess_distal_phalanges(hand, [pieces[1.7]])[2].acro_osteolysis is AcroOsteolysis.UNDETERMINED
    aside = pieces[1.7] + 30.0
    assert assess_distal_phalanges(hand, [aside])[2].acro_osteolysis is AcroOsteolysis.PRESENT


def test_a_fingertip_that_seems_too_long_holds_a_part_of_the_bone_before() -> None:
    """Parted beside their joint, two phalanges have no length of their own; the other fingers are judged as before."""
    sticks = bone_hand(bend_degrees=0.0)
    hand = name_hand(listed(sticks.labels), sticks.labels > 0, sticks.affine)
    ray, tip, middle = hand.ray(4), hand.named("DP4"), hand.named("MP4")
    assert ray is not None
    assert tip is not None
    assert middle is not None
    joint = middle.distal - 0.4 * middle.length_mm * middle.axis
    moved = (*ray.bones[:2], replace(middle, distal=joint), replace(tip, proximal=joint))
    torn = replace(hand, rays=tuple(replace(r, bones=moved) if r.digit == 4 else r for r in hand.rays))
    before, after = assess_distal_phalanges(hand), assess_distal_phalanges(torn)
    assert (after[3].acro_osteolysis, after[3].length_mm) == (AcroOsteolysis.UNDETERMINED, None)
    assert [one.acro_osteolysis for one in after[:3]] == [one.acro_osteolysis for one in before[:3]]


@pytest.mark.parametrize("flared", [True, False])
def test_a_stump_as_broad_as_its_waist_is_told_by_the_tufts_of_the_same_hand(flared: bool) -> None:
    """A loss of a sixth may be build; beside tufts half as broad again as their waists it is a lost tuft."""
    sticks = bone_hand(bend_degrees=0.0)
    hand = name_hand(listed(sticks.labels), sticks.labels > 0, sticks.affine)
    torn = replace(hand, rays=tuple(_with_tip(ray, 1.5 if flared and ray.digit != 3 else 0.95) for ray in hand.rays))
    third = assess_distal_phalanges(torn)[2]
    assert third.lost_fraction == pytest.approx(0.17, abs=0.02)
    assert third.taper == pytest.approx(0.95, abs=0.02)
    expected = AcroOsteolysis.PRESENT if flared else AcroOsteolysis.UNDETERMINED
    assert third.acro_osteolysis is expected


def test_what_a_fingertip_lost_is_told_by_those_that_lost_nothing() -> None:
    """Two stumps are surely lost: what is usual in the hand, and so the third's loss, is as if they were whole."""
    losses = []
    for resorbed in ((), (2, 5)):
        sticks = bone_hand(bend_degrees=0.0, resorbed=resorbed)
        hand = name_hand(listed(sticks.labels), sticks.labels > 0, sticks.affine)
        torn = replace(hand, rays=tuple(_shorter(ray, 0.8) if ray.digit == 3 else ray for ray in hand.rays))
        judged = assess_distal_phalanges(torn)
        present = [one.digit for one in judged if one.acro_osteolysis is AcroOsteolysis.PRESENT]
        assert set(resorbed) <= set(present)
        losses.append(judged[2].lost_fraction)
    assert losses[1] == pytest.approx(losses[0], abs=0.02)


def _shorter(ray: Ray, share: float) -> Ray:
    """The ray with that share of its distal phalanx's length."""
    tip = ray.bone("DP")
    assert tip is not None
    return replace(ray, bones=(*ray.bones[:-1], replace(tip, distal=tip.proximal + share * tip.length_mm * tip.axis)))


def _with_tip(ray: Ray, broad: float) -> Ray:
    """The ray with a section at its tuft so much broader than at its waist, and the third digit's shorter by 15 %."""
    tip = ray.bone("DP")
    assert tip is not None
    tip = replace(tip, distal=tip.proximal + (0.85 if ray.digit == 3 else 1.0) * tip.length_mm * tip.axis)
    grid = np.linspace(0.0, 1.0, 400)
    points = np.repeat(grid, np.rint(40 * np.where(grid < 0.68, 1.0, broad)).astype(int))
    part = replace(tip.part, points=tip.proximal + np.outer(points * tip.length_mm, tip.axis))
    return replace(ray, bones=(*ray.bones[:-1], replace(tip, part=part)))
