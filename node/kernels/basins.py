"""Basins of a grey image: the level at which each voxel would spill over to the outside."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel("void(int16[:,:,::1], uint8[:,:,::1], int64, int64, int16[:,:,::1], int32[::1], int32[::1])")
def fill_basins(
    image: NDArray[np.int16],
    outside: NDArray[np.uint8],
    lowest: int,
    highest: int,
    filled: NDArray[np.int16],
    head: NDArray[np.int32],
    following: NDArray[np.int32],
) -> None:
    """Morphological reconstruction by erosion: min over paths from outside of the path's highest value.

    image int16 (z, y, x); outside uint8, 1 where the flood starts; filled int16, the result, clipped to
    [lowest, highest]; head int32 (highest - lowest + 1) and following int32 (voxels) are work space.
    A priority flood over buckets (Barnes, Lehman, Mulla 2014, 10.1016/j.cageo.2013.04.024), 6-connected.
    """
    nz, ny, nx = image.shape
    plane = ny * nx
    voxels = nz * plane
    values, start, level = image.ravel(), outside.ravel(), filled.ravel()
    unseen = np.int16(highest + 1)
    step = np.array([-plane, plane, -nx, nx, -1, 1])
    head[:] = -1
    for voxel in range(voxels):
        if start[voxel] == 0:
            level[voxel] = unseen
        else:
            level[voxel] = lowest
            following[voxel] = head[0]
            head[0] = voxel
    bucket = 0
    while bucket <= highest - lowest:
        voxel = head[bucket]
        if voxel < 0:
            bucket += 1
            continue
        head[bucket] = following[voxel]
        z = voxel // plane
        y = (voxel - z * plane) // nx
        x = voxel - z * plane - y * nx
        inside = (z > 0, z < nz - 1, y > 0, y < ny - 1, x > 0, x < nx - 1)
        for side in range(6):
            if not inside[side]:
                continue
            other = voxel + step[side]
            if level[other] != unseen:
                continue
            spill = min(max(values[other], bucket + lowest), highest)
            level[other] = spill
            following[other] = head[spill - lowest]
            head[spill - lowest] = other
