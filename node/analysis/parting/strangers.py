"""Hollow deposits that passed for bones: lobules, nets and sheaths enclose tissue as a bone does its marrow.

Place tells them. Where all bones of the hand's rays are known, or both bones of the forearm, nothing that lies beside
the shaft of one of them is a bone; before, it may be a phalanx of a bent finger. Elsewhere a shell that is denser than
those of the bones makes one doubtful.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from node.analysis.anatomy.model import HandAnatomy, Vector
from node.analysis.bone.skeleton import Skeleton
from node.analysis.limb.limbs import Limb
from node.analysis.parting.beside import Beside
from node.domain.anatomy import UNNAMED

RAY_BONES = 19
SHAFT = (0.15, 0.85)
"""Part of a bone's length beside which no joint, and so no sesamoid or chip, lies."""
OWN_SHARE = 0.3
"""A piece nearer to a bone's axis than this share of its width belongs to that bone."""
FARTHEST_MM = 40.0
FOREARM_MM, FOREARM_SLENDERNESS = 45.0, 2.0
"""Of a forearm that is cut shorter it is not sure which piece is the bone."""
MOST = 3
"""More of them may as well tell that the skeleton is in pieces: a reader must look."""
DENSEST_SHELL = 1.3
"""Level of a shell over that of the named bones' ones, above soft tissue, from which on it is like none of them."""


@dataclass(frozen=True, eq=False)
class _Shaft:
    """From end to end (LPS, mm), the width of the bone, and whether all of the hand, or of the forearm, are known."""

    start: Vector
    end: Vector
    width_mm: float
    complete: bool

    def place(self, point: Vector) -> tuple[float, float]:
        """(share of the way from start to end, distance from the axis in mm)."""
        along = self.end - self.start
        share = float((point - self.start) @ along / (along @ along))
        return share, float(np.linalg.norm(point - self.start - np.clip(share, 0.0, 1.0) * along))


def strangers(anatomy: HandAnatomy, skeleton: Skeleton, limb: Limb) -> list[int]:
    """Labels of bones without a name that lie beside the shaft of a named one, where there is no bone.

    What is to become of more than MOST of them, ``kept_words`` tells the reader.
    """
    shafts = list(_shafts(anatomy))
    unnamed = _unnamed(anatomy, skeleton)
    return [label for label in unnamed if shafts and _is_beside(_centre(label, skeleton, limb), shafts)]


def dense_shells(anatomy: HandAnatomy, beside: Beside) -> list[int]:
    """Labels of whole bones without a name whose shell is denser than the hand's bones have it.

    Not sure enough to be taken for calcium. What the end of the scan cuts of a forearm is as dense: it is left out.
    """
    unnamed = _unnamed(anatomy, beside.skeleton)
    named = [beside.shape(n).shell_hu for n in beside.skeleton.bones if anatomy.bones.get(n, UNNAMED) != UNNAMED]
    if not named:
        return []
    limit_hu = beside.soft_hu + DENSEST_SHELL * (float(np.median(named)) - beside.soft_hu)
    cut = {part.label for part in anatomy.loose if part.cut}
    return [n for n in unnamed if n not in cut and beside.shape(n).shell_hu > limit_hu]


def kept_words(volumes_mm3: Sequence[float]) -> tuple[str, ...]:
    """What a reader is told of hollow bodies that were kept as bone."""
    if not volumes_mm3:
        return ()
    sizes = ", ".join(f"{volume:.0f}" for volume in sorted(volumes_mm3, reverse=True))
    return (f"Hollow bodies without a bone's name ({sizes} mm³) were taken for bone; they may be calcium.",)


def _unnamed(anatomy: HandAnatomy, skeleton: Skeleton) -> list[int]:
    return [n for n, name in anatomy.bones.items() if name == UNNAMED and skeleton.bone.voxels_of(n).size]


def _shafts(anatomy: HandAnatomy) -> Iterator[_Shaft]:
    bones = [bone for ray in anatomy.rays for bone in ray.bones]
    for bone in bones:
        yield _Shaft(bone.proximal, bone.distal, bone.part.width_mm, len(bones) == RAY_BONES)
    shafts = [
        part for part in anatomy.forearm if part.length_mm > FOREARM_MM and part.slenderness > FOREARM_SLENDERNESS
    ]
    for part in shafts:
        yield _Shaft(part.ends[0], part.ends[1], part.width_mm, len(shafts) > 1)


def _centre(label: int, skeleton: Skeleton, limb: Limb) -> Vector:
    places = np.stack(np.unravel_index(skeleton.bone.voxels_of(label), skeleton.labels.shape), axis=1)
    return np.asarray(limb.geometry.to_lps_mm(places.astype(np.float64)).mean(axis=0))


def _is_beside(centre: Vector, shafts: list[_Shaft]) -> bool:
    nearest = min(shafts, key=lambda shaft: shaft.place(centre)[1])
    share, distance_mm = nearest.place(centre)
    beside = OWN_SHARE * nearest.width_mm < distance_mm < FARTHEST_MM
    return nearest.complete and beside and SHAFT[0] < share < SHAFT[1]
