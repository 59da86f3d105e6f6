"""Counts the voxels of every label and draws an evenly thinned sample of their places, in scan order."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel("void(Array(int32, 3, 'C', True), int64[::1], uint8[::1])")
def label_census(labels: NDArray[np.int32], counts: NDArray[np.int64], at_border: NDArray[np.uint8]) -> None:
    """Count voxels per label and mark the labels that reach the border of the array.

    ``labels`` int32 (z, y, x), values 0 … n; ``counts`` int64 (n + 1) and ``at_border`` uint8 (n + 1) are zeroed
    by the caller.
    """
    depth, height, width = labels.shape
    for z in range(depth):
        edge_z = z == 0 or z == depth - 1
        for y in range(height):
            edge_y = edge_z or y == 0 or y == height - 1
            for x in range(width):
                label = labels[z, y, x]
                if label > 0:
                    counts[label] += 1
                    if edge_y or x == 0 or x == width - 1:
                        at_border[label] = 1


@kernel("void(Array(int32, 3, 'C', True), int64[::1], int64[::1], int64[::1], int32[:, ::1])")
def label_sample(
    labels: NDArray[np.int32],
    stride: NDArray[np.int64],
    seen: NDArray[np.int64],
    offset: NDArray[np.int64],
    places: NDArray[np.int32],
) -> None:
    """Write the (z, y, x) of every ``stride[label]``-th voxel of each label to ``places`` from row ``offset[label]``.

    ``seen`` int64 (n + 1) is zeroed by the caller; on return it holds the voxel counts. ``places`` is int32 (m, 3)
    with room for ``ceil(count / stride)`` rows a label.
    """
    depth, height, width = labels.shape
    for z in range(depth):
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
