"""How the bones of a hand move in another pose: fingers bend and turn in their joints, and joint spaces narrow."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from node.accuracy.truth import LEFT_BONES
from node.domain.anatomy import BONE_CODES, CARPALS

FLEXION_DEG: Final = 5.0
"""Standard deviation of what all fingers bend or stretch at the joints of one row: so they stay side by side, and the
tissue between them can follow."""
OWN_DEG: Final = (1.5, 1.0, 2.0)
THUMB_DEG: Final = (4.0, 2.0, 2.0)
"""Standard deviations of what a joint adds for itself: bent, sideways, turned about the bone."""
MOST_DEG: Final = 10.0
NARROWED: Final = 0.6
"""Largest share of a joint space that is lost, as with age, arthritis or by another hand's cartilage."""
CARPUS_SHRUNK: Final = 0.04
"""Largest share by which the carpal bones move towards their middle: 0.5 mm less between neighbours."""
CONTACT_POINTS: Final = 100
HEAD_MM: Final = 6.0
ROUNDNESS: Final = 0.8
"""The middle of a head, about which the next bone turns, lies this share of the head's radius behind its surface."""
LARGEST_HEAD_MM: Final = 9.0
THUMB: Final = 1
_CHAINS: Final = {
    digit: [BONE_CODES[name] for level in ("MC", "PP", "MP", "DP") if (name := f"{level}{digit}") in BONE_CODES]
    for digit in range(1, 6)
}
"""Codes of each ray's bones from the metacarpal on."""
Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Motion:
    """A rigid motion of points (…, 3): turned by ``turn`` (3, 3), then shifted by ``shift_mm`` (3,)."""

    turn: Points
    shift_mm: Points

    def of(self, points: Points) -> Points:
        """Where ``points`` come to lie."""
        return np.asarray(points @ self.turn.T + self.shift_mm)

    def after(self, first: "Motion") -> "Motion":
        """``first``, then this one."""
        return Motion(self.turn @ first.turn, self.of(first.shift_mm))


def shifted(shift_mm: Points) -> Motion:
    """A motion without a turn."""
    return Motion(np.eye(3), np.asarray(shift_mm, np.float64))


def pose(bones: Mapping[int, Points], random: np.random.Generator) -> dict[int, Motion]:
    """A random motion for each of ``bones``: points (n, 3) in mm by label; those of the left hand are its own."""
    motions: dict[int, Motion] = {}
    for first in (0, LEFT_BONES):
        hand = {label - first: points for label, points in bones.items() if first < label < first + LEFT_BONES}
        motions |= {first + code: motion for code, motion in _hand(hand, random).items()}
    return motions


def _hand(bones: Mapping[int, Points], random: np.random.Generator) -> dict[int, Motion]:
    """Motions by code. The forearm rests; sesamoids and ossicles go with the bone that they lie nearest to."""
    resting = [BONE_CODES["radius"], BONE_CODES["ulna"], *(chain[0] for chain in _CHAINS.values())]
    motions = {code: shifted(np.zeros(3)) for code in resting if code in bones}
    motions |= _carpus(bones, random)
    motions |= _fingers(bones, motions, random)
    with_another = [code for code in bones if code not in motions] if motions else []
    return motions | {code: motions[_nearest(code, motions, bones)] for code in with_another}


def _carpus(bones: Mapping[int, Points], random: np.random.Generator) -> dict[int, Motion]:
    """Motions of the carpal bones towards their middle, and of the metacarpals, whose bases follow."""
    carpals = [BONE_CODES[name] for name in CARPALS if BONE_CODES[name] in bones]
    if not carpals:
        return {}
    middle = np.mean([bones[code].mean(axis=0) for code in carpals], axis=0)
    shrink = random.uniform(0.0, CARPUS_SHRUNK)
    places = {code: bones[code].mean(axis=0) for code in carpals}
    for metacarpal in (chain[0] for chain in _CHAINS.values() if chain[0] in bones):
        base = cKDTree(bones[metacarpal]).query(middle, CONTACT_POINTS)[1]
        places[metacarpal] = bones[metacarpal][base].mean(axis=0)
    return {code: shifted((middle - place) * shrink) for code, place in places.items()}


def _fingers(
    bones: Mapping[int, Points], motions: Mapping[int, Motion], random: np.random.Generator
) -> dict[int, Motion]:
    """Motions of the phalanges, each after that of the bone before it."""
    found = dict(motions)
    rows = random.normal(0.0, FLEXION_DEG, 3)
    palm = [bones[chain[0]] for digit, chain in _CHAINS.items() if digit != THUMB and chain[0] in bones]
    dorsal = _flattest(np.concatenate(palm)) if palm else np.array([0.0, 1.0, 0.0])
    for digit, chain in _CHAINS.items():
        for row, (before, after) in enumerate(pairwise(chain)):
            if before not in bones or after not in bones:
                break
            degrees = random.normal(0.0, THUMB_DEG if digit == THUMB else OWN_DEG)
            degrees[0] += 0.0 if digit == THUMB else rows[row]
            degrees = degrees.clip(-MOST_DEG, MOST_DEG)
            joint = _bent(bones[before], bones[after], dorsal, degrees, random.uniform(0.0, NARROWED))
            found[after] = found[before].after(joint)
    return found


def _bent(before: Points, after: Points, dorsal: Points, degrees: Points, narrowed: float) -> Motion:
    """The motion of the bone ``after`` a joint, about the middle of the head of that ``before``.

    ``degrees``: bent, sideways, turned about the bone; ``narrowed``: the share of the joint space that is lost.
    """
    distance, nearest = cKDTree(before).query(after)
    close = np.argsort(distance)[:CONTACT_POINTS]
    surface = before[nearest[close]].mean(axis=0)
    space = after[close].mean(axis=0) - surface
    along = after.mean(axis=0) - before.mean(axis=0)
    along /= np.linalg.norm(along)
    head = before[(before - surface) @ along > -HEAD_MM]
    across = head - head.mean(axis=0)
    radius = float(np.linalg.norm(across - np.outer(across @ along, along), axis=1).max())
    centre = surface - along * (ROUNDNESS * min(radius, LARGEST_HEAD_MM))
    bend = np.cross(along, dorsal)
    bend /= np.linalg.norm(bend)
    axes = np.stack([bend, np.cross(along, bend), along])
    turn = Rotation.from_rotvec(np.radians(degrees) @ axes).as_matrix()
    return Motion(turn, centre - turn @ centre - along * (narrowed * max(float(space @ along), 0.0)))


def _flattest(points: Points) -> Points:
    """Unit vector across the plane in which points lie."""
    _, axes = np.linalg.eigh(np.cov(points.T))
    return np.asarray(axes[:, 0])


def _nearest(code: int, known: Mapping[int, Motion], bones: Mapping[int, Points]) -> int:
    middle = bones[code].mean(axis=0)
    return min(known, key=lambda other: float(np.linalg.norm(bones[other] - middle, axis=1).min()))
