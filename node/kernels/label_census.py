"""Counts the voxels of every label and draws an evenly thinned sample of their places, in scan order."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over


@kernel("void(Array(int32, 3, 'C', True), int64[:,::1], boolean[:,::1])", parallel=True)
def label_census(labels: NDArray[np.int32], counts: NDArray[np.int64], at_border: NDArray[np.bool_]) -> None:
    """Count the voxels of each label slice by slice and mark the labels that reach the border of the array there.

    ``labels`` int32 (z, y, x), values 0 … n; ``counts`` int64 (z, n + 1) and ``at_border`` bool (z, n + 1) are zeroed
    by the caller.
    """
    depth, height, width = labels.shape
    step = step_over(depth)
    for turn in prange(depth):
        z = turn * step % depth
        edge_z = z == 0 or z == depth - 1
        for y in range(height):
            edge_y = edge_z or y == 0 or y == height - 1
            for x in range(width):
                label = labels[z, y, x]
                if label > 0:
                    counts[z, label] += 1
                    if edge_y or x == 0 or x == width - 1:
                        at_border[z, label] = True


@kernel("void(Array(int32, 3, 'C', True), int64[::1], int64[:,::1], int64[::1], int32[:, ::1])", parallel=True)
def label_sample(
    labels: NDArray[np.int32],
    stride: NDArray[np.int64],
    before: NDArray[np.int64],
    offset: NDArray[np.int64],
    places: NDArray[np.int32],
) -> None:
    """Write the (z, y, x) of every ``stride[label]``-th voxel of each label to ``places`` from row ``offset[label]``.

    ``before`` int64 (z, n + 1): voxels of each label in the slices before each. ``places`` is int32 (m, 3) with room
    for ``ceil(count / stride)`` rows a label.
    """
    depth, height, width = labels.shape
    step = step_over(depth)
    for turn in prange(depth):
        z = turn * step % depth
        seen = before[z].copy()
        for y in range(height):
            for x in range(width):
                label = labels[z, y, x]
                if label > 0:
                    number = seen[label]
                    seen[label] = number + 1
                    if number % stride[label] == 0:
                        row = offset[label] + number // stride[label]
                        places[row, 0] = z
                        places[row, 1] = y
                        places[row, 2] = x
