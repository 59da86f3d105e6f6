"""Signed distance of smooth unions of simple solids, sampled on a grid: how the phantom's bones and skin are shaped.

Distances of the primitives and the polynomial smooth minimum: I. Quilez, "Distance functions" and "Smooth
minimum", iquilezles.org [K]; ellipsoid and flattened cone are first-order approximations.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel

CONE = 0
"""Capsule along +z from 0 to p0 with radii p1 → p2, its y half-width p3 times the x half-width."""
ELLIPSOID = 1
"""Semi-axes p0, p1, p2."""
BOX = 2
"""Half-sizes p0, p1, p2 including the rounding radius p3."""
COLUMNS = 22
"""Of a row: kind; 3 × 4 matrix into the primitive's frame; p0…p3; blend (mm); bounding sphere x, y, z, radius."""


@kernel("float64(Array(float64, 1, 'C', True), float64, float64, float64)")
def primitive_distance(row: NDArray[np.float64], x: float, y: float, z: float) -> float:
    """Signed distance (mm, negative inside) of the point to one primitive."""
    qx = row[1] * x + row[2] * y + row[3] * z + row[4]
    qy = row[5] * x + row[6] * y + row[7] * z + row[8]
    qz = row[9] * x + row[10] * y + row[11] * z + row[12]
    a = row[13]
    b = row[14]
    c = row[15]
    d = row[16]
    if row[0] == CONE:
        t = min(max(qz / a, 0.0), 1.0)
        vy = qy / d
        vz = qz - t * a
        length = np.sqrt(qx * qx + vy * vy + vz * vz)
        if length < 1e-9:
            return float(-(b + t * (c - b)) * min(d, 1.0))
        ny = vy / length
        slope = np.sqrt(1.0 - ny * ny + ny * ny / (d * d))
        return float((length - b - t * (c - b)) / slope)
    if row[0] == ELLIPSOID:
        ux = qx / a
        uy = qy / b
        uz = qz / c
        k0 = np.sqrt(ux * ux + uy * uy + uz * uz)
        if k0 < 1e-6:
            return float(-min(a, min(b, c)))
        k1 = np.sqrt((ux / a) ** 2 + (uy / b) ** 2 + (uz / c) ** 2)
        return float(k0 * (k0 - 1.0) / k1)
    wx = abs(qx) - a + d
    wy = abs(qy) - b + d
    wz = abs(qz) - c + d
    outer = np.sqrt(max(wx, 0.0) ** 2 + max(wy, 0.0) ** 2 + max(wz, 0.0) ** 2)
    return float(outer + min(max(wx, max(wy, wz)), 0.0) - d)


@kernel("float64(Array(float64, 2, 'C', True), float64, float64, float64)")
def union_distance(rows: NDArray[np.float64], x: float, y: float, z: float) -> float:
    """Signed distance (mm) of the point to the smooth union of the rows, in their order."""
    best = 1e3
    for n in range(rows.shape[0]):
        row = rows[n]
        blend = row[17]
        dx = x - row[18]
        dy = y - row[19]
        dz = z - row[20]
        reach = best + blend + row[21]
        if reach <= 0.0 or dx * dx + dy * dy + dz * dz > reach * reach:
            continue
        value = primitive_distance(row, x, y, z)
        if blend > 0.0:
            h = max(blend - abs(best - value), 0.0) / blend
            best = min(best, value) - h * h * blend * 0.25
        else:
            best = min(best, value)
    return best


@kernel(
    "void(Array(float64, 2, 'C', True), Array(int64, 2, 'C', True), Array(float64, 2, 'C', True), float32[:, :, ::1])"
)
def paint_union(
    rows: NDArray[np.float64], boxes: NDArray[np.int64], lattice: NDArray[np.float64], out: NDArray[np.float32]
) -> None:
    """Join the rows' distances into ``out`` (z, y, x), which holds the largest distance that is told apart.

    ``rows`` (n, 22). ``boxes`` (n, 6): first and past-last index z, y, x that each row may change (it must hold
    every point nearer than ``out`` plus the blend). ``lattice`` (3, 4): index (x, y, z, 1) to the rows' frame in mm.
    """
    for n in range(rows.shape[0]):
        row = rows[n]
        blend = row[17]
        for k in range(boxes[n, 0], boxes[n, 3]):
            for j in range(boxes[n, 1], boxes[n, 4]):
                for i in range(boxes[n, 2], boxes[n, 5]):
                    x = lattice[0, 0] * i + lattice[0, 1] * j + lattice[0, 2] * k + lattice[0, 3]
                    y = lattice[1, 0] * i + lattice[1, 1] * j + lattice[1, 2] * k + lattice[1, 3]
                    z = lattice[2, 0] * i + lattice[2, 1] * j + lattice[2, 2] * k + lattice[2, 3]
                    value = primitive_distance(row, x, y, z)
                    best = out[k, j, i]
                    if blend > 0.0:
                        h = max(blend - abs(best - value), 0.0) / blend
                        out[k, j, i] = np.float32(min(best, value) - h * h * blend * 0.25)
                    elif value < best:
                        out[k, j, i] = np.float32(value)


@kernel("void(Array(float64, 2, 'C', True), Array(float64, 2, 'C', True), float64[::1])")
def distances_at(rows: NDArray[np.float64], points: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Fill ``out`` (n) with the distance at ``points`` (n, 3), both in the rows' axes."""
    for n in range(points.shape[0]):
        out[n] = union_distance(rows, points[n, 0], points[n, 1], points[n, 2])
