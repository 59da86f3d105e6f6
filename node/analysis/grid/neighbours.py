"""Which voxels of a list lie side by side."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.neighbours import link_neighbours, mark_surface

Int64Array = NDArray[np.int64]


def neighbours_of(voxels: Int64Array, shape: tuple[int, int, int]) -> NDArray[np.int32]:
    """Places int32 (n, 6) of the neighbours of the voxels of a list (``kernels.neighbours``), flat indices."""
    neighbours = np.empty((len(voxels), 6), np.int32)
    link_neighbours(voxels, *shape, neighbours)
    return neighbours


def on_surface(voxels: Int64Array, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Which voxels of a list have a face with one that is not in it; none with what lies beyond the border."""
    surface = np.empty(len(voxels), bool)
    mark_surface(neighbours_of(voxels, shape), surface)
    return surface
