"""How the grids of two stacks lie to one another, and whether one image can be put onto the other's grid."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from node.domain.volume import Float64Array, Geometry

SAME_VOXELS = 0.1
"""Grids whose corners differ by less than this share of a voxel are one grid; scanners round to 0.01 mm."""
LARGEST_RESIDUAL_VOXELS = 0.5
LARGEST_SCALE = 1.1
"""Above this ratio of spacings the two images differ in sharpness, not only in place."""
LARGEST_OVERHANG_VOXELS = 1.0
"""How far a grid may reach beyond the image that is put onto it; there the image's last plane is taken."""


@dataclass(frozen=True)
class GridMap:
    """Index in the one grid = ``scale`` × index in the other + ``offset``, each in (z, y, x) order."""

    scale: tuple[float, float, float]
    offset: tuple[float, float, float]


def on_one_grid(ours: Geometry, theirs: Geometry) -> bool:
    """True where both grids have the same shape and every corner at the same place, but for rounding."""
    if ours.shape != theirs.shape:
        return False
    corners = _corners(ours)
    apart = np.abs(theirs.to_index_zyx(ours.to_lps_mm(corners)) - corners)
    return float(apart.max()) <= SAME_VOXELS


def grid_map(ours: Geometry, theirs: Geometry) -> GridMap:
    """Where the voxels of ``ours`` lie in ``theirs``, taking the axes for parallel; exact in the middle."""
    scale = np.diag(_linear(ours, theirs))
    middle = (np.asarray(ours.shape) - 1.0) / 2.0
    offset = theirs.to_index_zyx(ours.to_lps_mm(middle[None]))[0] - scale * middle
    z, y, x = (float(s) for s in scale)
    return GridMap((z, y, x), (float(offset[0]), float(offset[1]), float(offset[2])))


def why_not_registrable(ours: Geometry, theirs: Geometry) -> str:
    """Why an image on ``theirs`` cannot be put onto ``ours``; empty where it can."""
    found = grid_map(ours, theirs)
    ratio = max(max(s, 1.0 / s) if s > 0.0 else np.inf for s in found.scale)
    if ratio > LARGEST_SCALE:
        return "spacing or orientation differ too much"
    corners = _corners(ours)
    placed = corners * found.scale + found.offset
    residual = float(np.abs(theirs.to_index_zyx(ours.to_lps_mm(corners)) - placed).max())
    if residual > LARGEST_RESIDUAL_VOXELS:
        return f"their planes are turned against each other, by {residual:.1f} voxels at the corners"
    overhang = max(float(-placed.min()), float((placed - (np.asarray(theirs.shape) - 1.0)).max()))
    if overhang > LARGEST_OVERHANG_VOXELS:
        return f"one reaches {overhang:.1f} voxels beyond the other"
    return ""


def _linear(ours: Geometry, theirs: Geometry) -> Float64Array:
    """(3, 3): change of the index in ``theirs`` with the index in ``ours``, both (z, y, x)."""
    steps = np.linalg.solve(theirs.affine[:3, :3], ours.affine[:3, :3])
    return np.asarray(steps[::-1, ::-1], dtype=np.float64)


def _corners(geometry: Geometry) -> Float64Array:
    return np.array(list(product(*((0.0, n - 1.0) for n in geometry.shape))))
