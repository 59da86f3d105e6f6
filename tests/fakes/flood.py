"""Floods by definition: relaxed step by step until nothing changes."""

import numpy as np
from numpy.typing import NDArray

UNREACHED = np.iinfo(np.int32).max


def around(level: NDArray[np.int32]) -> NDArray[np.int32]:
    """Least value of the six neighbours; none beyond the border."""
    padded = np.pad(level, 1, constant_values=UNREACHED)
    best = np.full(level.shape, UNREACHED, np.int32)
    for axis in range(3):
        for first in (0, 2):
            window = tuple(slice(first, first + n) if a == axis else slice(1, 1 + n) for a, n in enumerate(level.shape))
            best = np.minimum(best, padded[window])
    return best


def minimax(start: NDArray[np.int32], values: NDArray[np.int32], allowed: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Least, over all 6-connected paths from a start, of the highest value met; relaxed to the fixed point.

    ``start``: level at which each voxel is a start (UNREACHED: it is none). Steps lead to ``allowed`` voxels only.
    """
    level = start.astype(np.int32)
    while True:
        best = around(level)
        step = np.where(allowed & (best < UNREACHED), np.maximum(best, values), UNREACHED)
        lower = np.minimum(level, step)
        if (lower == level).all():
            return level
        level = lower
