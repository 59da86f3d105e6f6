"""Soft tissue of a posed hand: skin, muscles and tendons as distance fields, nails and arteries as solids."""

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.phantom.bones import head_radius
from node.phantom.skeleton import Bone, chain
from node.phantom.solid import (
    Field,
    Matrix,
    Point,
    Rows,
    bounds,
    box,
    cone,
    ellipsoid,
    lattice,
    moved,
    sample,
    translation,
)
from node.phantom.spec import Hand

_RADII: Final = {
    1: (12.0, 10.6, 9.6),
    2: (10.6, 9.0, 7.7),
    3: (10.8, 9.2, 7.9),
    4: (10.2, 8.6, 7.5),
    5: (9.3, 7.8, 6.9),
}
"""Half-width of a digit at its proximal joint, in its middle and at the distal joint."""
SKIN_MM: Final = 1.3
NO_BODY_MM: Final = 99.0


@dataclass(frozen=True, eq=False)
class SoftTissue:
    """``skin``, ``muscle``, ``tendon``: signed distance (mm) on one lattice in the hand's axes."""

    skin: Field
    muscle: Field
    tendon: Field
    nails: tuple[tuple[str, Field], ...]


def _tip(frame: Matrix, point: Point) -> Point:
    x, y, z = (frame @ np.array([*point, 1.0]))[:3]
    return float(x), float(y), float(z)


def _up(frame: Matrix) -> Point:
    return float(frame[0, 1]), float(frame[1, 1]), float(frame[2, 1])


def _finger_skin(hand: Hand, bones: dict[str, Bone], digit: int) -> list[Rows]:
    names = [n for n in chain(digit)[1:] if n in bones]
    radii = [r * hand.size * hand.girth * (0.8 + 0.2 * hand.fat) for r in _RADII[digit]]
    if digit == 1:
        radii = [radii[0], radii[0] * 0.9, radii[2]]
    ends = [*radii[-len(names) :], radii[-1] * 0.9]
    rows = []
    for n, name in enumerate(names):
        bone, near, far = bones[name], ends[n], ends[n + 1]
        shift = -0.14 * near
        start, end = (0.0, shift, 1.0), (0.0, shift, bone.length)
        if name.startswith("DP"):
            end = (0.0, shift, bone.length + 3.0 * hand.size - far * 0.75)
            pulp = moved(
                ellipsoid((0, shift - 0.12 * far, 0.55 * bone.length), (far, far * 0.95, 9 * hand.size)), bone.frame
            )
            pulp[:, 17] = 2.0
        rows.append(
            cone(_tip(bone.frame, start), _tip(bone.frame, end), (near, far), 2.5 if n else 5.0, 0.92, _up(bone.frame))
        )
    return [*rows, pulp]


def _palm_skin(hand: Hand, bones: dict[str, Bone]) -> list[Rows]:
    s, rows = hand.size * hand.girth, []
    for digit in (d for d in (3, 2, 4, 5) if d in hand.digits):
        bone = bones[f"MC{digit}"]
        start, end = (0.0, -3.0 * s, 4.0), (0.0, -2.5 * s, bone.length - 4.0)
        radii = (12.5 * s, (11.5 if digit in (2, 3, 4) else 10.8) * s)
        rows.append(cone(_tip(bone.frame, start), _tip(bone.frame, end), radii, 9.0, 1.0, _up(bone.frame)))
    if 1 in hand.digits:
        thumb = bones["MC1"]
        rows.append(
            cone(_tip(thumb.frame, (0, 0, 2)), _tip(thumb.frame, (0, -1, thumb.length - 2)), (13.0 * s, 12.0 * s), 12.0)
        )
    if 2 in hand.digits and 1 in hand.digits:
        rows.append(_web(bones, s))
    return rows


def _web(bones: dict[str, Bone], s: float) -> Rows:
    first, second = bones["MC1"].point(0.55), bones["MC2"].point(0.5)
    middle = 0.5 * (first + second) + np.array([0.0, -3.0, -6.0]) * s
    return ellipsoid((float(middle[0]), float(middle[1]), float(middle[2])), (13.0 * s, 9.0 * s, 16.0 * s), 10.0)


def _eminences(hand: Hand, grown: float) -> list[Rows]:
    """Thenar and hypothenar muscles; ``grown`` mm larger they are their skin."""
    s = hand.size
    found = []
    if 1 in hand.digits:
        found.append(
            ellipsoid((17.0 * s, -15.0 * s, 22.0 * s), (13.0 * s + grown, 8.5 * s + grown, 21.0 * s + grown), 6.0)
        )
    if 5 in hand.digits:
        found.append(
            ellipsoid((-20.0 * s, -11.5 * s, 24.0 * s), (8.5 * s + grown, 7.5 * s + grown, 22.0 * s + grown), 6.0)
        )
    return found


def _forearm(hand: Hand, bones: dict[str, Bone], shrink: float) -> list[Rows]:
    s = hand.size
    radius, ulna = bones["radius"], bones["ulna"]
    wrist = (radius.point(1.0) + ulna.point(1.0)) / 2
    elbow = (radius.point(0.0) + ulna.point(0.0)) / 2
    axis = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    a, b = wrist - 2.0 * axis, elbow + 0.0 * axis
    start, end = (float(a[0]), float(a[1]), float(a[2])), (float(b[0]), float(b[1]), float(b[2]))
    swell = 0.09 * hand.forearm_mm
    girth = 0.75 + 0.25 * hand.fat if not shrink else 1.0
    near, far = 30.5 * s * girth - shrink, (31.0 + swell) * s * girth - shrink
    carpus = (1.0 * s, -2.5 * s, 0.0)
    rows = [cone(start, end, (near, far), 10.0, 0.72, _up(radius.frame))]
    if not shrink:
        rows.append(ellipsoid(carpus, (28.5 * s * girth, 19.0 * s * girth, 24.0 * s), 9.0))
    return rows


def skin_rows(hand: Hand, bones: dict[str, Bone]) -> Rows:
    """The body's surface: fingers, palm, wrist and forearm smoothly joined."""
    rows = _forearm(hand, bones, 0.0) + _palm_skin(hand, bones) + _eminences(hand, 4.0 * hand.fat)
    for digit in hand.digits:
        rows += _finger_skin(hand, bones, digit)
    return np.vstack(rows)


def _muscle_rows(hand: Hand, bones: dict[str, Bone]) -> Rows:
    s = hand.size
    rows = _eminences(hand, 0.0)
    names = [f"MC{d}" for d in hand.digits if d > 1]
    for a, b in itertools.pairwise(names):
        for y in (0.5, -5.0):
            start = (bones[a].point(0.2) + bones[b].point(0.2)) / 2 + np.array([0.0, y, 0.0]) * s
            end = (bones[a].point(0.78) + bones[b].point(0.78)) / 2 + np.array([0.0, y, 0.0]) * s
            rows.append(cone(_point(start), _point(end), (5.2 * s, 3.6 * s), 1.0))
    if 1 in hand.digits and 2 in hand.digits:
        middle = 0.5 * (bones["MC1"].point(0.5) + bones["MC2"].point(0.45)) + np.array([0.0, -2.0, -5.0]) * s
        rows.append(ellipsoid(_point(middle), (11.0 * s, 5.5 * s, 14.0 * s), 2.0))
    return np.vstack(rows + _forearm(hand, bones, (4.0 + 3.0 * hand.fat) * s))


def _point(p: NDArray[np.float64]) -> Point:
    return float(p[0]), float(p[1]), float(p[2])


def _tendon_rows(hand: Hand, bones: dict[str, Bone]) -> Rows:
    s, rows = hand.size, []
    tunnel = np.array([-1.0, -10.5, 0.0]) * s
    forearm = (bones["radius"].point(0.5) + bones["ulna"].point(0.5)) / 2 + np.array([0.0, -9.0, 0.0]) * s
    back = np.array([1.0, 11.0, 0.0]) * s
    forearm_back = (bones["radius"].point(0.5) + bones["ulna"].point(0.5)) / 2 + np.array([0.0, 10.0, 0.0]) * s
    for n, digit in enumerate(hand.digits):
        spread = np.array([(2 - n) * 3.2, (n % 2) * -2.8, 0.0]) * s
        names = [name for name in chain(digit) if name in bones]
        volar, dorsal = [forearm + spread, tunnel + spread], [forearm_back + spread, back + spread]
        for name in names:
            bone = bones[name]
            depth = head_radius(name, s, hand.girth)
            for t in (0.3, 0.9) if not name.startswith("DP") else (0.25,):
                volar.append(np.array(_tip(bone.frame, (0.0, -depth - 2.4 * s, t * bone.length))))
                dorsal.append(np.array(_tip(bone.frame, (0.0, depth + 0.9 * s, t * bone.length))))
        rows += _path(volar, 2.1 * s, 1.0) + _path(dorsal, 1.9 * s, 0.55)
    return np.vstack(rows)


def _path(points: list[NDArray[np.float64]], radius: float, flat: float) -> list[Rows]:
    pairs = itertools.pairwise(points)
    return [cone(_point(a), _point(b), (radius, radius), 0.8, flat) for a, b in pairs]


def _nails(hand: Hand, bones: dict[str, Bone]) -> list[tuple[str, Field]]:
    found = []
    for digit in hand.digits:
        bone = bones[f"DP{digit}"]
        s = hand.size * (1.25 if digit == 1 else 0.85 if digit == 5 else 1.0)
        radius = _RADII[digit][2] * hand.size * hand.girth * (0.8 + 0.2 * hand.fat)
        middle = (0.0, 0.70 * radius, 0.72 * bone.length)
        rows = box(middle, (4.6 * s, 0.42, 5.6 * s), 0.4)
        low, high = bounds(rows)
        grid, shape = lattice(low - 0.8, high + 0.8, 0.3)
        found.append((f"nail{digit}", Field(sample(rows, grid, shape), bone.frame @ grid)))
    return found


def soft_tissue(hand: Hand, bones: dict[str, Bone], skin: Rows, step_mm: float) -> SoftTissue:
    """Fields of a hand's soft tissue, every ``step_mm``; ``skin`` are the primitives of its surface."""
    low, high = bounds(skin)
    grid, shape = lattice(low - 3.0, high + 3.0, step_mm)
    outer = sample(skin, grid, shape)
    inner = [sample(rows, grid, shape) for rows in (_muscle_rows(hand, bones), _tendon_rows(hand, bones))]
    muscle = np.maximum(inner[0], outer + 2.0 + SKIN_MM).astype(np.float32)
    tendon = np.maximum(inner[1], outer + SKIN_MM).astype(np.float32)
    nails = tuple(_nails(hand, bones))
    return SoftTissue(Field(outer, grid), Field(muscle, grid), Field(tendon, grid), nails)


def artery(name: str, hand: Hand, bones: dict[str, Bone]) -> list[NDArray[np.float64]]:
    """Course of an artery as points in the hand's axes; ``name`` as in ``spec.Hand.vessels``."""
    s = hand.size
    if name in ("radial_artery", "ulnar_artery"):
        bone, x, y = (bones["radius"], 7.0, -11.0) if name == "radial_artery" else (bones["ulna"], -1.0, -12.0)
        first = 1.0 - hand.forearm_mm / bone.length
        wiggle = ((t, 0.9 * np.sin(9.0 * t)) for t in np.linspace(first, 1.0, 9))
        return [np.array(_tip(bone.frame, ((x + w) * s, y * s, t * bone.length))) for t, w in wiggle]
    digit, side = int(name[-2]), 1.0 if name[-1] == "r" else -1.0
    points = []
    for part in [n for n in chain(digit)[1:] if n in bones][:2]:
        radius = head_radius(part, s, hand.girth)
        course = ((side * (radius + 1.8 * s), -radius - 0.5 * s, t * bones[part].length) for t in (0.1, 0.5, 0.9))
        points += [np.array(_tip(bones[part].frame, p)) for p in course]
    return points


def tube(points: list[NDArray[np.float64]], radius: float, step_mm: float) -> Field:
    """Signed distance (mm) around a path, on its own lattice in the hand's axes."""
    rows = np.vstack(_path(points, radius, 1.0))
    low, high = bounds(rows)
    grid, shape = lattice(low - 1.0, high + 1.0, step_mm)
    return Field(sample(rows, translation(0.0, 0.0, 0.0) @ grid, shape), grid)
