"""Looking up the phantom's fields: small grids of distance (mm) or concentration (mg/cc), flat in one array."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel("float32(Array(float32, 1, 'C', True), int64, int64, int64, int64, float64, float64, float64, float32)")
def trilinear(
    flat: NDArray[np.float32],
    offset: int,
    depth: int,
    height: int,
    width: int,
    z: float,
    y: float,
    x: float,
    outside: np.float32,
) -> np.float32:
    """Value of the (depth, height, width) field that starts at ``offset`` at a fractional index."""
    if z < 0.0 or y < 0.0 or x < 0.0 or z > depth - 1 or y > height - 1 or x > width - 1:
        return outside
    k = min(int(z), depth - 2)
    j = min(int(y), height - 2)
    i = min(int(x), width - 2)
    fz = np.float32(z - k)
    fy = np.float32(y - j)
    fx = np.float32(x - i)
    p = offset + (k * height + j) * width + i
    q = p + height * width
    a = flat[p] + fx * (flat[p + 1] - flat[p])
    b = flat[p + width] + fx * (flat[p + width + 1] - flat[p + width])
    c = flat[q] + fx * (flat[q + 1] - flat[q])
    d = flat[q + width] + fx * (flat[q + width + 1] - flat[q + width])
    low = a + fy * (b - a)
    return np.float32(low + fz * (c + fy * (d - c) - low))


@kernel("float32(Array(float32, 1, 'C', True), int64, int64, int64, int64, float64, float64, float64)")
def nearest(
    flat: NDArray[np.float32], offset: int, depth: int, height: int, width: int, z: float, y: float, x: float
) -> np.float32:
    """Value of the nearest cell of a field, 0 outside."""
    k = int(np.floor(z + 0.5))
    j = int(np.floor(y + 0.5))
    i = int(np.floor(x + 0.5))
    if k < 0 or j < 0 or i < 0 or k >= depth or j >= height or i >= width:
        return np.float32(0.0)
    return np.float32(flat[offset + (k * height + j) * width + i])


@kernel("float32(Array(float32, 3, 'C', True), float64, float64, float64)")
def grain(lattice: NDArray[np.float32], z: float, y: float, x: float) -> np.float32:
    """Smooth noise of about unit variance with one lattice cell as its grain; the (32, 32, 32) lattice repeats."""
    k = int(np.floor(z))
    j = int(np.floor(y))
    i = int(np.floor(x))
    fz = np.float32(z - k)
    fy = np.float32(y - j)
    fx = np.float32(x - i)
    total = np.float32(0.0)
    for c in range(2):
        wz = fz if c else np.float32(1.0) - fz
        for b in range(2):
            wy = fy if b else np.float32(1.0) - fy
            for a in range(2):
                wx = fx if a else np.float32(1.0) - fx
                total += wz * wy * wx * lattice[(k + c) & 31, (j + b) & 31, (i + a) & 31]
    return total


@kernel("UniTuple(float64, 3)(Array(float64, 2, 'C', True), float64, float64, float64)")
def carry(frame: NDArray[np.float64], i: float, j: float, k: float) -> tuple[float, float, float]:
    """Fractional index (z, y, x) in a field of the CT index (x, y, z) = (i, j, k)."""
    z = frame[0, 0] * i + frame[0, 1] * j + frame[0, 2] * k + frame[0, 3]
    y = frame[1, 0] * i + frame[1, 1] * j + frame[1, 2] * k + frame[1, 3]
    x = frame[2, 0] * i + frame[2, 1] * j + frame[2, 2] * k + frame[2, 3]
    return z, y, x
