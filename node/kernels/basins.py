"""Basins of a grey image: the level at which each voxel would spill over to the outside."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.buckets import push
from node.kernels.jit import kernel
from node.kernels.neighbours import UNLISTED


@kernel("void(Array(boolean, 3, 'C', True), int32[:,::1], int32[:,::1], int32[::1], int64, boolean[:,:,::1])")
def drain_open_runs(
    body: NDArray[np.bool_],
    first_run: NDArray[np.int32],
    ends: NDArray[np.int32],
    number: NDArray[np.int32],
    count: int,
    held: NDArray[np.bool_],
) -> None:
    """Clear ``held`` bool (z, y, x) in all components of low voxels that the outside of the ``body`` reaches.

    ``first_run``, ``ends``, ``number`` and ``count`` are the runs and components (``kernels.runs``) of what in the
    body is low: most of all tissue, which so need not be flooded voxel by voxel.
    """
    nz, ny, nx = body.shape
    reached = np.zeros(count + 1, np.bool_)
    for clear in (False, True):
        for z in range(nz):
            for y in range(ny):
                row = z * ny + y + 1
                stop = first_run[row // ny, row % ny] if row < nz * ny else ends.shape[0]
                for run in range(first_run[z, y], stop):
                    if reached[number[run]]:
                        if clear:
                            held[z, y, ends[run, 0] : ends[run, 1]] = False
                        continue
                    before, after = ends[run, 0] - 1, ends[run, 1]
                    shore = (before >= 0 and not body[z, y, before]) or (after < nx and not body[z, y, after])
                    for x in range(ends[run, 0], ends[run, 1]):
                        shore |= z > 0 and not body[z - 1, y, x]
                        shore |= z < nz - 1 and not body[z + 1, y, x]
                        shore |= y > 0 and not body[z, y - 1, x]
                        shore |= y < ny - 1 and not body[z, y + 1, x]
                    reached[number[run]] = shore


@kernel("void(int32[:,::1], int16[::1], int64, int64, int16[::1], int32[::1], int32[::1])")
def fill_basins(
    neighbours: NDArray[np.int32],
    image: NDArray[np.int16],
    lowest: int,
    highest: int,
    filled: NDArray[np.int16],
    head: NDArray[np.int32],
    following: NDArray[np.int32],
) -> None:
    """Morphological reconstruction by erosion: min over paths from outside of the path's highest value.

    Of a list of voxels: ``neighbours`` (``kernels.neighbours``), image int16, and filled int16, the result, clipped to
    [lowest, highest], lowest > 0. The flood comes from all that is not in the list; 0 where it never comes. head int32
    (highest - lowest + 1), following int32 (voxels): work space.
    A priority flood over buckets (Barnes, Lehman, Mulla 2014, 10.1016/j.cageo.2013.04.024), 6-connected.
    """
    head[:] = -1
    filled[:] = 0
    for voxel in range(image.size):
        for side in range(6):
            if neighbours[voxel, side] == UNLISTED:
                filled[voxel] = min(max(image[voxel], lowest), highest)
                push(head, following, filled[voxel] - lowest, voxel)
                break
    bucket = 0
    while bucket <= highest - lowest:
        voxel = head[bucket]
        if voxel < 0:
            bucket += 1
            continue
        head[bucket] = following[voxel]
        for side in range(6):
            other = neighbours[voxel, side]
            if other >= 0 and filled[other] == 0:
                filled[other] = min(max(image[other], bucket + lowest), highest)
                push(head, following, filled[other] - lowest, other)
