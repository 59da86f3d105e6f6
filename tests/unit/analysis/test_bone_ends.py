"""What goes on where a bone of a ray was seen to end: its own end, or a deposit."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.fingertip import is_in_tip
from node.analysis.anatomy.proportions import usual_length_mm
from node.analysis.mineral.candidates import Candidate
from node.analysis.parting.beside import Piece
from node.analysis.parting.bone_ends import is_end, may_be_end, may_be_next, may_be_tip, may_go_on
from tests.fakes.lone_bone import bone

X, Y, Z = np.eye(3)
SHELL_RADIUS_MM = 0.8


def piece(first_mm: float, last_mm: float, *, off_mm: float = 0.0, ball: float = 0.1, density: float = 1.0) -> Piece:
    """A ring of points round the axis between two heights, ``ball`` its largest ball over its volume."""
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, 12, endpoint=False), np.linspace(first_mm, last_mm, 9))
    points = np.stack([3 * np.cos(angle).ravel() + off_mm, 3 * np.sin(angle).ravel(), height.ravel()], axis=1)
    volume = 4.0 / 3.0 * np.pi * SHELL_RADIUS_MM**3 / ball
    candidate = Candidate(np.zeros((1, 3), np.int64), volume, 900.0, 1000.0, SHELL_RADIUS_MM, 3.0, 2.0, 1)
    return Piece(candidate, density, points)


def joined(beyond: Piece, contact_mm2: float) -> Piece:
    return replace(beyond, candidate=replace(beyond.candidate, contact_mm2=contact_mm2))


@pytest.mark.parametrize("level", ["MP", "DP"])
def test_what_is_joined_to_half_a_bone_may_be_its_other_half_wherever_its_axis_points(level: str) -> None:
    usual = usual_length_mm(3, level, 1.0)
    half, other = bone(level, 0.5), joined(piece(0.5 * usual, 0.8 * usual, off_mm=0.35 * usual), 6.0)
    assert not may_be_end(other, half, usual), "not in one line"
    assert may_go_on(other, half, usual)
    assert not may_go_on(joined(other, 0.5), half, usual), "hardly joined: calcium behind what is left of a tip"
    assert not may_go_on(other, bone(level, 1.0), usual), "on a bone of its usual length"
    assert not may_go_on(replace(other, density=1.6), half, usual), "denser than bone"
    assert not may_go_on(joined(piece(0.4 * usual, 0.55 * usual), 6.0), half, usual), "too short together"


def test_what_goes_on_from_the_last_bone_that_was_seen_may_be_the_next_one() -> None:
    last, tip_mm = bone("MP", 1.0), usual_length_mm(3, "DP", 1.0)
    start = last.length_mm + 2.0
    lump = piece(start, start + 0.6 * tip_mm, ball=0.5)
    assert may_be_next(lump, last, tip_mm)
    assert not may_be_next(piece(start, start + 0.6 * tip_mm, off_mm=6.0), last, tip_mm), "beside the place of a tip"
    assert not may_be_next(piece(start - 9.0, start - 3.0), last, tip_mm), "on the bone that was seen"
    assert not may_be_next(piece(start + 1.5 * tip_mm, start + 2.0 * tip_mm), last, tip_mm), "too far"
    assert not may_be_next(replace(lump, density=1.6), last, tip_mm), "denser than bone"


def ends(level: str, share: float, beyond: Piece) -> bool:
    return is_end(beyond, bone(level, share), usual_length_mm(3, level, 1.0))


def test_a_sheet_beside_the_base_of_a_fingertip_is_its_shell_where_it_is_broadly_joined() -> None:
    usual = usual_length_mm(3, "DP", 1.0)
    for beyond, contact_mm2, end in ((0.1, 1.0, False), (0.1, 6.0, True), (0.6, 1.0, True)):
        sheet = joined(piece(beyond * usual, (beyond + 0.2) * usual, off_mm=0.2 * usual), contact_mm2)
        assert ends("DP", 1.0, sheet) is end, (beyond, contact_mm2)


@pytest.mark.parametrize("level", ["PP", "MP", "DP"])
def test_the_shell_that_completes_a_short_bone_is_its_end(level: str) -> None:
    usual = usual_length_mm(3, level, 1.0)
    assert ends(level, 0.5, piece(0.5 * usual, usual))


def test_a_shell_round_the_end_of_a_bone_seen_for_the_most_part_is_its_end() -> None:
    usual = usual_length_mm(3, "MP", 1.0)
    hood = 0.65 * usual, 0.9 * usual
    assert ends("MP", 0.75, piece(*hood))
    assert not ends("MP", 0.75, piece(*hood, ball=0.18)), "no mere shell"
    assert not ends("MP", 0.75, piece(*hood, off_mm=0.15 * usual)), "a net beside the bone"


@pytest.mark.parametrize("level", ["PP", "MP"])
def test_other_pieces_are_none(level: str) -> None:
    usual = usual_length_mm(3, level, 1.0)
    beyond = (0.5 * usual, usual)
    assert not ends(level, 1.0, piece(*beyond)), "on a bone of its usual length"
    assert not ends(level, 0.5, piece(*beyond, off_mm=6.0)), "a plate lies beside the bone"
    assert not ends(level, 0.5, piece(*beyond, ball=0.5)), "solid"
    assert not ends(level, 0.5, piece(*beyond, density=0.4)), "pale"
    assert not ends(level, 0.5, piece(usual, 1.6 * usual)), "it would make the bone too long"


def test_what_is_solid_in_the_place_of_a_tuft_may_be_either() -> None:
    usual = usual_length_mm(3, "DP", 1.0)
    solid = piece(0.5 * usual, 0.9 * usual, off_mm=3.0, ball=0.5)
    assert not ends("DP", 0.4, solid)
    assert may_be_end(solid, bone("DP", 0.4), usual)


@pytest.mark.parametrize(
    ("volume_mm3", "radius_mm", "contact_mm2", "end"),
    [(37.5, 1.56, 1.5, False), (37.5, 1.56, 9.0, True), (90.0, 1.7, 1.5, True), (6.0, 1.0, 0.5, True)],
    ids=["a loose ball", "joined broadly", "flat", "small"],
)
def test_a_loose_ball_on_the_axis_may_be_a_tuft(
    volume_mm3: float, radius_mm: float, contact_mm2: float, end: bool
) -> None:
    """Or calcium in the place of a lost one, which is no bone."""
    usual = usual_length_mm(3, "DP", 1.0)
    ring = piece(0.7 * usual, 1.1 * usual)
    ball = replace(ring.candidate, volume_mm3=volume_mm3, radius_mm=radius_mm, contact_mm2=contact_mm2)
    beyond = replace(ring, candidate=ball)
    assert ends("DP", 0.6, beyond) is end
    assert may_be_tip(beyond, bone("DP", 0.6), usual) is not end


def test_the_place_of_a_fingertip() -> None:
    tip, usual = bone("DP", 0.6), usual_length_mm(3, "DP", 1.0)
    assert is_in_tip(0.9 * usual * Z, tip, 1.0)
    assert not is_in_tip(1.5 * usual * Z, tip, 1.0)
    assert not is_in_tip(0.5 * usual * Z + 0.4 * usual * X, tip, 1.0)
    assert not is_in_tip(-0.2 * usual * Z, tip, 1.0)
    assert is_in_tip(-0.2 * usual * Z, tip, 1.0, behind=0.5)
    stub = bone("DP", 0.4)
    assert is_in_tip(0.5 * usual * Z + 0.4 * usual * X, stub, 1.0), "the axis of a stub is not sure"
    assert not is_in_tip(0.5 * usual * Z + 0.6 * usual * X, stub, 1.0)
