"""Means over small boxes on a coarse lattice of a volume."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over


@kernel("void(int32[::1], int16[::1])")
def add_values(total: NDArray[np.int32], values: NDArray[np.int16]) -> None:
    """total += values."""
    for x in range(total.size):
        total[x] += values[x]


@kernel("void(int16[:,:,::1], Array(boolean, 3, 'C', True), int64[::1], int64[::1], float32[:,:,::1])", parallel=True)
def lattice_means(
    image: NDArray[np.int16],
    body: NDArray[np.bool_],
    stride: NDArray[np.int64],
    half: NDArray[np.int64],
    means: NDArray[np.float32],
) -> None:
    """Mean of ``image`` (z, y, x) over ± ``half`` voxels around every ``stride``-th voxel; NaN outside of ``body``.

    The columns under a row of the lattice are added up first, as all its boxes share them.
    """
    nz, ny, nx = image.shape
    step = step_over(means.shape[0])
    for turn in prange(means.shape[0]):
        i = turn * step % means.shape[0]
        z = i * stride[0]
        bottom, top = max(0, z - half[0]), min(nz, z + half[0] + 1)
        columns = np.empty(nx, np.int32)
        for j in range(means.shape[1]):
            y = j * stride[1]
            first, last = nx, 0
            for k in range(means.shape[2]):
                means[i, j, k] = np.float32(np.nan)
                if body[z, y, k * stride[2]]:
                    first, last = min(first, k), k + 1
            if first >= last:
                continue
            front, back = max(0, y - half[1]), min(ny, y + half[1] + 1)
            begin, end = max(0, first * stride[2] - half[2]), min(nx, (last - 1) * stride[2] + half[2] + 1)
            columns[begin:end] = 0
            for v in range(bottom, top):
                for w in range(front, back):
                    add_values(columns[begin:end], image[v, w, begin:end])
            for k in range(first, last):
                x = k * stride[2]
                if body[z, y, x]:
                    left, right = max(0, x - half[2]), min(nx, x + half[2] + 1)
                    count = (top - bottom) * (back - front) * (right - left)
                    means[i, j, k] = np.float32(columns[left:right].sum() / count)
