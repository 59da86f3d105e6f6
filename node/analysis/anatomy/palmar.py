"""Which side of the hand is the palm: several cues of the geometry vote.

All votes are along n = radial × distal, which points to the palm of a right hand and to the back of a left one
(laterality = sign[(distal × palmar) · radial], docs/analysis.md step 9). +1 is a right hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from node.analysis.anatomy.model import NamedBone
from node.analysis.anatomy.parts import Part, Points
from node.analysis.anatomy.soft_tissue import SoftTissue

Bones = Mapping[int, Sequence[NamedBone]]


@dataclass(frozen=True)
class Vote:
    """One cue: ``value`` −1 … +1, its ``weight``, and its name."""

    cue: str
    value: float
    weight: float


def palmar_votes(bones: Bones, distal: Points, radial: Points, tissue: SoftTissue, small: Sequence[Part]) -> list[Vote]:
    """All cues that the named bones of a hand offer. ``small``: little parts that may be sesamoids."""
    normal = np.cross(radial, distal)
    found = [
        _flexion(bones, radial),
        _thumb_before_the_palm(bones, normal),
        *_metacarpal_arch(bones, normal),
        _dorsal_bow(bones, radial),
        _soft_tissue(bones, radial, tissue),
        _sesamoids(bones, normal, small),
    ]
    return [vote for vote in found if vote is not None]


def tally(votes: Sequence[Vote]) -> float:
    """Weighted mean of the votes, −1 … +1."""
    weight = sum(v.weight for v in votes)
    return sum(v.value * v.weight for v in votes) / weight if weight else 0.0


def _clip(value: float) -> float:
    return float(np.clip(value, -1.0, 1.0))


def _flexion(bones: Bones, radial: Points) -> Vote | None:
    """Fingers bend towards the palm: the sum of the bends of all finger joints about the radial axis."""
    bends = [
        float(np.cross(a.axis, b.axis) @ radial) for digit, ray in bones.items() if digit > 1 for a, b in pairwise(ray)
    ]
    if not bends:
        return None
    total = sum(bends) / max(1.0, len(bends) ** 0.5)
    return Vote("flexion", _clip(total / 0.5), 2.0)


def _thumb_before_the_palm(bones: Bones, normal: Points) -> Vote | None:
    """The thumb's metacarpal stands on the palmar side of the plane of the others."""
    thumb = next((b for b in bones.get(1, ()) if b.level == "MC"), None)
    others = [b for d in (2, 3, 4, 5) for b in bones.get(d, ()) if b.level == "MC"]
    if thumb is None or not others:
        return None
    middle = np.mean([0.5 * (b.proximal + b.distal) for b in others[:2]], axis=0)
    return Vote("thumb", _clip(float((0.5 * (thumb.proximal + thumb.distal) - middle) @ normal) / 10.0), 2.0)


def _metacarpal_arch(bones: Bones, normal: Points) -> list[Vote]:
    """Bases and heads of metacarpals 2 to 5 stand on an arch that is hollow towards the palm."""
    row = [next((b for b in bones.get(d, ()) if b.level == "MC"), None) for d in (2, 3, 4, 5)]
    if row[0] is None or row[3] is None or (row[1] is None and row[2] is None):
        return []
    inner = [b for b in row[1:3] if b is not None]
    votes = []
    for cue, ends in (("bases", "proximal"), ("heads", "distal")):
        outer = 0.5 * (getattr(row[0], ends) + getattr(row[3], ends))
        rise = np.mean([getattr(b, ends) for b in inner], axis=0) - outer
        votes.append(Vote(f"arch of the {cue}", _clip(-float(rise @ normal) / 4.0), 1.0))
    return votes


def _dorsal_bow(bones: Bones, radial: Points) -> Vote | None:
    """Shafts of metacarpals and proximal phalanges bow to the back; their heads and bases stand out to the palm."""
    bows = []
    for digit, ray in bones.items():
        for bone in ray if digit > 1 else ():
            if bone.level not in ("MC", "PP") or bone.part.cut:
                continue
            along = (bone.part.points - bone.proximal) @ bone.axis / bone.length_mm
            palmar = (bone.part.points - bone.proximal) @ np.cross(radial, bone.axis)
            shaft, ends = (along > 0.35) & (along < 0.65), (along < 0.12) | (along > 0.88)
            if shaft.any() and ends.any():
                bows.append(float(palmar[ends].mean() - palmar[shaft].mean()))
    return Vote("dorsal bow", _clip(float(np.median(bows)) / 1.0), 1.5) if len(bows) > 1 else None


def _soft_tissue(bones: Bones, radial: Points, tissue: SoftTissue) -> Vote | None:
    """Finger bones lie nearer to the skin of the back than to that of the palm (pulp, tendons, palm)."""
    leans = []
    for digit, ray in bones.items():
        for bone in ray if digit > 1 else ():
            side = np.cross(radial, bone.axis)
            middle = 0.5 * (bone.proximal + bone.distal)
            front, back = tissue.depth_mm(middle, side), tissue.depth_mm(middle, -side)
            if front is not None and back is not None:
                leans.append((front - back) / (front + back))
    return Vote("soft tissue", _clip(float(np.median(leans)) / 0.25), 2.0) if leans else None


def _sesamoids(bones: Bones, normal: Points, small: Sequence[Part]) -> Vote | None:
    """The sesamoids of the thumb lie palmar of its metacarpal's head."""
    thumb = next((b for b in bones.get(1, ()) if b.level == "MC"), None)
    if thumb is None:
        return None
    offsets = []
    for part in small:
        place = part.centroid - thumb.distal
        aside = place - (place @ thumb.axis) * thumb.axis
        if abs(float(place @ thumb.axis)) < 10.0 and 5.0 < float(np.linalg.norm(aside)) < 16.0:
            offsets.append(float(aside @ normal))
    return Vote("sesamoids", _clip(float(np.mean(offsets)) / 6.0), 1.0) if offsets else None
