"""Watershed of a grey image from markers."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.buckets import append
from node.kernels.jit import kernel

OUTSIDE = -1
PENDING = -2
"""A voxel that no flood has reached yet stands for PENDING less its level: one number tells both."""


@kernel("void(int16[::1], int64, int64, int64, int32[::1])")
def mark_pending(image: NDArray[np.int16], lowest: int, floor: int, highest: int, labels: NDArray[np.int32]) -> None:
    """Write the level over ``lowest`` of each unmarked voxel above ``floor`` in place of its label 0."""
    for voxel in range(image.size):
        if labels[voxel] == 0 and image[voxel] > floor:
            labels[voxel] = PENDING - (min(max(image[voxel], lowest), highest) - lowest)


@kernel("void(int32[:,::1], int16[::1], int64, int64, int32[::1], int32[::1], int32[::1], int32[::1])")
def append_markers(
    neighbours: NDArray[np.int32],
    image: NDArray[np.int16],
    lowest: int,
    highest: int,
    labels: NDArray[np.int32],
    head: NDArray[np.int32],
    tail: NDArray[np.int32],
    following: NDArray[np.int32],
) -> None:
    """Queue each marked voxel, and each that is OUTSIDE, beside a pending one."""
    head[:] = -1
    for voxel in range(image.size):
        mine = labels[voxel]
        if mine == 0 or mine == OUTSIDE:
            continue
        for side in range(6):
            other = neighbours[voxel, side]
            if other < 0:
                continue
            if mine > 0 and labels[other] <= PENDING:
                append(head, tail, following, min(max(image[voxel], lowest), highest) - lowest, voxel)
                break
            if mine <= PENDING and labels[other] == 0:
                labels[other] = OUTSIDE
                append(head, tail, following, max(image[other], lowest) - lowest, other)


@kernel("void(int32[:,::1], int16[::1], int64, int64, int64, int32[::1], int32[::1], int32[::1], int32[::1])")
def flood_markers(
    neighbours: NDArray[np.int32],
    image: NDArray[np.int16],
    lowest: int,
    floor: int,
    highest: int,
    labels: NDArray[np.int32],
    head: NDArray[np.int32],
    tail: NDArray[np.int32],
    following: NDArray[np.int32],
) -> None:
    """Seeded watershed of what is above ``floor``, flooding upwards: a voxel joins the flood that reaches it first.

    Of a list of voxels: ``neighbours`` (``kernels.neighbours``), image int16, and labels int32, changed in place:
    markers > 0, all else 0. The list holds all that is marked or above ``floor``, and its neighbours: the unmarked ones
    at or below ``floor`` are one more marker, OUTSIDE. Levels are clipped to [lowest, highest]. head, tail int32
    (highest - lowest + 1), following int32 (voxels): work space.
    Meyer's algorithm with a first-in-first-out queue a level (Vincent & Soille 1991, 10.1109/34.87344), 6-connected.
    """
    mark_pending(image, lowest, floor, highest, labels)
    append_markers(neighbours, image, lowest, highest, labels, head, tail, following)
    bucket = 0
    while bucket <= highest - lowest:
        voxel = head[bucket]
        if voxel < 0:
            bucket += 1
            continue
        head[bucket] = following[voxel]
        for side in range(6):
            other = neighbours[voxel, side]
            if other >= 0 and labels[other] <= PENDING:
                level = PENDING - labels[other]
                labels[other] = labels[voxel]
                append(head, tail, following, max(level, bucket), other)
    for voxel in range(labels.size):
        if labels[voxel] <= PENDING:
            labels[voxel] = 0
