"""One chain of parts read as the bones of a digit: what is found in part, missing, broken or contested."""

import pytest
from node.analysis.anatomy.align import GAP_SD_MM, SHIFTED, align, near_levels
from node.analysis.anatomy.proportions import MEAN_LENGTH_MM
from tests.fakes.ray_chains import chain, waisted_chain

MC, PP, MP, DP = MEAN_LENGTH_MM[3]


def read(*stretches: tuple[float, float]) -> tuple[tuple[int, ...], ...]:
    return align(chain(*stretches), 3, 1.0).levels


def test_a_whole_ray() -> None:
    assert read((0, MC), (2, PP), (2, MP), (2, DP)) == ((0,), (1,), (2,), (3,))


def test_a_broken_phalanx_is_one_bone() -> None:
    assert read((0, MC), (2, PP), (2, MP / 2), (1, MP / 2), (2, DP)) == ((0,), (1,), (2,), (2,), (3,))


def test_a_phalanx_in_three_pieces_is_one_bone() -> None:
    pieces = ((2, 0.55 * PP), (0.5, 0.2 * PP), (0.5, 0.22 * PP))
    assert read((0, MC), *pieces, (2, MP), (2, DP)) == ((0,), (1,), (1,), (1,), (2,), (3,))


def test_three_phalanges_with_joints_between_are_not_one_bone() -> None:
    """The toes of a foot: as short as pieces of a finger's phalanx, in as straight a line."""
    assert read((0, MC), (2.5, 0.65 * PP), (2.5, 0.25 * PP), (2.5, 0.22 * PP)) != ((0,), (1,), (1,), (1,))


def test_a_carpal_bone_before_a_metacarpal_is_no_piece_of_it() -> None:
    ray = ((2.0, PP), (2.0, MP), (2.0, DP))
    assert read((0, 0.3 * MC), (4, 0.9 * MC), *ray) == ((), (0,), (1,), (2,), (3,))
    assert read((0, 0.5 * MC), (1, 0.5 * MC), *ray) == ((0,), (0,), (1,), (2,), (3,))


def test_no_metacarpal_stands_before_a_metacarpal() -> None:
    """Rather than that, a ray whose phalanges are odd is read from its root."""
    assert read((0, MC), (2, 0.85 * PP), (2, 0.45 * MP), (2, 1.1 * DP))[0] == (0,)


def test_two_phalanges_parted_far_from_their_joint_are_contested() -> None:
    """Half of the middle phalanx, and the other half joined to the distal one: no name rather than the wrong one."""
    torn = chain((0, MC), (2, 0.87 * PP), (1, 0.53 * MP), (0, 0.42 * MP + DP))
    readings = near_levels(torn, 3, 1.0, 2.0)
    assert {levels[3] for levels in readings} != {(2,)}


def test_a_bone_found_in_part_with_the_rest_missing_behind_it() -> None:
    assert read((0, MC), (2, PP), (2, 0.55 * MP), (0.45 * MP, DP)) == ((0,), (1,), (2,), (3,))


def test_a_bone_found_in_part_behind_which_nothing_was_found() -> None:
    assert read((0, MC), (2, PP), (1.5, 0.62 * MP)) == ((0,), (1,), (2,))
    assert read((0, MC), (2, PP), (1.5, 0.3 * MP)) == ((0,), (1,), ()), "a bit is none"


def test_shape_tells_which_of_two_phalanges_is_broken() -> None:
    """The middle one of three parts is half of the bone before it or of the one behind; lengths fit both."""
    whole, base, head = (0.0, 1.0), (0.0, 0.5), (0.5, 1.0)
    stretches = (0, MC), (2, 0.8 * PP), (1, 0.55 * MP), (1, 0.75 * MP), (1, DP)

    def read_as(*shares: tuple[float, float]) -> tuple[tuple[int, ...], ...]:
        return align(waisted_chain(*((*s, share) for s, share in zip(stretches, shares, strict=True))), 3, 1.0).levels

    assert read_as(whole, base, head, whole, whole) == ((0,), (1,), (1,), (2,), (3,))
    assert read_as(whole, whole, base, head, whole) == ((0,), (1,), (2,), (2,), (3,))


def test_a_bone_whose_waist_was_not_found_is_one_bone() -> None:
    """Its ends tell by their shape; where they tell nothing, ends so far apart are two bones."""
    stretches = (0, MC), (2, 0.55 * PP), (0.17 * PP, 0.28 * PP), (1, MP), (1, DP)
    shares = (0.0, 1.0), (0.0, 0.5), (0.5, 1.0), (0.0, 1.0), (0.0, 1.0)
    torn = waisted_chain(*((*s, share) for s, share in zip(stretches, shares, strict=True)))
    assert torn.gaps_mm[1] > GAP_SD_MM
    assert align(torn, 3, 1.0).levels == ((0,), (1,), (1,), (2,), (3,))
    assert read(*stretches) != ((0,), (1,), (1,), (2,), (3,))


def test_a_bone_in_pieces_with_the_rest_missing_behind_it() -> None:
    pieces = (2, 0.4 * MP), (0.5, 0.3 * MP)
    assert read((0, MC), (2, PP), *pieces, (0.3 * MP, DP)) == ((0,), (1,), (2,), (2,), (3,))


def test_a_bone_that_is_missing_leaves_its_length() -> None:
    assert read((0, MC), (2, PP), (MP + 4, DP)) == ((0,), (1,), (3,))
    assert read((0, MC), (2, PP), (2, MP)) == ((0,), (1,), (2,)), "what follows at once is the next bone"


@pytest.mark.parametrize("share", [0.6, 0.8, 1.0])
def test_no_next_bone_but_one_is_read_where_there_is_no_room_for_it(share: float) -> None:
    levels = read((0, MC), (2, PP), (1.5, share * DP))
    assert levels[:2] == ((0,), (1,))
    assert levels[2] != (3,)


@pytest.mark.parametrize("moved_mm", [-5.0, 5.0])
def test_two_phalanges_parted_beside_their_joint(moved_mm: float) -> None:
    fit = align(chain((0, MC), (2, PP), (2, MP + moved_mm), (0, DP - moved_mm)), 3, 1.0)
    assert fit.levels == ((0,), (1,), (2,), (3,))
    assert fit.cost < SHIFTED[1] + 0.5


def test_of_two_phalanges_parted_far_from_their_joint_the_longer_part_holds_both() -> None:
    root = ((0.0, MC), (2.0, PP))
    assert read(*root, (1, 0.5 * MP), (0, 0.5 * MP + DP)) == ((0,), (1,), (2,), (2, 3))
    assert read(*root, (1, MP + 0.5 * DP), (0, 0.5 * DP)) == ((0,), (1,), (2, 3), (3,))


def test_a_bit_between_two_bones_is_contested() -> None:
    whole = chain((0, MC), (2, PP), (2, MP), (2, DP))
    torn = chain((0, MC), (2, PP), (2, 0.62 * MP), (1, 0.5 * MP), (1, DP))
    assert near_levels(whole, 3, 1.0, 1.0) == {((0,), (1,), (2,), (3,))}
    held = near_levels(torn, 3, 1.0, 6.0)
    assert ((0,), (1,), (2,), (2,), (3,)) in held
    assert len(held) > len(near_levels(torn, 3, 1.0, 0.5)) >= 1


def test_the_near_readings_hold_the_cheapest() -> None:
    for one in (chain((0, MC), (2, PP)), chain((0, PP), (2, MP), (2, DP))):
        best = align(one, 3, 1.0).levels
        assert best in near_levels(one, 3, 1.0, 0.01)
