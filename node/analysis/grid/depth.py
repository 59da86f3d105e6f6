"""Depth inside a body: distance to what does not belong to it."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.depth import depth_inside

FloatArray = NDArray[np.float32]
Spacing = tuple[float, float, float]


def depth_inside_mm(inside: NDArray[np.bool_], spacing_mm: Spacing) -> FloatArray:
    """Distance (mm) of each voxel of a mask (z, y, x) to the nearest one that is not in it, 0 for those.

    Beyond the grid the mask goes on; infinite where all of it is in the mask.
    """
    depth = np.empty(inside.shape, np.float32)
    depth_inside(np.ascontiguousarray(inside), *spacing_mm, depth)
    return depth


def depth_of_mm(voxels: NDArray[np.int64], spacing_mm: Spacing) -> FloatArray:
    """Distance (mm) of each voxel (n, 3) z, y, x of a set to the nearest one that is not in it."""
    mask, local = own_mask(voxels)
    return np.asarray(depth_inside_mm(mask, spacing_mm)[local])


def own_mask(voxels: NDArray[np.int64]) -> tuple[NDArray[np.bool_], tuple[NDArray[np.int64], ...]]:
    """A set of voxels (n, 3), n > 0, as a mask of its own with a border of one voxel, and their places in it."""
    local = tuple((voxels - voxels.min(axis=0) + 1).T)
    mask = np.zeros([int(axis.max()) + 2 for axis in local], bool)
    mask[local] = True
    return mask, local
