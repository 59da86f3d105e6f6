"""The skeleton of a posed hand: frames along each chain of joints, and bones carved to fit their neighbours."""

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.domain.anatomy import CARPALS
from node.phantom.bones import (
    BASES,
    LENGTHS,
    Blank,
    carpal,
    forearm_bone,
    head_radius,
    long_bone,
    sesamoid,
)
from node.phantom.solid import (
    Field,
    Matrix,
    Rows,
    bounds,
    lattice,
    moved,
    overlap,
    rotation,
    sample,
    translation,
)
from node.phantom.spec import Hand

JOINT_GAP_MM: Final = 1.6
"""Cartilage on both sides of a finger joint."""
CARPAL_GAP_MM: Final = 1.2
_OSSICLES: Final = {"os_trapezoideum_secundarium": (16.5, -9.5, 12.0), "lunula": (-17.5, 1.0, -15.5)}
"""Where accessory ossicles lie in the hand's axes: palmar between trapezium, trapezoid and the second metacarpal;
between triquetrum and ulnar styloid."""
FOREARM_TAIL_MM: Final = 25.0
"""How far the forearm goes on beyond the part that is to be imaged, so that the scan ends in it."""


@dataclass(frozen=True, eq=False)
class Bone:
    """A bone in its place: ``frame`` from its own axes to the hand's; ``field`` its signed distance (mm)."""

    name: str
    frame: Matrix
    rows: Rows
    length: float
    profile: NDArray[np.float32]
    field: Field

    def point(self, along: float) -> NDArray[np.float64]:
        """Point of the axis at a fraction of the length, hand axes, mm."""
        return np.asarray((self.frame @ np.array([0.0, 0.0, along * self.length, 1.0]))[:3])


def chain(digit: int) -> tuple[str, ...]:
    """Bones of a digit from the metacarpal on."""
    parts = ("MC", "PP", "DP") if digit == 1 else ("MC", "PP", "MP", "DP")
    return tuple(f"{part}{digit}" for part in parts)


def _metacarpal_frame(hand: Hand, digit: int) -> Matrix:
    (x, y, z), (flexion, radial, roll) = BASES[digit]
    finger = hand.fingers[digit - 1]
    extra = finger.mcp if digit == 1 else 0.0
    spread = finger.abduction if digit == 1 else 0.0
    s = hand.size
    turn = rotation(1, radial + spread) @ rotation(0, flexion + extra) @ rotation(2, roll)
    return translation(x * s, y * s, z * s) @ turn


def _joint(bone: str, frame: Matrix, hand: Hand, flexion: float, abduction: float) -> Matrix:
    radius = head_radius(bone, hand.size, hand.girth)
    pivot = translation(0.0, 0.0, LENGTHS[bone] * hand.size - radius)
    turn = rotation(0, flexion) @ rotation(1, abduction)
    return frame @ pivot @ turn @ translation(0.0, 0.0, radius + JOINT_GAP_MM - 1.3 * hand.size)


def digit_frames(hand: Hand, digit: int) -> dict[str, Matrix]:
    """Frame of each bone of a digit. Flexion turns about x from distal to palmar."""
    finger = hand.fingers[digit - 1]
    frames = {f"MC{digit}": _metacarpal_frame(hand, digit)}
    bends = (finger.pip, finger.dip) if digit == 1 else (finger.mcp, finger.pip, finger.dip)
    bones = chain(digit)
    for n, (before, name) in enumerate(itertools.pairwise(bones)):
        abduction = finger.abduction if n == 0 and digit > 1 else 0.0
        frames[name] = _joint(before, frames[before], hand, bends[n], abduction)
    return frames


def _varied(hand: Hand, name: str) -> tuple[float, float]:
    """Size and girth of a bone: the hand's own, with a few per cent of variation by its seed."""
    if hand.seed == 0:
        return hand.size, hand.girth
    rng = np.random.default_rng([hand.seed, *name.encode()])
    return hand.size, hand.girth * float(np.exp(rng.normal(0.0, 0.03)))


def blanks(hand: Hand) -> list[tuple[Blank, Matrix]]:
    """Every bone before its neighbours carve it, with its frame in the hand's axes."""
    found: list[tuple[Blank, Matrix]] = []
    quality = (hand.cortex, hand.trabeculae)
    length = hand.forearm_mm + FOREARM_TAIL_MM
    wrist = rotation(0, -hand.wrist_flexion)
    for name, (x, z) in {"radius": (7.0, -18.5), "ulna": (-16.0, -19.5)}.items():
        place = translation(x * hand.size, 0.0, 0.0) @ translation(0, 0, z * hand.size - length)
        found.append((forearm_bone(name, length, hand.size, *quality), wrist @ place))
    found += [carpal(name, hand.size, *quality) for name in CARPALS]
    for digit in hand.digits:
        for name, frame in digit_frames(hand, digit).items():
            found.append((long_bone(name, *_varied(hand, name), *quality, _spurs(hand, name)), frame))
    frames = {blank.name: frame for blank, frame in found}
    return found + [
        (sesamoid(n, hand.size), f) for n in hand.sesamoids if (f := _sesamoid_frame(n, frames, hand)) is not None
    ]


def _spurs(hand: Hand, name: str) -> tuple[float, ...]:
    """Directions of a bone's osteophytes: one to three around its head, by the hand's seed."""
    if name not in hand.osteophytes:
        return ()
    rng = np.random.default_rng([hand.seed, 3, *name.encode()])
    return tuple(float(a) for a in rng.choice((90.0, 135.0, 180.0, 225.0, 270.0), int(rng.integers(1, 4)), False))


def _sesamoid_frame(name: str, frames: dict[str, Matrix], hand: Hand) -> Matrix | None:
    if name in _OSSICLES:
        x, y, z = _OSSICLES[name]
        return translation(x * hand.size, y * hand.size, z * hand.size)
    joint, _, side = name.removeprefix("sesamoid_").partition("_")
    bone = f"{'PP' if joint.startswith('IP') else 'MC'}{joint[-1]}"
    if bone not in frames or not name.startswith("sesamoid_"):
        return None
    radius = head_radius(bone, hand.size, hand.girth)
    across = {"r": 0.55, "u": -0.55}.get(side, 0.0) * radius
    at = translation(across, -radius - 2.6 * hand.size, LENGTHS[bone] * hand.size - radius)
    return frames[bone] @ at


def skeleton(hand: Hand, step_mm: float = 0.5) -> dict[str, Bone]:
    """All bones of the hand by name, in the hand's axes; fields sampled every ``step_mm``."""
    found = blanks(hand)
    frames = {blank.name: frame for blank, frame in found}
    placed = {blank.name: moved(blank.rows, frame) for blank, frame in found}
    return {blank.name: _carved(blank, frame, placed, frames, hand, step_mm) for blank, frame in found}


def _carved(
    blank: Blank, frame: Matrix, placed: dict[str, Rows], frames: dict[str, Matrix], hand: Hand, step_mm: float
) -> Bone:
    low, high = bounds(blank.rows)
    grid, shape = lattice(low - 1.5, high + 1.5, step_mm)
    distance = sample(blank.rows, grid, shape)
    to_model = frame @ grid
    for other, rows in placed.items():
        if other == blank.name or _follows(other, blank.name):
            continue
        part = overlap(to_model, shape, rows, frames[other], 2.5)
        if part is None:
            continue
        corner = to_model @ translation(*(float(p.start) for p in part[::-1]))
        ours = distance[part]
        theirs = sample(rows, corner, ours.shape)
        if _follows(blank.name, other):
            distance[part] = np.maximum(ours, JOINT_GAP_MM - theirs)
        else:
            distance[part] = np.maximum(ours, (ours - theirs + CARPAL_GAP_MM) / 2)
    distance = _resorbed(blank, hand, distance, grid)
    return Bone(blank.name, frame, blank.rows, blank.length, blank.profile, Field(distance, to_model))


def _follows(name: str, other: str) -> bool:
    """Whether ``name`` is the next bone of a digit after ``other``: its base is hollowed by the other's head."""
    digit = name[2:]
    if not digit.isdigit() or other[2:] != digit:
        return False
    bones = chain(int(digit))
    return name in bones and other in bones and bones.index(name) == bones.index(other) + 1


def _resorbed(blank: Blank, hand: Hand, distance: NDArray[np.float32], grid: Matrix) -> NDArray[np.float32]:
    """Cut the lost part off a distal phalanx, with an uneven edge that tapers the rest."""
    lost = dict(hand.resorbed).get(int(blank.name[2]) if blank.name.startswith("DP") else 0, 0.0)
    if lost <= 0.0:
        return distance
    k, j, i = np.indices(distance.shape)
    x, y, z = (grid[a, a] * index + grid[a, 3] for a, index in ((0, i), (1, j), (2, k)))
    edge = (1.0 - lost) * blank.length + 0.5 * np.sin(1.9 * x + hand.seed) + 0.4 * np.sin(2.3 * y)
    cut = np.minimum(z - edge, 6.0)
    return np.asarray(np.maximum(distance, cut * 0.85), np.float32)
