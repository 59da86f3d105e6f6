"""Shapes of the bones, each in its own axes: z from the proximal (0) to the distal end, y dorsal, x radial.

Lengths and breadths are those of an average adult hand (osteometry of the hand as in Gray's Anatomy and Garrett,
Anthropometry of the hand, 1971 [K]); ``shaft`` shells are thick in the middle and thin at the ends.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.kernels.phantom_bodies import PROFILE_KNOTS
from node.phantom.solid import Matrix, Rows, box, cone, ellipsoid, moved, rotation, translation

LENGTHS: Final[dict[str, float]] = {
    "MC1": 46.0,
    "MC2": 68.0,
    "MC3": 65.5,
    "MC4": 58.0,
    "MC5": 54.0,
    "PP1": 32.0,
    "PP2": 40.0,
    "PP3": 45.0,
    "PP4": 42.0,
    "PP5": 33.0,
    "MP2": 23.5,
    "MP3": 28.5,
    "MP4": 27.0,
    "MP5": 19.0,
    "DP1": 22.5,
    "DP2": 17.0,
    "DP3": 18.0,
    "DP4": 18.5,
    "DP5": 16.5,
}
_BREADTH: Final = {1: 1.14, 2: 1.0, 3: 1.02, 4: 0.93, 5: 0.86}
_SECTIONS: Final = {
    # widths x depths (mm) of base, shaft, head for the middle digit
    "MC": ((14.5, 14.5), (8.6, 9.0), (14.2, 14.0)),
    "PP": ((15.5, 12.0), (9.6, 7.6), (12.0, 9.2)),
    "MP": ((13.2, 10.0), (8.2, 6.2), (10.6, 7.4)),
    "DP": ((11.2, 7.2), (5.6, 4.6), (8.6, 4.8)),
}
_CARPALS: Final = {
    # centre (x radial, y dorsal, z distal), semi-axes, turns about x, y, z
    "scaphoid": ((11.5, -1.5, -6.0), (7.5, 7.0, 12.5), (28.0, 38.0, 0.0)),
    "lunate": ((-0.5, 0.0, -9.5), (9.0, 9.0, 8.0), (0.0, 0.0, 0.0)),
    "triquetrum": ((-12.5, -0.5, -5.5), (9.0, 8.0, 8.5), (0.0, -25.0, 0.0)),
    "pisiform": ((-14.5, -9.5, -5.5), (5.2, 4.4, 6.4), (0.0, 0.0, 0.0)),
    "trapezium": ((19.5, -5.0, 4.5), (9.0, 7.5, 8.0), (15.0, 35.0, 0.0)),
    "trapezoid": ((10.5, 1.0, 7.5), (7.0, 8.5, 7.5), (0.0, 0.0, 0.0)),
    "capitate": ((0.5, 0.5, 3.5), (8.0, 9.0, 12.5), (0.0, -3.0, 0.0)),
    "hamate": ((-10.0, 0.0, 4.0), (9.0, 8.5, 10.5), (0.0, 8.0, 0.0)),
}
BASES: Final = {
    # where each metacarpal begins, and its direction as turns about x (flexion), y (to radial) and z (roll)
    1: ((23.5, -9.0, 9.5), (24.0, 40.0, -58.0)),
    2: ((9.5, 1.0, 14.5), (-2.0, 8.0, 0.0)),
    3: ((-0.5, 1.5, 15.0), (0.0, 0.0, 0.0)),
    4: ((-9.5, 0.5, 13.0), (3.0, -8.5, 0.0)),
    5: ((-16.0, -2.0, 11.0), (7.0, -17.0, 0.0)),
}


@dataclass(frozen=True, eq=False)
class Blank:
    """A bone before its neighbours carve it: primitives, length and profiles along z (``kernels.phantom_bodies``)."""

    name: str
    rows: Rows
    length: float
    profile: NDArray[np.float32]


def segment(name: str) -> str:
    """``MC``, ``PP``, ``MP`` or ``DP`` of a bone of a digit."""
    return name[:2]


def long_bone(
    name: str, size: float, girth: float, cortex: float, trabeculae: float, spurs: tuple[float, ...] = ()
) -> Blank:
    """A metacarpal or phalanx. ``spurs`` are directions (degrees, 0 palmar, 90 radial) of osteophytes at its head."""
    kind, digit = segment(name), int(name[2])
    length = LENGTHS[name] * size
    breadth = _BREADTH[digit] * size * girth
    base, shaft, head = (np.array(s) / 2 * breadth for s in _SECTIONS[kind])
    base_half = min(0.17 * length, 6.5)
    rows = [
        cone((0, 0, 0.2 * length), (0, 0, 0.82 * length), (shaft[0] * 1.08, shaft[0]), 0.0, shaft[1] / shaft[0]),
        ellipsoid((0, 0, base_half), (base[0], base[1], base_half), 0.16 * length),
        *_head(kind, length, head),
        *(_spur(angle, length, head, size) for angle in spurs),
    ]
    thickness = {"MC": 2.1, "PP": 1.9, "MP": 1.5, "DP": 1.0}[kind] * cortex
    return Blank(name, np.vstack(rows), length, profile(thickness, 0.5, cortex, trabeculae))


def head_radius(name: str, size: float, girth: float) -> float:
    """Half depth of a bone's head: how far its joint's axis lies from its end, mm."""
    return float(_SECTIONS[segment(name)][2][1] / 2 * _BREADTH[int(name[2])] * size * girth)


def _head(kind: str, length: float, head: NDArray[np.float64]) -> list[Rows]:
    w, d = head
    blend = 0.1 * length
    if kind == "MC":
        return [ellipsoid((0, -0.06 * d, length - d), (w * 0.96, d, d), blend)]
    if kind == "DP":
        return [ellipsoid((0, 0.1 * d, length - 0.8 * w), (w, d, 0.8 * w), blend)]
    across = [(side * w * 0.5, -0.1 * d, length - d) for side in (-1.0, 1.0)]
    return [ellipsoid(centre, (w * 0.5, d, d), blend if n == 0 else 1.5) for n, centre in enumerate(across)]


def _spur(angle: float, length: float, head: NDArray[np.float64], size: float) -> Rows:
    """An osteophyte: a beak of some 2 mm at the margin of a head, grown out of the bone."""
    w, d = head
    x, y = np.sin(np.deg2rad(angle)), -np.cos(np.deg2rad(angle))
    return ellipsoid((1.05 * w * x, 1.05 * d * y, length - 1.2 * d), (1.7 * size, 1.5 * size, 2.2 * size), 1.2)


def profile(middle_mm: float, end_mm: float, cortex: float, trabeculae: float) -> NDArray[np.float32]:
    """Cortical thickness (mm), trabecular fraction and cortical density along z, float32 (3, 64)."""
    t = np.linspace(0.0, 1.0, PROFILE_KNOTS)
    middle = _rise(t / 0.38 - 0.4) * _rise((1.0 - t) / 0.38 - 0.4)
    shell = end_mm * (0.5 + 0.5 * cortex) + (middle_mm - end_mm) * middle
    spongy = 0.13 * trabeculae * (1.0 - 0.92 * np.clip(1.4 * middle, 0.0, 1.0))
    density = np.full_like(t, min(1.0, 0.8 + 0.2 * cortex))
    return np.stack([shell, spongy, density]).astype(np.float32)


def _rise(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth step from 0 to 1."""
    t = np.clip(t, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def carpal(name: str, size: float, cortex: float, trabeculae: float) -> tuple[Blank, Matrix]:
    """A carpal bone and its frame in the hand; generous, because its neighbours cut it to fit."""
    centre, semi, turns = _CARPALS[name]
    frame = rotation(1, turns[1]) @ rotation(0, turns[0]) @ rotation(2, turns[2])
    c = (centre[0] * size, centre[1] * size, centre[2] * size)
    rows = [ellipsoid(c, (semi[0] * size, semi[1] * size, semi[2] * size), 0.0, frame)]
    if name == "hamate":
        hook = (-9.0 * size, -6.0 * size, 6.0 * size)
        rows.append(cone(hook, (-8.0 * size, -13.0 * size, 7.5 * size), (3.4 * size, 2.6 * size), 3.0, up=(1, 0, 0)))
    if name == "scaphoid":
        tubercle = (16.0 * size, -7.5 * size, -0.5 * size)
        rows.append(ellipsoid(tubercle, (4.5 * size, 4.0 * size, 4.5 * size), 3.0))
    if name == "trapezium":
        ridge = (17.0 * size, -11.0 * size, 4.0 * size)
        rows.append(ellipsoid(ridge, (2.6 * size, 3.4 * size, 4.0 * size), 2.5))
    length = 2 * semi[2] * size
    place = translation(c[0], c[1], c[2] - length / 2)
    own = moved(np.vstack(rows), np.asarray(np.linalg.inv(place), np.float64))
    return Blank(name, own, length, _even(0.75 * cortex, 0.15 * trabeculae, cortex)), place


def _even(shell_mm: float, spongy: float, cortex: float) -> NDArray[np.float32]:
    density = min(1.0, 0.8 + 0.2 * cortex)
    rows = [np.full(PROFILE_KNOTS, v) for v in (max(shell_mm, 0.3), spongy, density)]
    return np.stack(rows).astype(np.float32)


def sesamoid(name: str, size: float) -> Blank:
    """A sesamoid or accessory ossicle about its own centre."""
    half = {"sesamoid_MCP1_r": 2.9, "sesamoid_MCP1_u": 3.1, "os_trapezoideum_secundarium": 2.4}.get(name, 2.0) * size
    return Blank(name, ellipsoid((0, 0, 0), (half * 0.9, half * 0.7, half * 1.1)), 2 * half, _even(0.6, 0.25, 1.0))


def forearm_bone(name: str, length: float, size: float, cortex: float, trabeculae: float) -> Blank:
    """Radius or ulna, ``length`` mm of its distal part; z = ``length`` at the wrist."""
    end = length
    if name == "radius":
        rows = [
            cone((-3.0 * size, 0, 0), (-1.0 * size, 0, end - 24.0 * size), (7.2 * size, 7.0 * size), 0.0, 0.82),
            ellipsoid((0, 0, end - 13.0 * size), (14.5 * size, 9.5 * size, 15.0 * size), 14.0 * size),
            box((0.5 * size, 0, end - 5.5 * size), (14.0 * size, 9.0 * size, 5.5 * size), 3.5 * size, 5.0 * size),
            ellipsoid((12.0 * size, 0, end + 2.0 * size), (4.2 * size, 6.0 * size, 7.0 * size), 4.0 * size),
            ellipsoid((3.0 * size, 8.5 * size, end - 8.0 * size), (2.5 * size, 2.5 * size, 6.0 * size), 3.0 * size),
        ]
        middle = 2.6
    else:
        rows = [
            cone((1.0 * size, 0, 0), (0, 0, end - 16.0 * size), (6.0 * size, 5.2 * size), 0.0, 0.95),
            ellipsoid((0, 0, end - 6.0 * size), (8.2 * size, 7.6 * size, 7.0 * size), 8.0 * size),
            cone((-4.5 * size, 2.0, end - 3.0 * size), (-5.5 * size, 2.0, end + 3.0 * size), (2.6, 1.8), 2.5 * size),
        ]
        middle = 2.3
    t = np.linspace(0.0, 1.0, PROFILE_KNOTS)
    to_end = (1.0 - t) * length / size
    shell = 0.6 * (0.5 + 0.5 * cortex) + (middle * cortex - 0.6) * _rise((to_end - 12.0) / 36.0)
    spongy = 0.13 * trabeculae * (1.0 - 0.9 * _rise((to_end - 14.0) / 22.0))
    density = np.full_like(t, min(1.0, 0.8 + 0.2 * cortex))
    return Blank(name, np.vstack(rows), length, np.stack([shell, spongy, density]).astype(np.float32))
