"""Parallel projection of CT numbers onto a plane, bilinear, as an X-ray of one hand."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel

SOFT_FLOOR_HU = -500
BONE_FLOOR_HU = 150


@kernel(
    "void(Array(int16, 3, 'C', readonly=True), Array(float64, 2, 'C', readonly=True), "
    "Array(float64, 1, 'C', readonly=True), float64, float64[:, ::1])"
)
def splat_hu(
    hu: NDArray[np.int16],
    projection: NDArray[np.float64],
    half_space: NDArray[np.float64],
    bone_weight: float,
    image: NDArray[np.float64],
) -> None:
    """Add every voxel's absorption to ``image`` (rows, columns), float64, cleared by the caller.

    ``hu`` (z, y, x). ``projection`` (2, 4) maps the index (z, y, x, 1) to (row, column) of the image; what falls
    outside is left out. Voxels with ``half_space`` · (z, y, x, 1) < 0 or below ``SOFT_FLOOR_HU`` do not count. A
    voxel weighs (hu + 1000) / 1000, and ``bone_weight`` times its excess over ``BONE_FLOOR_HU`` / 1000 more. One
    thread, fixed order: the sum is the same every time.
    """
    rows, columns = image.shape
    for z in range(hu.shape[0]):
        for y in range(hu.shape[1]):
            for x in range(hu.shape[2]):
                value = hu[z, y, x]
                if value < SOFT_FLOOR_HU:
                    continue
                if half_space[0] * z + half_space[1] * y + half_space[2] * x + half_space[3] < 0.0:
                    continue
                weight = (value + 1000.0) / 1000.0
                if value > BONE_FLOOR_HU:
                    weight += bone_weight * (value - BONE_FLOOR_HU) / 1000.0
                row = projection[0, 0] * z + projection[0, 1] * y + projection[0, 2] * x + projection[0, 3]
                column = projection[1, 0] * z + projection[1, 1] * y + projection[1, 2] * x + projection[1, 3]
                r, c = int(np.floor(row)), int(np.floor(column))
                if r < 0 or c < 0 or r + 1 >= rows or c + 1 >= columns:
                    continue
                fr, fc = row - r, column - c
                image[r, c] += weight * (1.0 - fr) * (1.0 - fc)
                image[r, c + 1] += weight * (1.0 - fr) * fc
                image[r + 1, c] += weight * fr * (1.0 - fc)
                image[r + 1, c + 1] += weight * fr * fc
