"""Names of what is not a ray: carpal bones, radius and ulna, sesamoids, by their place in the hand's own frame."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from node.analysis.anatomy.model import Frame, NamedBone, Vector
from node.analysis.anatomy.parts import Part

CARPAL_PLACES: Final[dict[str, tuple[float, float, float]]] = {
    "scaphoid": (-20.0, 5.0, 12.0),
    "lunate": (-24.5, 1.0, 0.0),
    "triquetrum": (-17.0, 0.0, -11.0),
    "pisiform": (-14.5, 9.5, -14.5),
    "trapezium": (-5.0, 14.5, 17.0),
    "trapezoid": (-5.0, 5.5, 13.0),
    "capitate": (-9.0, 0.5, 5.0),
    "hamate": (-6.5, -1.0, -6.5),
}
"""Centres (distal, palmar, radial) in mm of a mean hand from the middle of the bases of metacarpals 2 to 5; the
order of a hand in neutral position, rounded from surface models [K]. Only neighbours within 7 mm are believed."""
NEAR_MM = 7.0
LARGEST_CARPAL_MM3 = 4200.0
"""A single carpal bone of a large hand stays below; more is several of them in one component [K]."""
SMALLEST_REST_MM3 = 700.0
"""What is left over in the place of the carpus is carpal bone from this size on; less may be a deposit [K]."""
FOREARM_MM = -31.0
"""Behind the metacarpal bases (scaled): beyond the proximal row of the carpus, which ends at about 33 mm."""
SESAMOID_MM3 = 160.0
SMALL_SESAMOID_MM3 = 50.0
"""Largest sesamoids, in a mean hand: 3 to 6 mm across at MCP 1, 2 to 4 mm elsewhere [K]."""


def forearm_names(parts: Sequence[Part], frame: Frame) -> dict[int, str]:
    """Radius and ulna among ``parts``: large, behind the carpus, the radius on the thumb's side."""
    behind = [p for p in parts if p.volume_mm3 > 300.0 and (frame.place(p.points)[:, 0] < FOREARM_MM).mean() > 0.55]
    behind = sorted(behind, key=lambda p: -p.volume_mm3)[:2]
    if len(behind) == 1:
        ray = frame.place(behind[0].centroid)[2]
        return {behind[0].label: "radius" if ray > -3.0 else "ulna"}
    behind.sort(key=lambda p: float(p.centroid @ frame.radial))
    return dict(zip((p.label for p in behind), ("ulna", "radius"), strict=False))


def forearm_axis(parts: Sequence[Part], names: Mapping[int, str], distal: Vector) -> Vector:
    """Unit vector of the forearm towards the hand; that of the hand where too little of the forearm is seen."""
    shafts = [
        p for p in parts if names.get(p.label) in ("radius", "ulna") and p.length_mm > 45.0 and p.slenderness > 2.0
    ]
    if not shafts:
        return distal
    axes = [p.axes[0] if p.axes[0] @ distal > 0 else -p.axes[0] for p in shafts]
    mean = np.sum(axes, axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def lone_forearm(parts: Sequence[Part]) -> dict[int, str]:
    """Radius and ulna of a limb without a hand: its only two long shafts, which go on beyond the scan.

    The stouter is the radius; "forearm" both, where they are much alike. More shafts than two are those of a foot.
    """
    shafts = sorted((p for p in parts if p.length_mm > 35.0 and p.width_mm > 9.0), key=lambda p: -p.volume_mm3)
    if len(shafts) != 2 or not all(p.cut for p in shafts):
        return {}
    alike = shafts[0].volume_mm3 < 1.4 * shafts[1].volume_mm3
    return dict(zip((p.label for p in shafts), ("forearm", "forearm") if alike else ("radius", "ulna"), strict=True))


def carpal_names(parts: Sequence[Part], frame: Frame) -> dict[int, str]:
    """Carpal bones among ``parts``; "carpus" for one that is in their place but cannot be told apart."""
    region = []
    for part in parts:
        distal, _, radial = frame.place(part.centroid)
        if -36.0 < distal < 8.0 and abs(radial) < 34.0 and part.volume_mm3 > 120.0 and not part.cut:
            region.append(part)
    names: dict[int, str] = {}
    single = [p for p in region if p.volume_mm3 < LARGEST_CARPAL_MM3 * frame.scale**3]
    places = np.array([frame.place(p.centroid) for p in single]).reshape(-1, 3)
    expected = np.array(list(CARPAL_PLACES.values()))
    cost = np.linalg.norm(places[:, None] - expected[None], axis=2)
    rows, columns = linear_sum_assignment(np.minimum(cost, 3.0 * NEAR_MM))
    if len(rows) >= 5:
        shift = np.clip(np.median(places[rows] - expected[columns], axis=0), -NEAR_MM, NEAR_MM)
        cost = np.linalg.norm(places[:, None] - expected[None] - shift, axis=2)
        rows, columns = linear_sum_assignment(np.minimum(cost, 3.0 * NEAR_MM))
    for row, column in zip(rows, columns, strict=True):
        if cost[row, column] < NEAR_MM:
            names[single[row].label] = list(CARPAL_PLACES)[column]
    if len(names) < len(CARPAL_PLACES):
        names |= {p.label: "carpus" for p in region if p.label not in names and p.volume_mm3 > SMALLEST_REST_MM3}
    return names


def sesamoid_names(parts: Sequence[Part], bones: Mapping[int, Sequence[NamedBone]], frame: Frame) -> dict[int, str]:
    """Sesamoids: small parts palmar of the joints MCP 1 (two), IP 1, MCP 2 and MCP 5 (smaller, inconstant)."""
    names: dict[int, str] = {}
    for joint, digit, level in (("MCP1", 1, "MC"), ("IP1", 1, "PP"), ("MCP2", 2, "MC"), ("MCP5", 5, "MC")):
        bone = next((b for b in bones.get(digit, ()) if b.level == level), None)
        if bone is None:
            continue
        most = SESAMOID_MM3 if joint == "MCP1" else SMALL_SESAMOID_MM3
        near = [p for p in parts if p.label not in names and _at_joint(p, bone, frame, most)]
        if joint == "MCP1":
            near = sorted(near, key=lambda p: -p.volume_mm3)[:2]
            across = np.cross(bone.axis, _pad_side(bone, frame)) * frame.handedness
            near.sort(key=lambda p: -float(p.centroid @ across))
            for n, part in enumerate(near):
                ulnar = n == 1 or (len(near) == 1 and float((part.centroid - bone.distal) @ across) < 0.0)
                names[part.label] = "sesamoid_MCP1_u" if ulnar else "sesamoid_MCP1_r"
        elif near:
            names[max(near, key=lambda p: p.volume_mm3).label] = f"sesamoid_{joint}"
    return names


def _at_joint(part: Part, bone: NamedBone, frame: Frame, most_mm3: float) -> bool:
    """True for a pea-sized part that lies against the distal end of ``bone``, on its palmar side."""
    if part.volume_mm3 > most_mm3 * frame.scale**3 or part.length_mm > 9.0 * frame.scale or part.slenderness > 2.2:
        return False
    place = part.centroid - bone.distal
    along = float(place @ bone.axis)
    aside = place - along * bone.axis
    reach = float(np.linalg.norm(aside))
    width = bone.part.width_mm
    leaning = max(float(aside @ _pad_side(bone, frame)), float(aside @ frame.palmar)) / max(reach, 1e-9)
    gap = float(np.linalg.norm(bone.part.points - part.centroid, axis=1).min()) - 0.5 * part.width_mm
    return abs(along) < 0.8 * width and 0.35 * width < reach < 1.3 * width and leaning > 0.3 and gap < 4.5


def _pad_side(bone: NamedBone, frame: Frame) -> Vector:
    """Unit vector to the palmar side of a bone, square to it; the thumb's is turned towards the fingers."""
    side = frame.palmar if bone.digit > 1 else 0.8 * frame.palmar - 0.6 * frame.radial
    side = side - (side @ bone.axis) * bone.axis
    return np.asarray(side / max(float(np.linalg.norm(side)), 1e-9))
