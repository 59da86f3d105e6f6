"""Chains of bones joined into rays."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.chains import STUBBY, Chain
from node.analysis.anatomy.joining import bridge, complete, fill
from node.analysis.anatomy.orient import head
from node.analysis.anatomy.parts import make_part
from node.analysis.anatomy.proportions import MEAN_LENGTH_MM
from tests.fakes.ray_chains import WIDTH_MM, chain

MC, PP, MP, DP = MEAN_LENGTH_MM[3]
NEAR_MM = 4.0


def parted(whole: Chain, at: int) -> tuple[Chain, Chain]:
    return Chain(whole.parts[:at], whole.ends[:at]), Chain(whole.parts[at:], whole.ends[at:])


def labels(chains: list[Chain]) -> list[list[int]]:
    return [[part.label for part in chain.parts] for chain in chains]


def test_half_a_phalanx_and_a_fingertip_are_joined_whichever_way_they_seem_to_run() -> None:
    near, far = parted(chain((0, PP), (2, 0.5 * MP), (1, 0.45 * MP), (1, 0.9 * DP)), 2)
    for tip in (far, far.reversed()):
        assert labels(bridge([near, tip], NEAR_MM)) == [[1, 2, 3, 4]]


def test_a_phalanx_parted_aslant_overlaps_itself() -> None:
    near, far = parted(chain((0, MC), (2, PP), (2, 0.5 * MP), (-0.35 * 0.5 * MP, 0.6 * MP), (2, DP)), 3)
    assert labels(bridge([near, far], NEAR_MM)) == [[1, 2, 3, 4, 5]]


def test_what_clearly_runs_the_other_way_is_not_turned() -> None:
    near, far = parted(chain((0, MC), (2, PP), (2, PP), (2, MP), (2, DP)), 2)
    assert labels(bridge([near, far.reversed()], NEAR_MM)) == [[1, 2], [5, 4, 3]]


def test_a_stubby_part_in_a_hole_of_a_ray_is_its_phalanx() -> None:
    whole = chain((0, MC), (2, PP), (2, MP), (2, DP))
    *others, tip = whole.parts
    without = Chain((*others[:2], tip), (*whole.ends[:2], whole.ends[3]))
    assert labels(fill([without], whole.parts)) == [[1, 2, 3, 4]]
    assert labels(fill([without], [*others[:2], tip])) == [[1, 2, 4]]


def test_what_lies_beside_a_hole_is_none() -> None:
    whole, other = chain((0, MC), (2, PP), (2, MP), (2, DP)), chain((MC + PP + 4, MP))
    without = Chain((*whole.parts[:2], whole.parts[3]), (*whole.ends[:2], whole.ends[3]))
    beside = replace(other.parts[0], label=9, centroid=other.parts[0].centroid + 2 * WIDTH_MM * np.eye(3)[0])
    assert labels(fill([without], [beside])) == [[1, 2, 4]]


def test_a_ray_begins_with_its_metacarpal() -> None:
    carpals_before = chain((0, 90.0), (2, 17.0), (2, 26.0), (2, MC), (2, PP), (2, MP), (2, DP))
    assert labels([carpals_before.rooted]) == [[4, 5, 6, 7]]
    whole = chain((0, MC), (2, PP), (2, MP), (2, DP))
    broken = chain((0, 0.5 * MC), (0.5, 0.5 * MC), (2, PP), (2, 0.5 * MP), (0.5, 0.5 * MP))
    fused_behind_pieces = chain((0, MC), (2, 0.5 * PP), (2, 0.4 * PP), (1, 0.7 * MC), (1, 0.3 * DP))
    for ray in (whole, broken, parted(whole, 1)[1], fused_behind_pieces):
        assert labels([ray.rooted]) == labels([ray])


def test_a_carpal_bone_that_is_joined_to_its_neighbour_is_none_of_a_ray() -> None:
    assert labels([chain((0, 0.61 * MC), (4, MC), (2, PP), (2, MP)).rooted]) == [[2, 3, 4]]


def test_the_head_of_a_bone_that_is_wider_than_long_lies_along_its_chain() -> None:
    """In pieces, the head of a phalanx is a slice across it, and its ends are at its sides."""
    whole = chain((0, MC), (2, 0.8 * PP), (0.5, 5.0), (2, MP))
    head_of = whole.parts[2]
    wide = head_of.points * (1.0, 1.9, 1.0)
    across = replace(make_part(3, 200.0, wide, False, 0.5), label=3)
    assert across.slenderness > STUBBY, "as slender as a bone"
    for end in (0, 1):
        ray = Chain((*whole.parts[:2], across, whole.parts[3]), (*whole.ends[:2], end, whole.ends[3]))
        assert ray.lengths_mm[2] == pytest.approx(5.0, abs=0.5)
        assert ray.gaps_mm[1] == pytest.approx(0.5, abs=3.0)


def test_a_stub_that_was_linked_by_its_far_end_is_turned() -> None:
    whole = chain((0, MC), (2, 0.6 * PP), (0.5, 13.0), (2, MP))
    turned = Chain(whole.parts, (*whole.ends[:2], 1 - whole.ends[2], whole.ends[3]))
    assert turned.gaps_mm == whole.gaps_mm


def test_a_metacarpal_is_not_bent_back_whatever_is_linked_to_it() -> None:
    ray = chain((0, MC), (2, PP), (2, MP), (2, DP))
    with_carpals = chain((0, 11.0), (2, 19.0), (2, 0.9 * MC), (2, 0.6 * PP))
    assert with_carpals.fall < 0.0, "it seems to run towards the carpus"
    assert labels(list(head([ray, ray, with_carpals], []).chains)) == labels([ray, ray, with_carpals])


def test_a_chain_runs_against_the_hand_only_if_it_reads_much_better_so() -> None:
    """Both halves of a metacarpal with the phalanx in line, and a carpal bone before it: the longest is the phalanx."""
    ray = chain((0, MC), (2, PP), (2, MP), (2, DP))
    broken = chain((0, 13.0), (5, 0.5 * MC), (0.5, 0.5 * MC), (1, 0.85 * PP))
    assert broken.fall < 0.0, "it seems to run towards the carpus"
    assert labels(list(head([ray, ray, broken], []).chains)) == labels([ray, ray, broken])


def test_a_bit_at_the_end_of_a_chain_hides_nothing_behind_it() -> None:
    whole = chain((0, MC), (2, PP), (2, 0.7 * MP), (0.5, 4.0), (0.5, 0.3 * MP), (1, DP))
    slim = replace(whole.parts[3], volume_mm3=30.0)
    parts = (*whole.parts[:3], slim, *whole.parts[4:])
    assert labels(complete([Chain(parts[:2], whole.ends[:2])], parts)) == [[1, 2, 3, 4, 5, 6]]


def test_a_ray_of_which_every_bone_is_broken_is_put_together() -> None:
    whole = chain(*((gap, length / 2) for length in (MC, PP, MP, DP) for gap in (2, 0.5)))
    root = Chain(whole.parts[:2], whole.ends[:2])
    assert labels(complete([root], whole.parts)) == [[1, 2, 3, 4, 5, 6, 7, 8]]
