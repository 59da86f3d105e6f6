"""Largest or smallest value in a box around each voxel, inside spans."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.rows import widened_stretch
from node.kernels.spans import hull_of_rows
from node.kernels.turns import step_over


@kernel("void(int16[::1], int16[::1])")
def raise_to(best: NDArray[np.int16], values: NDArray[np.int16]) -> None:
    """best = the larger of ``best`` and ``values``."""
    for x in range(best.size):
        best[x] = max(best[x], values[x])


@kernel("void(int16[::1], int16, int16[::1])")
def turned(values: NDArray[np.int16], turn: np.int16, out: NDArray[np.int16]) -> None:
    """The complement of ``values`` for ``turn`` -1, whose largest is their smallest; themselves for 0.

    Unlike of the negative, there is a complement of every value.
    """
    for x in range(out.size):
        out[x] = turn ^ values[x]


@kernel("void(int16[:,:,::1], int32[:,:,::1], int64, int64, int64, int16[:,:,::1])", parallel=True)
def extreme_in_plane(
    image: NDArray[np.int16], spans: NDArray[np.int32], ry: int, rx: int, sign: int, out: NDArray[np.int16]
) -> None:
    """In each slice, over ± ry rows and ± rx voxels: the largest value (sign 1) or the smallest (sign -1)."""
    nz, ny, nx = image.shape
    flip = np.int16(0 if sign > 0 else -1)
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        rows = np.empty((ny, nx), np.int16)
        line = np.empty(nx + 2 * rx, np.int16)
        best = np.empty(nx, np.int16)
        for y in range(ny):
            first, last = hull_of_rows(spans, z, y, ry)
            if first >= last:
                continue
            widened_stretch(image[z, y], first, last, rx, line)
            row = rows[y, first:last]
            turned(line[: row.size + 2 * rx], flip, line[: row.size + 2 * rx])
            row[:] = line[: row.size]
            for k in range(1, 2 * rx + 1):
                raise_to(row, line[k : k + row.size])
        for y in range(ny):
            first, last = spans[z, y, 0], spans[z, y, 1]
            if first >= last:
                continue
            best[: last - first] = rows[y, first:last]
            for w in range(max(0, y - ry), min(ny, y + ry + 1)):
                raise_to(best[: last - first], rows[w, first:last])
            turned(best[: last - first], flip, out[z, y, first:last])


@kernel("void(int16[:,:,::1], int32[:,:,::1], int64, int64, int16[:,:,::1])", parallel=True)
def extreme_along_z(
    image: NDArray[np.int16], spans: NDArray[np.int32], rz: int, sign: int, out: NDArray[np.int16]
) -> None:
    """Across ± rz slices: the largest value (sign 1) or the smallest (sign -1)."""
    nz, ny, nx = image.shape
    flip = np.int16(0 if sign > 0 else -1)
    step = step_over(ny)
    for turn in prange(ny):
        y = turn * step % ny
        best, other = np.empty(nx, np.int16), np.empty(nx, np.int16)
        for z in range(nz):
            first, last = spans[z, y, 0], spans[z, y, 1]
            if first >= last:
                continue
            turned(image[z, y, first:last], flip, best[: last - first])
            for v in range(max(0, z - rz), min(nz, z + rz + 1)):
                turned(image[v, y, first:last], flip, other[: last - first])
                raise_to(best[: last - first], other[: last - first])
            turned(best[: last - first], flip, out[z, y, first:last])
