"""Queues of voxels by level, for floods: linked lists in two flat arrays, one head a level.

``head`` int32 (levels), -1 for an empty one; ``following`` int32 (voxels), the next voxel of the same level.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel("void(int32[::1], int32[::1], int64, int64)")
def push(head: NDArray[np.int32], following: NDArray[np.int32], slot: int, voxel: int) -> None:
    """Put a voxel before all others of its level: last in, first out."""
    following[voxel] = head[slot]
    head[slot] = voxel


@kernel("void(int32[::1], int32[::1], int32[::1], int64, int64)")
def append(
    head: NDArray[np.int32], tail: NDArray[np.int32], following: NDArray[np.int32], slot: int, voxel: int
) -> None:
    """Put a voxel behind all others of its level: first in, first out. ``tail`` int32 (levels): the last ones."""
    following[voxel] = -1
    if head[slot] < 0:
        head[slot] = voxel
    else:
        following[tail[slot]] = voxel
    tail[slot] = voxel
