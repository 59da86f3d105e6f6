"""Step 8: small bones that are no calcinosis: sesamoids, and what may be an accessory ossicle of the wrist."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.compartment import local_palmar
from node.analysis.anatomy.model import HandAnatomy, NamedBone
from node.analysis.anatomy.wrist import in_carpus
from node.analysis.grid.axes import Axes, principal_axes
from node.analysis.mineral.candidates import Candidate
from node.domain.volume import Geometry

COMPACT, COMPACT_ON_BONE = 2.5, 3.5
"""Longest over shortest spread: sesamoids are ovoids; of one on bone a slice is taken for the bone's surface."""
SESAMOID_ALONG_MM, SESAMOID_ACROSS_MM = (-7.5, 3.0), 14.0
"""From the end of the bone in the direction of its axis, and from the axis, in a mean hand: they glide on the head,
proximal of the joint."""
SESAMOID_DENSITY = 0.5
"""Level over that of the limb's cortical bone: a sesamoid has a cortex of its own."""
SESAMOIDS_AT = {
    "MC1": ("sesamoid_MCP1", 2, 120.0),
    "MC2": ("sesamoid_MCP2", 1, 50.0),
    "MC5": ("sesamoid_MCP5", 1, 50.0),
    "PP1": ("sesamoid_IP1", 1, 45.0),
}
"""Their name at the head of which bone, how many there are, and how large at most, mm³ in a mean hand [K]."""
LEEWAY = 1.5
"""How many times as large or as pale something may be that is left to a reader."""
THUMB = "MC1"
THUMB_DENSITY = 0.35
PALMAR_SHARE = 0.5
LARGEST_OSSICLE_MM3 = 80.0
OSSICLE_BEYOND_MM, OSSICLE_CONTACT = 4.5, 0.05
"""Accessory ossicles are 3 to 5 mm large, in a mean hand, and lie between or beside carpal bones, a joint's space away
[K]."""


def sesamoids(
    candidates: Sequence[Candidate], anatomy: HandAnatomy, geometry: Geometry, cortex_hu: float, soft_hu: float
) -> tuple[set[int], set[int]]:
    """Indices of candidates that are sesamoid bones, and of those that may be.

    They are compact, dense, and lie palmar of the joints that have them. Those whose marrow was seen are bones with a
    name already, and leave room for fewer; what touches one is a part of it. What is a little larger or paler than
    they are, or one too many, may be one.
    """
    axes = [principal_axes(c.voxels, geometry) for c in candidates]
    found: set[int] = set()
    alike: set[int] = set()
    for name, (sesamoid, most, largest_mm3) in SESAMOIDS_AT.items():
        bone = anatomy.named(name)
        palmar = local_palmar(anatomy, bone) if bone is not None else None
        if bone is None or palmar is None:
            continue
        shares = [_palmar_share(own.centre, bone, palmar, anatomy.scale) for own in axes]
        placed = [n for n, c in enumerate(candidates) if shares[n] > PALMAR_SHARE and _is_compact_there(c, axes[n])]
        least = THUMB_DENSITY if name == THUMB else SESAMOID_DENSITY
        excess = {
            n: max(
                candidates[n].volume_mm3 / (largest_mm3 * anatomy.scale**3),
                least / max(_density(candidates[n], cortex_hu, soft_hu), 1e-6),
            )
            for n in placed
        }
        known = [label for label, bone_name in anatomy.bones.items() if bone_name.startswith(sesamoid)]
        pieces = [n for n in placed if excess[n] < 1.0 and candidates[n].bone in known]
        others = sorted((-shares[n], n) for n in placed if excess[n] < 1.0 and n not in pieces)
        found.update(pieces, (n for _, n in others[: max(most - len(known), 0)]))
        alike.update(n for n in placed if excess[n] < LEEWAY)
    return found, alike - found


def _is_compact_there(candidate: Candidate, axes: Axes) -> bool:
    return _is_compact(axes, COMPACT_ON_BONE if candidate.contact_mm2 > 0.0 else COMPACT)


def ossicles(
    candidates: Sequence[Candidate], anatomy: HandAnatomy, geometry: Geometry, cortex_hu: float, soft_hu: float
) -> set[int]:
    """Indices of candidates that may be accessory ossicles of the wrist: like a sesamoid, free, close to carpal bone.

    A stone of the same size and density looks alike, so these are a reader's to judge.
    """
    found = set()
    for n, candidate in enumerate(candidates):
        axes = principal_axes(candidate.voxels, geometry)
        alike = _is_compact(axes) and _density(candidate, cortex_hu, soft_hu) > SESAMOID_DENSITY
        size = candidate.volume_mm3 < LARGEST_OSSICLE_MM3 * anatomy.scale**3
        close = candidate.flatness < OSSICLE_CONTACT and candidate.beyond_mm < OSSICLE_BEYOND_MM
        if alike and size and close and in_carpus(anatomy, axes.centre):
            found.add(n)
    return found


def _is_compact(axes: Axes, most: float = COMPACT) -> bool:
    return bool(axes.spread_mm[0] < most * axes.spread_mm[2])


def _density(candidate: Candidate, cortex_hu: float, soft_hu: float) -> float:
    return (candidate.peak_hu - soft_hu) / max(cortex_hu - soft_hu, 1.0)


def _palmar_share(centre: NDArray[np.float64], bone: NamedBone, palmar: NDArray[np.float64], scale: float) -> float:
    """Share of the way from the bone's axis that points to the palm; 0 away from the bone's head."""
    offset = centre - bone.distal
    along = float(offset @ bone.axis)
    across = offset - along * bone.axis
    distance = float(np.linalg.norm(across))
    near = SESAMOID_ALONG_MM[0] < along / scale < SESAMOID_ALONG_MM[1] and distance < SESAMOID_ACROSS_MM * scale
    return float(across @ palmar) / max(distance, 1e-6) if near else 0.0
