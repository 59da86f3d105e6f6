"""What the names of the bones tell of a piece beside one: an osteophyte, the rest of a fingertip, or neither."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.proportions import usual_length_mm
from node.analysis.mineral.candidates import Candidate
from node.analysis.mineral.reasons import Reason
from node.analysis.parting.beside import Piece
from node.analysis.parting.named_bone import is_of_ray, why_bone
from node.analysis.parting.unseen import LARGEST_HALF_MM3, is_half_seen, is_inside, may_be_unseen
from tests.fakes.lone_bone import bone

X, Z = np.eye(3)[0], np.eye(3)[2]


def piece(
    level: str,
    share: float,
    *,
    beyond_mm: float = 1.4,
    volume_mm3: float = 5.0,
    density: float = 0.8,
    contact: float = 0.0,
) -> Piece:
    """A small piece beside a bone of its usual length, at ``share`` of it."""
    middle = share * usual_length_mm(3, level, 1.0) * Z + 5.0 * X
    candidate = Candidate(np.zeros((1, 3), np.int64), volume_mm3, 900.0, 1000.0, 0.7, beyond_mm, contact, 1)
    return Piece(candidate, density, middle + np.linspace(-0.5, 0.5, 5)[:, None] * Z)


def is_bone(level: str, beside: Piece) -> bool:
    return is_of_ray(beside, bone(level, 1.0), usual_length_mm(3, level, 1.0))


@pytest.mark.parametrize(("level", "share"), [("MP", 0.95), ("MP", 0.05), ("DP", 0.1), ("MC", 0.98)])
def test_a_low_piece_at_a_joint_is_an_osteophyte(level: str, share: float) -> None:
    assert is_bone(level, piece(level, share))


@pytest.mark.parametrize(
    "other",
    [
        piece("MP", 0.5),
        piece("MP", 0.95, beyond_mm=2.2),
        piece("MP", 0.95, volume_mm3=20.0),
        piece("MP", 0.95, density=0.4),
        piece("MP", 0.95, density=1.1),
    ],
    ids=["on a shaft", "stands off", "large", "pale", "as dense as cortex"],
)
def test_other_pieces_beside_a_joint_are_none(other: Piece) -> None:
    assert not is_bone("MP", other)


def test_a_small_piece_that_touches_bone_at_a_joint_may_be_an_osteophyte() -> None:
    usual = usual_length_mm(3, "MP", 1.0)
    high = piece("MP", 0.95, beyond_mm=2.0, contact=0.1)
    assert why_bone(high, bone("MP", 1.0), usual) is Reason.OSTEOPHYTE
    for other in (
        piece("MP", 0.95, beyond_mm=2.0),
        piece("MP", 0.5, beyond_mm=2.0, contact=0.1),
        piece("MP", 0.95, beyond_mm=3.0, contact=0.1),
        piece("MP", 0.95, beyond_mm=2.0, contact=0.1, density=1.05),
    ):
        assert why_bone(other, bone("MP", 1.0), usual) is None


def test_nothing_at_a_tuft_is_an_osteophyte() -> None:
    assert not is_bone("DP", piece("DP", 0.95))


def test_a_small_piece_broadly_on_a_resorbed_fingertip_may_be_its_corner() -> None:
    corner = piece("DP", 0.9, beyond_mm=2.6, volume_mm3=7.0, density=1.4, contact=1.6)
    assert why_bone(corner, bone("DP", 0.8), usual_length_mm(3, "DP", 1.0))
    assert not why_bone(corner, bone("MP", 0.8), usual_length_mm(3, "MP", 1.0))


def test_a_thin_or_small_piece_may_be_what_was_not_seen_of_its_bone() -> None:
    shell = piece("DP", 0.5, volume_mm3=50.0, contact=3.0)
    assert may_be_unseen(shell)
    assert not may_be_unseen(piece("DP", 0.5, volume_mm3=50.0)), "it touches nothing"
    stone = replace(shell, candidate=replace(shell.candidate, volume_mm3=150.0, radius_mm=1.9))
    assert not may_be_unseen(stone), "large and no shell"
    assert may_be_unseen(piece("DP", 0.5, volume_mm3=450.0, contact=3.0)), "the shell of a whole phalanx"
    assert not may_be_unseen(piece("DP", 0.5, volume_mm3=50.0, contact=3.0, density=1.5)), "denser"
    solid = replace(shell, candidate=replace(shell.candidate, radius_mm=1.6))
    assert not may_be_unseen(solid), "of some size, and no shell"
    stone = replace(solid, candidate=replace(solid.candidate, volume_mm3=30.0))
    assert not may_be_unseen(stone)
    assert may_be_unseen(stone, LARGEST_HALF_MM3), "the base of a bone of which nothing is known, maybe"
    assert is_half_seen(replace(bone("MP", 0.8), labels=(1, 2)), coarse=False)
    assert is_half_seen(bone("MP", 0.8), coarse=True)
    assert not is_half_seen(bone("MP", 0.8), coarse=False)
    assert not is_half_seen(None, coarse=True)


def around_axis(level: str, radius_mm: float, share: float = 0.5) -> Piece:
    """A piece of a tube round the axis of a bone."""
    turn = np.linspace(0.0, 2.0 * np.pi, 36, endpoint=False)
    ring = radius_mm * np.stack([np.cos(turn), np.sin(turn), 0.0 * turn], axis=1)
    return replace(
        piece(level, share, density=1.3, contact=9.0), points=share * usual_length_mm(3, level, 1.0) * Z + ring
    )


@pytest.mark.parametrize(
    ("level", "radius_mm", "share", "inside"),
    [("PP", 2.0, 0.5, True), ("PP", 4.0, 0.5, False), ("PP", 2.0, 0.97, False), ("DP", 2.0, 0.5, False)],
    ids=["solid shaft", "sheath round it", "its end", "fingertip"],
)
def test_what_lies_on_the_axis_of_a_bone_is_that_bone(level: str, radius_mm: float, share: float, inside: bool) -> None:
    whole = bone(level, 1.0)
    wide = replace(whole, part=replace(whole.part, size_mm=(whole.length_mm, 8.0, 8.0)))
    assert is_inside(around_axis(level, radius_mm, share), wide) is inside
