"""Neighbours of the voxels of a list, so that a flood needs neither the grid nor its air.

A list of voxels is their flat indices, int64, ascending; voxel n of it is spoken of by its place n.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.lookup import CHUNK, place_from

UNLISTED, NO_VOXEL = -1, -2
"""In place of a neighbour: it is not in the list, or the grid ends there."""


@kernel("void(int64[::1], int64, int64, int64, int32[:,::1])", parallel=True)
def link_neighbours(voxels: NDArray[np.int64], nz: int, ny: int, nx: int, neighbours: NDArray[np.int32]) -> None:
    """Place of the neighbour of each voxel over each of its six faces: z below, z above, y, y, x, x.

    ``neighbours`` int32 (voxels, 6) is written. One pass: along each axis a second place runs ahead of the first, which
    finds both voxels at a face; each chunk of voxels looks for its own.
    """
    step = (ny * nx, nx, 1)
    count = voxels.size
    neighbours[:] = UNLISTED
    for chunk in prange((count + CHUNK - 1) // CHUNK):
        ahead = np.full(3, chunk * CHUNK)
        for n in range(chunk * CHUNK, min(count, (chunk + 1) * CHUNK)):
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
                wanted = voxel + step[axis]
                place = place_from(voxels, wanted, ahead[axis])
                ahead[axis] = place
                if place < count and voxels[place] == wanted:
                    neighbours[n, 2 * axis + 1] = place
                    neighbours[place, 2 * axis] = n


@kernel("void(int32[:,::1], boolean[::1])", parallel=True)
def mark_surface(neighbours: NDArray[np.int32], surface: NDArray[np.bool_]) -> None:
    """Which voxels have a face beyond which there is a voxel that is not listed; bool (voxels) is written."""
    for n in prange(surface.size):
        found = False
        for side in range(6):
            found |= neighbours[n, side] == UNLISTED
        surface[n] = found
