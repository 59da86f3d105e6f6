"""Step 8: mineral in soft tissue that is no calcinosis: arterial walls, sesamoids, metal."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.compartment import local_palmar
from node.analysis.anatomy.model import HandAnatomy, NamedBone
from node.analysis.candidates import Candidate
from node.domain.volume import Geometry

METAL_HU = 3000
STREAK_MM = 5.0
VESSEL_LENGTH_MM = 12.0
VESSEL_SLENDERNESS = 4.0
VESSEL_RADIUS_MM = 1.9
"""Root mean square distance of the wall from the axis; radial and ulnar artery measure 2 to 3 mm across."""
CHAIN_OFF_AXIS_MM = 6.0
CHAIN_GAP_MM = 25.0
BROKEN_GAP_MM = 12.0
BROKEN_ALIGNMENT = 0.94
BROKEN_SLENDERNESS = 1.6
"""Arterial wall calcifies in pieces: two of them slender and in line within 20° are one artery."""
ROW_ALIGNMENT, ROW_SLENDERNESS, ROW_POINTING = 0.94, 1.4, 0.85
"""So are three that follow each other within 20°, when two of them are longer than wide and point along the row."""
SESAMOID_REACH_MM = 13.0
SESAMOID_ALONG_MM = 8.0
SESAMOID_DENSITY = 0.5
"""Level over that of the limb's cortical bone: a sesamoid has a cortex of its own."""
SESAMOIDS_AT = {"MC1": (2, 120.0), "MC2": (1, 50.0), "MC5": (1, 50.0), "PP1": (1, 45.0)}
"""How many at the head of which bone, and how large at most, mm³ [K]."""
THUMB = "MC1"
THUMB_DENSITY = 0.35
THUMB_PALMAR_SHARE = -0.3
"""Every thumb has its two, beside and before the head of the first metacarpal, whose palmar side is only roughly
known; elsewhere the place must be plainly palmar."""
PALMAR_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Axes:
    """Principal axes of a set of voxels in LPS mm: root mean square extents, longest first, and directions as rows."""

    centre: NDArray[np.float64]
    spread_mm: NDArray[np.float64]
    direction: NDArray[np.float64]
    length_mm: float


def principal_axes(voxels: NDArray[np.int64], geometry: Geometry) -> Axes:
    """Axes of voxels (n, 3) z, y, x; each voxel counts with its own extent, so that a single one has one too."""
    points = geometry.to_lps_mm(voxels.astype(np.float64))
    centre = points.mean(axis=0)
    spread = np.atleast_2d(np.cov((points - centre).T, bias=True)) if len(points) > 1 else np.zeros((3, 3))
    cell = geometry.affine[:3, :3] @ geometry.affine[:3, :3].T / 12.0
    variance, directions = np.linalg.eigh(spread + cell)
    along = (points - centre) @ directions[:, -1]
    return Axes(centre, np.sqrt(variance[::-1]), directions[:, ::-1].T, float(np.ptp(along)))


def vessels(candidates: Sequence[Candidate], geometry: Geometry) -> set[int]:
    """Indices of candidates that are calcified arterial wall: slender tubes, and bits in line with one."""
    axes = [principal_axes(c.voxels, geometry) for c in candidates]
    tubes = {n for n, (c, a) in enumerate(zip(candidates, axes, strict=True)) if _is_tube(c, a)}
    for first, second in combinations(range(len(axes)), 2):
        if _is_broken_tube(axes[first], axes[second]):
            tubes |= {first, second}
    for row in _rows([n for n, own in enumerate(axes) if _is_thin(own)], axes):
        tubes |= set(row)
    short = {n for n, own in enumerate(axes) if _is_thin(own) and own.length_mm < 2 * VESSEL_LENGTH_MM} - tubes
    found = tubes | {n for n in short if any(_continues(axes[t], axes[n]) for t in tubes)}
    while more := {n for n in short - found if _follows(axes[n], [axes[m] for m in sorted(found)])}:
        found |= more
    return found


def _follows(own: Axes, known: list[Axes]) -> bool:
    """True for a bit that stands in one row with two others that are known to be one artery's."""
    return any(_is_near(own, a) and _is_near(a, b) and _in_line(own, a, b) for a in known for b in known if a is not b)


def _is_broken_tube(a: Axes, b: Axes) -> bool:
    """True for two thin slender bits one behind the other in one line."""
    line = b.centre - a.centre
    distance = float(np.linalg.norm(line))
    if distance < 1.0 or distance > BROKEN_GAP_MM + 0.5 * (a.length_mm + b.length_mm):
        return False
    aligned = [abs(float(axes.direction[0] @ line)) / distance > BROKEN_ALIGNMENT for axes in (a, b)]
    slender = [axes.spread_mm[0] > BROKEN_SLENDERNESS * axes.spread_mm[1] for axes in (a, b)]
    return all(aligned) and all(slender) and _is_thin(a) and _is_thin(b)


def _rows(thin: list[int], axes: list[Axes]) -> list[tuple[int, int, int]]:
    """Threes of thin bits one behind the other, two of which also point along the row."""
    after = {n: [m for m in thin if _is_near(axes[n], axes[m])] for n in thin}
    return [(a, b, c) for b in thin for a, c in combinations(after[b], 2) if _is_row(axes[a], axes[b], axes[c])]


def _is_row(a: Axes, b: Axes, c: Axes) -> bool:
    if not _in_line(a, b, c):
        return False
    along = (c.centre - a.centre) / np.linalg.norm(c.centre - a.centre)
    pointing = [
        axes.spread_mm[0] > ROW_SLENDERNESS * axes.spread_mm[1] and abs(float(axes.direction[0] @ along)) > ROW_POINTING
        for axes in (a, b, c)
    ]
    return pointing.count(True) > 1


def _in_line(a: Axes, b: Axes, c: Axes) -> bool:
    first, second = b.centre - a.centre, c.centre - b.centre
    return float(first @ second) >= ROW_ALIGNMENT * float(np.linalg.norm(first)) * float(np.linalg.norm(second))


def _is_near(a: Axes, b: Axes) -> bool:
    """True for two pieces with no more between them than an artery leaves out."""
    return 1.0 < float(np.linalg.norm(b.centre - a.centre)) < BROKEN_GAP_MM + _half_lengths(a, b)


def _half_lengths(a: Axes, b: Axes) -> float:
    return 0.5 * (a.length_mm + b.length_mm)


def _is_thin(axes: Axes) -> bool:
    return float(np.hypot(axes.spread_mm[1], axes.spread_mm[2])) < VESSEL_RADIUS_MM


def _is_tube(candidate: Candidate, axes: Axes) -> bool:
    round_section = axes.spread_mm[1] < 2.5 * axes.spread_mm[2]
    slender = axes.spread_mm[0] > VESSEL_SLENDERNESS * axes.spread_mm[1]
    free = candidate.contact_mm2 < 0.1 * candidate.volume_mm3
    return bool(_is_thin(axes) and round_section and slender and free and axes.length_mm > VESSEL_LENGTH_MM)


def _continues(tube: Axes, other: Axes) -> bool:
    """True where ``other`` lies near the line of ``tube``, not too far beyond its end."""
    offset = other.centre - tube.centre
    along = float(offset @ tube.direction[0])
    off_axis = float(np.linalg.norm(offset - along * tube.direction[0]))
    beyond = abs(along) - 0.5 * tube.length_mm - 0.5 * other.length_mm
    return off_axis < CHAIN_OFF_AXIS_MM and beyond < CHAIN_GAP_MM


def sesamoids(
    candidates: Sequence[Candidate], anatomy: HandAnatomy, geometry: Geometry, cortex_hu: float, soft_hu: float
) -> set[int]:
    """Indices of candidates that are sesamoid bones: compact, dense, palmar of the joints that have them."""
    axes = [principal_axes(c.voxels, geometry) for c in candidates]
    found: set[int] = set()
    for name, (most, largest_mm3) in SESAMOIDS_AT.items():
        bone = anatomy.named(name)
        palmar = local_palmar(anatomy, bone) if bone is not None else None
        if bone is None or palmar is None:
            continue
        shares = {
            n: share
            for n, (candidate, own) in enumerate(zip(candidates, axes, strict=True))
            if candidate.volume_mm3 < largest_mm3
            and _is_compact(own)
            and _density(candidate, cortex_hu, soft_hu) > (THUMB_DENSITY if name == THUMB else SESAMOID_DENSITY)
            and (share := _palmar_share(own.centre, bone, palmar)) is not None
            and share > (THUMB_PALMAR_SHARE if name == THUMB else PALMAR_SHARE)
        }
        found |= set(sorted(shares, key=lambda n: -shares[n])[:most])
    return found


def _is_compact(axes: Axes) -> bool:
    return bool(axes.spread_mm[0] < 2.2 * axes.spread_mm[2])


def _density(candidate: Candidate, cortex_hu: float, soft_hu: float) -> float:
    return (candidate.peak_hu - soft_hu) / max(cortex_hu - soft_hu, 1.0)


def _palmar_share(centre: NDArray[np.float64], bone: NamedBone, palmar: NDArray[np.float64]) -> float | None:
    """Share of the way from the bone's axis that points to the palm; None away from the bone's head."""
    offset = centre - bone.distal
    along = float(offset @ bone.axis)
    across = offset - along * bone.axis
    if abs(along) > SESAMOID_ALONG_MM or float(np.linalg.norm(offset)) > SESAMOID_REACH_MM:
        return None
    return float(across @ palmar) / max(float(np.linalg.norm(across)), 1e-6)
