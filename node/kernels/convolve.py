"""Mixture of two energies, and separable convolution (blur, displacement by a part of a voxel), inside spans."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.rows import widened_stretch
from node.kernels.spans import hull_of_rows
from node.kernels.turns import step_over

LEAST, MOST = np.float32(-32768.0), np.float32(32767.0)
"""A windowed sinc overshoots beside metal: a sum is held within int16, not wrapped round."""


@kernel("void(int16[:,:,::1], int16[:,:,::1], float32, int32[:,:,::1], int16[:,:,::1])", parallel=True)
def mix(
    low: NDArray[np.int16], high: NDArray[np.int16], weight: float, spans: NDArray[np.int32], out: NDArray[np.int16]
) -> None:
    """out = weight · low + (1 - weight) · high, rounded; all int16 (z, y, x), HU."""
    step = step_over(low.shape[0])
    for turn in prange(low.shape[0]):
        z = turn * step % low.shape[0]
        for y in range(low.shape[1]):
            first, last = spans[z, y, 0], spans[z, y, 1]
            at_low, at_high, mixture = low[z, y, first:last], high[z, y, first:last], out[z, y, first:last]
            for x in range(mixture.size):
                value = weight * np.float32(at_low[x]) + (np.float32(1.0) - weight) * np.float32(at_high[x])
                mixture[x] = np.int16(np.rint(value))


@kernel("void(float32[::1], float32, float32[::1])", "void(float32[::1], float32, int16[::1])")
def add_weighted(
    total: NDArray[np.float32], weight: np.float32, values: NDArray[np.float32] | NDArray[np.int16]
) -> None:
    """total += weight · values."""
    for x in range(total.size):
        total[x] += weight * np.float32(values[x])


@kernel("void(float32[::1], int16[::1])")
def round_off(total: NDArray[np.float32], out: NDArray[np.int16]) -> None:
    """out = total, rounded and clipped to int16."""
    for x in range(out.size):
        out[x] = np.int16(min(max(np.rint(total[x]), LEAST), MOST))


@kernel("void(int16[:,:,::1], int32[:,:,::1], float32[::1], float32[::1], int16[:,:,::1])", parallel=True)
def convolve_in_plane(
    image: NDArray[np.int16],
    spans: NDArray[np.int32],
    weights_y: NDArray[np.float32],
    weights_x: NDArray[np.float32],
    out: NDArray[np.int16],
) -> None:
    """In each slice out[y, x] = sum of weights[k] · image[y + k - r], r = size // 2; odd sizes.

    The border's voxels continue outwards; sums are clipped to int16.
    """
    nz, ny, nx = image.shape
    ry, rx = weights_y.size // 2, weights_x.size // 2
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        rows = np.empty((ny, nx), np.float32)
        line = np.empty(nx + 2 * rx, np.float32)
        total = np.empty(nx, np.float32)
        for y in range(ny):
            first, last = hull_of_rows(spans, z, y, ry)
            if first >= last:
                continue
            widened_stretch(image[z, y], first, last, rx, line)
            row = rows[y, first:last]
            row[:] = np.float32(0.0)
            for k in range(2 * rx + 1):
                add_weighted(row, weights_x[k], line[k : k + row.size])
        for y in range(ny):
            first, last = spans[z, y, 0], spans[z, y, 1]
            if first >= last:
                continue
            total[: last - first] = np.float32(0.0)
            for k in range(2 * ry + 1):
                row = rows[min(max(y + k - ry, 0), ny - 1), first:last]
                add_weighted(total[: last - first], weights_y[k], row)
            round_off(total[: last - first], out[z, y, first:last])


@kernel("void(int16[:,:,::1], int32[:,:,::1], float32[::1], int16[:,:,::1])", parallel=True)
def convolve_along_z(
    image: NDArray[np.int16], spans: NDArray[np.int32], weights: NDArray[np.float32], out: NDArray[np.int16]
) -> None:
    """Across slices out[z] = sum of weights[k] · image[z + k - r]; borders and clipping as in the plane."""
    nz, ny, nx = image.shape
    reach = weights.size // 2
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        total = np.empty(nx, np.float32)
        for y in range(ny):
            first, last = spans[z, y, 0], spans[z, y, 1]
            if first >= last:
                continue
            total[: last - first] = np.float32(0.0)
            for k in range(2 * reach + 1):
                row = image[min(max(z + k - reach, 0), nz - 1), y, first:last]
                add_weighted(total[: last - first], weights[k], row)
            round_off(total[: last - first], out[z, y, first:last])
