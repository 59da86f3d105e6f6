"""Watershed of a grey image from markers."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.buckets import append
from node.kernels.jit import kernel


@kernel("void(int16[:,:,::1], int32[:,:,::1], int64, int64, int64, int32[:,:,::1], int32[::1], int32[::1], int32[::1])")
def flood_markers(
    image: NDArray[np.int16],
    spans: NDArray[np.int32],
    lowest: int,
    floor: int,
    highest: int,
    labels: NDArray[np.int32],
    head: NDArray[np.int32],
    tail: NDArray[np.int32],
    following: NDArray[np.int32],
) -> None:
    """Seeded watershed of what is above ``floor``, flooding upwards: a voxel joins the flood that reaches it first.

    image int16 (z, y, x). ``labels`` int32: markers > 0, all else 0; changed in place. All unmarked voxels at or below
    ``floor`` are one more marker, the outside, whose voxels stay 0. ``spans`` hold all that is marked or above
    ``floor`` and its neighbours. Levels are clipped to [lowest, highest]. head, tail int32 (highest - lowest + 1),
    following int32 (voxels): work space.
    Meyer's algorithm with a first-in-first-out queue a level (Vincent & Soille 1991, 10.1109/34.87344), 6-connected.
    """
    nz, ny, nx = image.shape
    plane = ny * nx
    values, label = image.ravel(), labels.ravel()
    step = np.array([-plane, plane, -nx, nx, -1, 1])
    head[:] = -1
    for z in range(nz):
        for y in range(ny):
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                voxel = z * plane + y * nx + x
                mine = label[voxel]
                if mine < 0 or (mine == 0 and values[voxel] <= floor):
                    continue
                inside = (z > 0, z < nz - 1, y > 0, y < ny - 1, x > 0, x < nx - 1)
                for side in range(6):
                    if not inside[side]:
                        continue
                    other = voxel + step[side]
                    if mine > 0:
                        if label[other] == 0 and values[other] > floor:
                            slot = min(max(values[voxel], lowest), highest) - lowest
                            append(head, tail, following, slot, voxel)
                            break
                    elif label[other] == 0 and values[other] <= floor:
                        label[other] = -1
                        append(head, tail, following, max(values[other], lowest) - lowest, other)
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
            if label[other] != 0 or values[other] <= floor:
                continue
            label[other] = label[voxel]
            slot = max(min(values[other], highest) - lowest, bucket)
            append(head, tail, following, slot, other)
    for z in range(nz):
        for y in range(ny):
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                labels[z, y, x] = max(labels[z, y, x], 0)
