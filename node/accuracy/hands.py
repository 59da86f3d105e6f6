"""The hands of a study: what is said of their sides, the names of their bones, and lost fingertips."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from node.accuracy.truth import LEFT_BONES, NO_BONE, SIDES, CaseTruth
from node.domain.anatomy import BONE_NAMES, UNNAMED
from node.domain.findings import AcroOsteolysis, Analysis, Hand, Laterality
from node.domain.volume import Geometry

DIGITS = range(1, 6)
PLAIN_LOSS = 0.25
"""Share of the length of a distal phalanx whose loss no variation among healthy digits explains."""
RAYS = ("MC", "PP", "MP", "DP")
"""How the names of metacarpals and phalanges begin."""


class SideCall(StrEnum):
    """What is said of a hand's side."""

    RIGHT = "right"
    UNCERTAIN = "uncertain"
    WRONG = "wrong"


@dataclass(frozen=True)
class Fingertips:
    """Distal phalanges of the hands: resorbed ones called present, absent or undetermined; sound ones likewise.

    ``plain`` of the resorbed lost a quarter of their length or more, and ``plain_found`` of these were called present.
    """

    found: int = 0
    missed: int = 0
    open: int = 0
    false: int = 0
    sound: int = 0
    sound_open: int = 0
    plain: int = 0
    plain_found: int = 0


@dataclass(frozen=True)
class NamedBone:
    """A metacarpal or phalanx, and the name that most of its found voxels bear (empty where none was found)."""

    side: str
    true: str
    said: str


def side_calls(truth: CaseTruth, analysis: Analysis, geometry: Geometry) -> tuple[SideCall, ...]:
    """One call for every hand found; which true hand it is, its bones' voxels tell."""
    calls = []
    for number, hand in enumerate(analysis.findings.hands):
        side = _true_side(truth, analysis, geometry, number)
        if hand.laterality is Laterality.UNCERTAIN or side is None:
            calls.append(SideCall.UNCERTAIN)
        else:
            calls.append(SideCall.RIGHT if hand.laterality is SIDES[side] else SideCall.WRONG)
    return tuple(calls)


def _true_side(truth: CaseTruth, analysis: Analysis, geometry: Geometry, number: int) -> str | None:
    if len(truth.hands) == 1:
        return truth.hands[0].side
    if not _same_grid(truth.geometry, geometry):
        return None
    labels = truth.labels[(analysis.bones > 0) & (analysis.bones // LEFT_BONES == number)]
    labels = labels[(labels > 0) & (labels < NO_BONE)]
    if not len(labels):
        return None
    return "left" if 2 * np.count_nonzero(labels > LEFT_BONES) > len(labels) else "right"


def _same_grid(one: Geometry, other: Geometry) -> bool:
    return one.shape == other.shape and np.allclose(one.affine, other.affine, atol=0.01)


def named_bones(truth: CaseTruth, analysis: Analysis, geometry: Geometry) -> tuple[NamedBone, ...]:
    """Metacarpals and phalanges by name; none where the analysis lies on another grid than the truth."""
    if not _same_grid(truth.geometry, geometry):
        return ()
    inside = (truth.labels > 0) & (truth.labels < 2 * LEFT_BONES)
    counts = _votes(truth.labels[inside], analysis.bones[inside])
    present = np.flatnonzero(np.bincount(truth.labels[inside], minlength=2 * LEFT_BONES))
    rays = ((int(label), truth.bones.get(int(label) % LEFT_BONES, "")) for label in present)
    return tuple(
        NamedBone("left" if label > LEFT_BONES else "right", name, _winner(counts[label]))
        for label, name in rays
        if name[:2] in RAYS
    )


def _votes(labels: NDArray[np.uint16], bones: NDArray[np.uint16]) -> NDArray[np.int64]:
    """How many voxels of each true label (rows) bear each code (columns)."""
    pairs = labels.astype(np.int64) * LEFT_BONES + bones % LEFT_BONES
    return np.asarray(np.bincount(pairs, minlength=2 * LEFT_BONES * LEFT_BONES).reshape(-1, LEFT_BONES))


def _winner(votes: NDArray[np.int64]) -> str:
    return BONE_NAMES.get(int(votes[1:].argmax()) + 1, UNNAMED) if votes[1:].any() else ""


def fingertips(truth: CaseTruth, hands: tuple[Hand, ...]) -> Fingertips:
    """Every fingertip of a true hand; one that nothing is said of is left open."""
    called = {(h.laterality, d.digit): d.acro_osteolysis for h in hands for d in h.digits}
    order = (AcroOsteolysis.PRESENT, AcroOsteolysis.ABSENT, AcroOsteolysis.UNDETERMINED)
    counts: Counter[str] = Counter()
    for hand in truth.hands:
        for digit in DIGITS:
            call = called.get((SIDES[hand.side], digit), AcroOsteolysis.UNDETERMINED)
            names = ("found", "missed", "open") if digit in hand.resorbed else ("false", "sound", "sound_open")
            counts[names[order.index(call)]] += 1
            if hand.resorbed.get(digit, 0.0) >= PLAIN_LOSS:
                counts["plain"] += 1
                counts["plain_found"] += call is AcroOsteolysis.PRESENT
    return Fingertips(**counts)
