"""Watershed of a grey image from markers."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel("void(int16[:,:,::1], int32[:,:,::1], int64, int64, int32[::1], int32[::1], int32[::1])")
def flood_markers(
    image: NDArray[np.int16],
    labels: NDArray[np.int32],
    lowest: int,
    highest: int,
    head: NDArray[np.int32],
    tail: NDArray[np.int32],
    following: NDArray[np.int32],
) -> None:
    """Seeded watershed, flooding upwards: a voxel joins the marker whose flood reaches it first.

    image int16 (z, y, x), clipped to [lowest, highest]; labels int32, markers > 0, 0 to be flooded, < 0 a wall;
    changed in place. head, tail int32 (highest - lowest + 1), following int32 (voxels) are work space.
    Meyer's algorithm with a first-in-first-out queue a level (Vincent & Soille 1991, 10.1109/34.87344), 6-connected.
    """
    nz, ny, nx = image.shape
    plane = ny * nx
    values, label = image.ravel(), labels.ravel()
    step = np.array([-plane, plane, -nx, nx, -1, 1])
    head[:] = -1
    for voxel in range(nz * plane):
        if label[voxel] <= 0:
            continue
        z = voxel // plane
        y = (voxel - z * plane) // nx
        x = voxel - z * plane - y * nx
        inside = (z > 0, z < nz - 1, y > 0, y < ny - 1, x > 0, x < nx - 1)
        for side in range(6):
            if inside[side] and label[voxel + step[side]] == 0:
                level = min(max(values[voxel], lowest), highest) - lowest
                following[voxel] = -1
                if head[level] < 0:
                    head[level] = voxel
                else:
                    following[tail[level]] = voxel
                tail[level] = voxel
                break
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
            if label[other] != 0:
                continue
            label[other] = label[voxel]
            level = max(min(max(values[other], lowest), highest) - lowest, bucket)
            following[other] = -1
            if head[level] < 0:
                head[level] = other
            else:
                following[tail[level]] = other
            tail[level] = other
