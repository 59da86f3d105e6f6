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


@kernel(
    *(
        f"void(float32[::1], int64, float32[::1], {values}, {values}, {values}, {values})"
        for values in ("float32[::1]", "int16[::1]")
    )
)
def add_four(
    weights: NDArray[np.float32],
    k: int,
    total: NDArray[np.float32],
    first: NDArray[np.float32] | NDArray[np.int16],
    second: NDArray[np.float32] | NDArray[np.int16],
    third: NDArray[np.float32] | NDArray[np.int16],
    fourth: NDArray[np.float32] | NDArray[np.int16],
) -> None:
    """total += weights[k] · first + … + weights[k + 3] · fourth, added up in this order."""
    w, x, y, z = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
    for n in range(total.size):
        value = total[n] + w * np.float32(first[n])
        value += x * np.float32(second[n])
        value += y * np.float32(third[n])
        total[n] = value + z * np.float32(fourth[n])


@kernel("void(float32[::1], int16[::1])")
def round_off(total: NDArray[np.float32], out: NDArray[np.int16]) -> None:
    """out = total, rounded and clipped to int16."""
    for x in range(out.size):
        out[x] = np.int16(min(max(np.rint(total[x]), LEAST), MOST))


@kernel("float32[::1](float32[::1])")
def in_fours(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The weights, and zeros behind them up to a multiple of four."""
    padded = np.zeros((weights.size + 3) // 4 * 4, np.float32)
    padded[: weights.size] = weights
    return padded


@kernel("UniTuple(int64, 4)(int64, int64, int64, int64)")
def four_rows(k: int, taps: int, first: int, count: int) -> tuple[int, int, int, int]:
    """The rows, of ``count``, for weights k … k + 3 of ``taps``: first + k …, where the border's continue outwards."""
    a, b, c, d = min(k, taps - 1), min(k + 1, taps - 1), min(k + 2, taps - 1), min(k + 3, taps - 1)
    most = count - 1
    return (
        min(max(first + a, 0), most),
        min(max(first + b, 0), most),
        min(max(first + c, 0), most),
        min(max(first + d, 0), most),
    )


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
    along_y, along_x = in_fours(weights_y), in_fours(weights_x)
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
            for k in range(0, along_x.size, 4):
                a, b, c, d = four_rows(k, weights_x.size, 0, weights_x.size)
                add_four(along_x, k, row, line[a:], line[b:], line[c:], line[d:])
        for y in range(ny):
            first, last = spans[z, y, 0], spans[z, y, 1]
            if first >= last:
                continue
            sums = total[: last - first]
            sums[:] = np.float32(0.0)
            for k in range(0, along_y.size, 4):
                a, b, c, d = four_rows(k, weights_y.size, y - ry, ny)
                add_four(
                    *(along_y, k, sums),
                    *(rows[a, first:last], rows[b, first:last], rows[c, first:last], rows[d, first:last]),
                )
            round_off(sums, out[z, y, first:last])


@kernel("void(int16[:,:,::1], int32[:,:,::1], float32[::1], int16[:,:,::1])", parallel=True)
def convolve_along_z(
    image: NDArray[np.int16], spans: NDArray[np.int32], weights: NDArray[np.float32], out: NDArray[np.int16]
) -> None:
    """Across slices out[z] = sum of weights[k] · image[z + k - r]; borders and clipping as in the plane."""
    nz, ny, nx = image.shape
    reach = weights.size // 2
    along = in_fours(weights)
    step = step_over(ny)
    for turn in prange(ny):
        y = turn * step % ny
        total = np.empty(nx, np.float32)
        for z in range(nz):
            first, last = spans[z, y, 0], spans[z, y, 1]
            if first >= last:
                continue
            sums = total[: last - first]
            sums[:] = np.float32(0.0)
            for k in range(0, along.size, 4):
                a, b, c, d = four_rows(k, weights.size, z - reach, nz)
                add_four(
                    *(along, k, sums),
                    *(image[a, y, first:last], image[b, y, first:last], image[c, y, first:last]),
                    image[d, y, first:last],
                )
            round_off(sums, out[z, y, first:last])
