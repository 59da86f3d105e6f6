"""Small bones: sesamoids by their place; free dense bodies between carpal bones are in doubt there alone."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.model import Frame, HandAnatomy, NamedBone, Ray, Vector
from node.analysis.anatomy.parts import make_part
from node.analysis.mineral.candidates import Candidate
from node.analysis.parting.small_bones import ossicles, sesamoids
from node.domain.volume import Geometry
from tests.fakes.bare_hand import bare_hand

GEOMETRY = Geometry((200, 100, 100), (0.5, 0.5, 0.5), np.diag([0.5, 0.5, 0.5, 1.0]))
X, Y, Z = np.eye(3)
CORTEX_HU, SOFT_HU = 1800.0, 50.0
FRAME = Frame(origin=np.array([25.0, 25.0, 50.0]), distal=Z, palmar=Y, radial=X, scale=1.0)


def anatomy(frame: Frame | None = FRAME) -> HandAnatomy:
    return replace(bare_hand(), distal=Z, palmar=Y, radial=X, frame=frame)


def ball(
    distal_mm: float,
    *,
    hu: float = 1400.0,
    edge: int = 6,
    long: int = 6,
    beyond_mm: float = 2.8,
    contact_mm2: float = 0.0,
) -> Candidate:
    """A block of voxels about the frame's axis, ``distal_mm`` from its origin."""
    first = np.array([(50.0 + distal_mm) / 0.5, 48, 48]).astype(int)
    voxels = np.argwhere(np.ones((long, edge, edge), bool)) + first
    return Candidate(voxels, len(voxels) * GEOMETRY.voxel_mm3, hu, hu, 1.5, beyond_mm, contact_mm2, 0)


def doubtful(candidate: Candidate, where: HandAnatomy | None = None) -> bool:
    return ossicles([candidate], where or anatomy(), GEOMETRY, CORTEX_HU, SOFT_HU) == {0}


def test_a_dense_body_between_carpal_bones_is_for_a_reader() -> None:
    assert doubtful(ball(-20.0))


@pytest.mark.parametrize(
    "other",
    [
        ball(40.0),  # at the fingers
        ball(-20.0, hu=600.0),  # as pale as most deposits
        ball(-20.0, edge=14, long=14),  # larger than any ossicle
        ball(-20.0, long=24),  # a cord
        ball(-20.0, beyond_mm=np.inf),  # far from bone
        ball(-20.0, contact_mm2=6.0),  # on bone
    ],
)
def test_other_bodies_are_not(other: Candidate) -> None:
    assert not doubtful(other)


def test_without_a_hand_nothing_is_told() -> None:
    assert not doubtful(ball(-20.0), anatomy(None))


HEAD = np.array([25.0, 20.0, 60.0])
"""The end of a metacarpal or phalanx along z; its palm side is +y."""


def thumb(palmar: Vector | None = Y, level: str = "PP") -> HandAnatomy:
    """One long bone of the thumb and where its palmar side is."""
    base = HEAD - 30.0 * Z
    part = make_part(1, 900.0, np.linspace(base, HEAD, 50), False, 0.5)
    bone = NamedBone(f"{level}1", 1, level, base, HEAD, (1,), part)
    return replace(anatomy(), rays=(Ray(1, True, (bone,)),), bones={1: bone.name}, thumb_palmar=palmar)


def seed(offset_mm: Vector, *, hu: float = 1500.0, edge: int = 6, long: int = 6) -> Candidate:
    """A block of voxels about a point ``offset_mm`` from the head."""
    first = np.rint((HEAD + offset_mm)[::-1] / 0.5).astype(int) - np.array([long, edge, edge]) // 2
    voxels = np.argwhere(np.ones((long, edge, edge), bool)) + first
    return Candidate(voxels, len(voxels) * GEOMETRY.voxel_mm3, hu, hu, 1.5, 2.0, 0.0, 0)


def found(candidates: list[Candidate], where: HandAnatomy) -> set[int]:
    return sesamoids(candidates, where, GEOMETRY, CORTEX_HU, SOFT_HU)[0]


def alike(candidates: list[Candidate], where: HandAnatomy) -> set[int]:
    return sesamoids(candidates, where, GEOMETRY, CORTEX_HU, SOFT_HU)[1]


def test_a_dense_ovoid_palmar_of_the_head_is_a_sesamoid() -> None:
    assert found([seed(7.0 * Y - 2.0 * Z)], thumb()) == {0}


@pytest.mark.parametrize(
    "other",
    [
        seed(-7.0 * Y - 2.0 * Z),  # dorsal
        seed(7.0 * X - 2.0 * Z),  # beside
        seed(7.0 * Y - 14.0 * Z),  # along the shaft
        seed(7.0 * Y + 8.0 * Z),  # at the next bone
        seed(7.0 * Y - 2.0 * Z, hu=500.0),  # pale
        seed(7.0 * Y - 2.0 * Z, edge=4, long=20),  # a cord
        seed(7.0 * Y - 2.0 * Z, edge=12, long=12),  # too large
    ],
)
def test_what_lies_elsewhere_or_looks_otherwise_is_none(other: Candidate) -> None:
    assert found([other], thumb()) == set()


def test_a_joint_has_no_more_sesamoids_than_it_has() -> None:
    three = [seed(7.0 * Y + shift * X - 2.0 * Z) for shift in (-3.0, 0.5, 3.5)]
    assert found(three, thumb()) == {1}, "one at the interphalangeal joint: the most palmar"
    assert len(found(three, thumb(level="MC"))) == 2


def test_sesamoids_whose_marrow_was_seen_leave_room_for_fewer() -> None:
    three, hand = [seed(7.0 * Y + shift * X - 2.0 * Z) for shift in (-3.0, 0.5, 3.5)], thumb(level="MC")
    for seen, room in ((1, 1), (2, 0)):
        names = dict(list({7: "sesamoid_MCP1_r", 8: "sesamoid_MCP1_u"}.items())[:seen])
        assert len(found(three, replace(hand, bones={**hand.bones, **names}))) == room


def test_what_touches_a_sesamoid_is_a_part_of_it_and_takes_no_room() -> None:
    hand = thumb(level="MC")
    hand = replace(hand, bones={**hand.bones, 7: "sesamoid_MCP1_r"})
    piece = replace(seed(7.0 * Y - 2.0 * Z, edge=4, long=4), bone=7)
    assert found([piece, seed(7.0 * Y - 3.5 * X - 2.0 * Z)], hand) == {0, 1}


@pytest.mark.parametrize(
    "other",
    [
        seed(7.0 * Y - 2.0 * Z, edge=8, long=8),  # 64 mm³, and the largest have 45
        seed(7.0 * Y - 2.0 * Z, hu=800.0),
    ],
)
def test_a_little_larger_or_paler_is_for_a_reader(other: Candidate) -> None:
    assert found([other], thumb()) == set()
    assert alike([other], thumb()) == {0}


def test_one_too_many_is_for_a_reader() -> None:
    three = [seed(7.0 * Y + shift * X - 2.0 * Z) for shift in (-3.0, 0.5, 3.5)]
    assert alike(three, thumb()) == {0, 2}
    assert alike(three[:2], thumb(level="MC")) == set()


def test_without_the_palmar_side_there_is_no_sesamoid() -> None:
    assert found([seed(7.0 * Y - 2.0 * Z)], thumb(None)) == set()
