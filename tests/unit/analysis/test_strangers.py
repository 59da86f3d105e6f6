"""Bones without a name beside the shafts of a hand that is known: what was taken for bone and is none."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from node.analysis.anatomy.model import HandAnatomy, NamedBone, Ray
from node.analysis.anatomy.parts import Part
from node.analysis.anatomy.proportions import LEVELS
from node.analysis.parting.strangers import dense_shells, kept_words, strangers
from node.domain.volume import Geometry
from tests.fakes.bare_hand import bare_hand

GEOMETRY = Geometry((80, 100, 100), (1.0, 1.0, 1.0), np.eye(4))
WIDTH_MM, LENGTH_MM, APART_MM = 10.0, 60.0, 15.0
STRANGER = 9


def shaft(digit: int, level: str = "MC", beyond_mm: float = 0.0) -> NamedBone:
    """A bone along z at x = 15 mm · digit, y = 50 mm, from z = 10 mm to 70 mm, or ``beyond_mm`` farther."""
    low = np.array([APART_MM * digit, 50.0, 10.0 + beyond_mm])
    high = low + np.array([0.0, 0.0, LENGTH_MM])
    points = np.linspace(low, high, 50)
    part = Part(
        digit,
        3000.0,
        points,
        points.mean(axis=0),
        np.eye(3)[::-1],
        (LENGTH_MM, WIDTH_MM, WIDTH_MM),
        np.array([low, high]),
    )
    return NamedBone(f"{level}{digit}", digit, level, low, high, (digit,), part)


def ray(digit: int, without: str) -> Ray:
    levels = [level for level in LEVELS[digit] if f"{level}{digit}" != without]
    return Ray(digit, True, tuple(shaft(digit, level, 1000.0 * n) for n, level in enumerate(levels)))


def anatomy(name: str = "unnamed", without: str = "") -> HandAnatomy:
    return bare_hand({STRANGER: name}, tuple(ray(digit, without) for digit in LEVELS))


def found(x: float, y: float, z: float, hand: HandAnatomy) -> bool:
    """Whether a bone of 5 mm about (x, y, z) mm is told to be none."""
    box = np.ix_(*(np.arange(int(c) - 2, int(c) + 3) for c in (z, y, x)))
    voxels = np.ravel_multi_index(box, GEOMETRY.shape).ravel()
    skeleton: Any = SimpleNamespace(
        labels=np.empty(GEOMETRY.shape, np.uint8), bone=SimpleNamespace(voxels_of=lambda _: voxels)
    )
    limb: Any = SimpleNamespace(geometry=GEOMETRY)
    return strangers(hand, skeleton, limb) == [STRANGER]


def test_a_reader_is_told_of_hollow_bodies_that_were_kept_as_bone() -> None:
    assert kept_words([]) == ()
    (words,) = kept_words([20.4, 494.0])
    assert "(494, 20 mm³)" in words
    assert "may be calcium" in words


def test_nothing_beside_the_shaft_of_a_metacarpal_is_a_bone() -> None:
    assert found(30.0, 60.0, 40.0, anatomy())
    assert found(30.0, 54.0, 40.0, anatomy()), "a net all but round the shaft"


@pytest.mark.parametrize(
    ("x", "y", "z"),
    [
        (30.0, 60.0, 69.0),  # beside the head, where sesamoids lie
        (30.0, 60.0, 8.0),  # at the base, beside the carpus
        (32.0, 51.0, 40.0),  # in the shaft: a piece of it
        (30.0, 95.0, 40.0),  # far from it
    ],
)
def test_elsewhere_it_may_be(x: float, y: float, z: float) -> None:
    assert not found(x, y, z, anatomy())


@pytest.mark.parametrize("missing", ["PP4", "DP2"])
def test_where_a_phalanx_is_missing_it_may_be_that_one(missing: str) -> None:
    """A finger bent into the palm lies beside the metacarpals."""
    assert not found(30.0, 60.0, 40.0, anatomy(without=missing))


def test_what_has_a_name_stays() -> None:
    assert not found(30.0, 60.0, 40.0, anatomy("sesamoid_MCP2"))


@pytest.mark.parametrize(
    ("shell_hu", "cut", "told"), [(900.0, False, False), (1400.0, False, True), (1400.0, True, False)]
)
def test_a_shell_that_is_denser_than_the_bones_is_told_where_the_scan_did_not_cut_it(
    shell_hu: float, cut: bool, told: bool
) -> None:
    hand = bare_hand({STRANGER: "unnamed", 1: "radius", 2: "MC2"}, ())
    hand = replace(hand, loose=(replace(shaft(2).part, label=STRANGER, cut=cut),))
    shells = {1: 1000.0, 2: 900.0, STRANGER: shell_hu}
    skeleton = SimpleNamespace(bones=[1, 2, STRANGER], bone=SimpleNamespace(voxels_of=lambda _: np.arange(8)))
    beside: Any = SimpleNamespace(
        skeleton=skeleton, soft_hu=50.0, shape=lambda label: SimpleNamespace(shell_hu=shells[label])
    )
    assert dense_shells(hand, beside) == ([STRANGER] if told else [])
