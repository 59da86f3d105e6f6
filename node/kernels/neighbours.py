"""Neighbours of the voxels of a list, so that a flood needs neither the grid nor its air.

A list of voxels is their flat indices, int64, ascending; voxel n of it is spoken of by its place n.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel

UNLISTED, NO_VOXEL = -1, -2
"""In place of a neighbour: it is not in the list, or the grid ends there."""


@kernel("void(int64[::1], int64, int64, int64, int32[:,::1])")
def link_neighbours(voxels: NDArray[np.int64], nz: int, ny: int, nx: int, neighbours: NDArray[np.int32]) -> None:
    """Place of the neighbour of each voxel over each of its six faces: z below, z above, y, y, x, x.

    ``neighbours`` int32 (voxels, 6) is written. One pass: along each axis a second place runs ahead of the first.
    """
    step, ahead = (ny * nx, nx, 1), np.zeros(3, np.int64)
    neighbours[:] = UNLISTED
    for n in range(voxels.size):
        voxel = voxels[n]
        row = voxel // nx
        z, y, x = row // ny, row % ny, voxel % nx
        first, last = (z == 0, y == 0, x == 0), (z == nz - 1, y == ny - 1, x == nx - 1)
        for axis in range(3):
            if first[axis]:
                neighbours[n, 2 * axis] = NO_VOXEL
            if last[axis]:
                neighbours[n, 2 * axis + 1] = NO_VOXEL
                continue
            wanted, place = voxel + step[axis], ahead[axis]
            while place < voxels.size and voxels[place] < wanted:
                place += 1
            ahead[axis] = place
            if place < voxels.size and voxels[place] == wanted:
                neighbours[n, 2 * axis + 1] = place
                neighbours[place, 2 * axis] = n
