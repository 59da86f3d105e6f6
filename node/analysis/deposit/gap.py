"""Step 10: soft tissue between a deposit and a bone.

A gap narrower than two voxels is no break of the image but a dip: the boundary at half maximum closes it, and the
distance to the bone's surface alone says contact. Lines from the deposit to the solid bone behind it tell: where
nothing but mineral lies on them, the image does not fall below the paler end.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import KDTree

from node.analysis.bone.skeleton import Skeleton
from node.domain.volume import Float64Array

NEAR_MM: Final = 0.75
"""Lines begin in voxels of the deposit this near to the usual surface of a bone …"""
DEEPER_MM: Final = 0.6
"""… this far on its inner side, where its own edge no longer lowers the image …"""
SOLID_MM: Final = 0.7
"""… and end this far below the usual surface."""
FARTHEST_MM: Final = 3.0
"""No solid bone that far away is the one touched: longer lines would cross into the next bone."""
STEPS, END_STEPS = 21, 3
"""Samples on a line, under 0.2 mm apart, and how many of the last ones are bone."""
TOUCHING_SHARE: Final = 0.1
"""Share of the lines that have no dip where a deposit touches: most of a large one lies farther away."""
Int64Array = NDArray[np.int64]


def dip_towards_bone(
    voxels: Int64Array,
    image: NDArray[np.int16],
    soft_hu: float,
    level: float,
    skeleton: Skeleton,
    spacing_mm: tuple[float, ...],
) -> float | None:
    """Fall of ``image`` (z, y, x; HU) between a deposit and bone, as a share of the paler of the two.

    0 or less where lines from the deposit (``voxels`` (n, 3), of the usual ``level`` over ``soft_hu``) to bone stay in
    mineral; None where no bone is near.
    """
    spacing = np.asarray(spacing_mm)
    box = _around(voxels, skeleton.labels.shape, FARTHEST_MM / spacing)
    beyond = skeleton.beyond_mm(box)
    solid = np.argwhere((beyond < -SOLID_MM) & ~skeleton.marrow[box])
    near = voxels - [part.start for part in box]
    near = near[beyond[tuple(near.T)] < NEAR_MM]
    if not len(solid) or not len(near):
        return None
    begin, end = near * spacing, solid * spacing
    distance, nearest = KDTree(end).query(begin, distance_upper_bound=FARTHEST_MM)
    hit = np.isfinite(distance)
    if not hit.any():
        return None
    begin, end, distance = begin[hit], end[nearest[hit]], distance[hit]
    begin += (begin - end) * (DEEPER_MM / distance)[:, None]
    profile = _profiles(image[box] - np.float32(soft_hu), begin, end, spacing)
    paler = np.minimum(level, profile[:, -END_STEPS:].max(axis=1))
    return float(np.quantile(1.0 - profile.min(axis=1) / np.maximum(paler, 1.0), TOUCHING_SHARE))


def _around(voxels: Int64Array, shape: tuple[int, ...], margin: Float64Array) -> tuple[slice, ...]:
    first = np.maximum(voxels.min(axis=0) - np.ceil(margin).astype(int), 0)
    last = np.minimum(voxels.max(axis=0) + np.ceil(margin).astype(int) + 1, shape)
    return tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))


def _profiles(
    image: NDArray[np.float32], begin: Float64Array, end: Float64Array, spacing: Float64Array
) -> Float64Array:
    """The image (n, STEPS) on straight lines between points (n, 3) in mm."""
    share = np.linspace(0.0, 1.0, STEPS)[None, :, None]
    points = (begin[:, None] * (1.0 - share) + end[:, None] * share) / spacing
    values = map_coordinates(image, points.reshape(-1, 3).T, order=1, mode="nearest")
    return np.asarray(values, np.float64).reshape(len(begin), STEPS)
