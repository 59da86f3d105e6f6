"""Largest or smallest value in a box around each voxel, inside spans."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.spans import hull_of_rows


@kernel("void(int16[:,:,::1], int32[:,:,::1], int64, int64, int64, int16[:,:,::1])", parallel=True)
def extreme_in_plane(
    image: NDArray[np.int16], spans: NDArray[np.int32], ry: int, rx: int, sign: int, out: NDArray[np.int16]
) -> None:
    """In each slice, over ± ry rows and ± rx voxels: the largest value (sign 1) or the smallest (sign -1)."""
    nz, ny, nx = image.shape
    turn = np.int16(0 if sign > 0 else -1)  # of the complement, unlike of the negative, there is one of every value
    for z in prange(nz):
        rows = np.empty((ny, nx), np.int16)
        line = np.empty(nx + 2 * rx, np.int16)
        best = np.empty(nx, np.int16)
        for y in range(ny):
            first, last = hull_of_rows(spans, z, y, ry)
            if first >= last:
                continue
            for x in range(first - rx, last + rx):
                line[x + rx] = turn ^ image[z, y, min(max(x, 0), nx - 1)]
            for x in range(first, last):
                rows[y, x] = line[x]
            for k in range(1, 2 * rx + 1):
                for x in range(first, last):
                    rows[y, x] = max(rows[y, x], line[x + k])
        for y in range(ny):
            first, last = spans[z, y, 0], spans[z, y, 1]
            if first >= last:
                continue
            for x in range(first, last):
                best[x] = rows[y, x]
            for w in range(max(0, y - ry), min(ny, y + ry + 1)):
                for x in range(first, last):
                    best[x] = max(best[x], rows[w, x])
            for x in range(first, last):
                out[z, y, x] = turn ^ best[x]


@kernel("void(int16[:,:,::1], int32[:,:,::1], int64, int64, int16[:,:,::1])", parallel=True)
def extreme_along_z(
    image: NDArray[np.int16], spans: NDArray[np.int32], rz: int, sign: int, out: NDArray[np.int16]
) -> None:
    """Across ± rz slices: the largest value (sign 1) or the smallest (sign -1)."""
    nz, ny, nx = image.shape
    turn = np.int16(0 if sign > 0 else -1)  # of the complement, unlike of the negative, there is one of every value
    for z in prange(nz):
        best = np.empty(nx, np.int16)
        for y in range(ny):
            first, last = spans[z, y, 0], spans[z, y, 1]
            if first >= last:
                continue
            for x in range(first, last):
                best[x] = turn ^ image[z, y, x]
            for v in range(max(0, z - rz), min(nz, z + rz + 1)):
                for x in range(first, last):
                    best[x] = max(best[x], turn ^ image[v, y, x])
            for x in range(first, last):
                out[z, y, x] = turn ^ best[x]
