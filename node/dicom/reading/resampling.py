"""A volume on the grid of another with parallel axes: cubic convolution along each axis (Keys 1981, a = -1/2).

At whole voxels it changes nothing; it keeps the integral, so that mass and ratio of a deposit stay what they were.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
from numpy.typing import NDArray

from node.domain.grids import GridMap
from node.domain.volume import Int16Array

Taps = tuple[NDArray[np.intp], NDArray[np.float32]]
"""Indices (n, 4) and weights (n, 4) of what each of n positions is made from."""
_INT16 = np.iinfo(np.int16)


def resampled(hu: Int16Array, where: GridMap, shape: tuple[int, int, int]) -> Int16Array:
    """``hu`` (z, y, x) at the voxels of a grid of ``shape`` that ``where`` places in it; the border goes on outside."""
    z, y, x = (_taps(*args) for args in zip(shape, where.scale, where.offset, hu.shape, strict=True))
    found = np.empty(shape, np.int16)

    def plane(k: int) -> None:
        through = sum(weight * hu[index] for index, weight in zip(z[0][k], z[1][k], strict=True) if weight)
        rows = _along_rows(cast(NDArray[np.float32], through), y)
        values = np.ascontiguousarray(_along_rows(np.ascontiguousarray(rows.T), x).T)
        found[k] = np.clip(np.rint(values), _INT16.min, _INT16.max)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(plane, range(shape[0])))
    return found


def _along_rows(plane: NDArray[np.float32], taps: Taps) -> NDArray[np.float32]:
    """Each row of the result from four rows of ``plane`` (rows, columns)."""
    index, weight = taps
    total = weight[:, 0, None] * plane[index[:, 0]]
    for tap in range(1, 4):
        total += weight[:, tap, None] * plane[index[:, tap]]
    return total


def _taps(count: int, scale: float, offset: float, available: int) -> Taps:
    position = np.clip(np.arange(count) * scale + offset, 0.0, available - 1.0)
    first = np.floor(position).astype(np.intp)
    distance = np.abs(position[:, None] - (first[:, None] + np.arange(-1, 3)))
    index = np.clip(first[:, None] + np.arange(-1, 3), 0, available - 1)
    return index, _keys(distance).astype(np.float32)


def _keys(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys, Cubic convolution interpolation for digital image processing, IEEE ASSP-29 (1981), equation 15."""
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1.0
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4.0 * distance + 2.0
    return np.where(distance <= 1.0, near, np.where(distance < 2.0, far, 0.0))
