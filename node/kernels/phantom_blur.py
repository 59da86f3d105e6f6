"""Separable blur of a volume slice by slice: the in-plane point spread, then the slice profile."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel("void(Array(float32, 2, 'C', True), Array(float32, 1, 'C', True), float32[:, ::1], float32[:, ::1])")
def blur_plane(
    plane: NDArray[np.float32], weights: NDArray[np.float32], scratch: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Filter a (rows, columns) plane along both axes with odd symmetric ``weights``; edges repeat."""
    rows, columns = plane.shape
    reach = weights.size // 2
    for j in range(rows):
        for i in range(columns):
            scratch[j, i] = np.float32(0.0)
        for n in range(weights.size):
            source = plane[min(max(j + n - reach, 0), rows - 1)]
            w = weights[n]
            for i in range(columns):
                scratch[j, i] += w * source[i]
    for j in range(rows):
        for i in range(columns):
            out[j, i] = np.float32(0.0)
        for n in range(weights.size):
            w = weights[n]
            shift = n - reach
            first = min(max(-shift, 0), columns)
            last = max(min(columns - shift, columns), 0)
            for i in range(first):
                out[j, i] += w * scratch[j, 0]
            for i in range(first, last):
                out[j, i] += w * scratch[j, i + shift]
            for i in range(last, columns):
                out[j, i] += w * scratch[j, columns - 1]


@kernel("void(Array(float32, 3, 'C', True), Array(float32, 1, 'C', True), int64, float32[:, ::1])")
def blur_depth(volume: NDArray[np.float32], weights: NDArray[np.float32], k: int, out: NDArray[np.float32]) -> None:
    """Slice ``k`` of a (z, y, x) volume filtered along z with odd symmetric ``weights``; edges repeat."""
    depth, rows, columns = volume.shape
    reach = weights.size // 2
    for j in range(rows):
        for i in range(columns):
            out[j, i] = np.float32(0.0)
        for n in range(weights.size):
            source = volume[min(max(k + n - reach, 0), depth - 1), j]
            w = weights[n]
            for i in range(columns):
                out[j, i] += w * source[i]
