"""Exact Euclidean distance to the nearest source, and which source that is."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange


@kernel("void(int32[:,:,::1], int32[:,:,::1])", parallel=True)
def nearest_in_row(source: NDArray[np.int32], nearest: NDArray[np.int32]) -> None:
    """For each voxel the x index of the nearest source (> 0) in its row, -1 where the row has none."""
    nz, ny, nx = source.shape
    for z in prange(nz):
        for y in range(ny):
            last = -1
            for x in range(nx):
                if source[z, y, x] > 0:
                    last = x
                nearest[z, y, x] = last
            last = -1
            for x in range(nx - 1, -1, -1):
                if source[z, y, x] > 0:
                    last = x
                if last >= 0 and (nearest[z, y, x] < 0 or last - x < x - nearest[z, y, x]):
                    nearest[z, y, x] = last


@kernel("int64(float64[::1], int64, float64, int64[::1], float64[::1])")
def lower_envelope(
    height: NDArray[np.float64], count: int, spacing: float, vertex: NDArray[np.int64], border: NDArray[np.float64]
) -> int:
    """Parabolas spacing² (q - p)² + height[p] that lie lowest somewhere; returns how many (-1: none is finite)."""
    last = -1
    for p in range(count):
        if height[p] == np.inf:
            continue
        while last >= 0:
            q = vertex[last]
            crossing = ((height[p] - height[q]) / (spacing * spacing) + p * p - q * q) / (2.0 * (p - q))
            if crossing > border[last]:
                last += 1
                vertex[last] = p
                border[last] = crossing
                break
            last -= 1
        if last < 0:
            last = 0
            vertex[0] = p
            border[0] = -np.inf
    return last


@kernel("void(int32[:,:,::1], float64, float64, int32[:,:,::1], float32[:,:,::1])", parallel=True)
def nearest_in_plane(
    in_row: NDArray[np.int32],
    spacing_y: float,
    spacing_x: float,
    nearest: NDArray[np.int32],
    squared: NDArray[np.float32],
) -> None:
    """Second pass: the nearest source of each (y, x) plane as y·nx + x, -1 for none; squared distance in mm²."""
    nz, ny, nx = in_row.shape
    for z in prange(nz):
        height = np.empty(ny, np.float64)
        vertex = np.empty(ny, np.int64)
        border = np.empty(ny, np.float64)
        for x in range(nx):
            for y in range(ny):
                offset = (in_row[z, y, x] - x) * spacing_x
                height[y] = offset * offset if in_row[z, y, x] >= 0 else np.inf
            last = lower_envelope(height, ny, spacing_y, vertex, border)
            k = 0
            for y in range(ny):
                if last < 0:
                    nearest[z, y, x] = -1
                    squared[z, y, x] = np.float32(np.inf)
                    continue
                while k < last and border[k + 1] < y:
                    k += 1
                p = vertex[k]
                nearest[z, y, x] = p * nx + in_row[z, p, x]
                offset = (y - p) * spacing_y
                squared[z, y, x] = np.float32(height[p] + offset * offset)


@kernel(
    "void(int32[:,:,::1], int32[:,:,::1], float32[:,:,::1], float64, int32[:,:,::1], float32[:,:,::1])", parallel=True
)
def nearest_in_volume(
    labels: NDArray[np.int32],
    in_plane: NDArray[np.int32],
    squared: NDArray[np.float32],
    spacing_z: float,
    nearest: NDArray[np.int32],
    distance: NDArray[np.float32],
) -> None:
    """Third pass: the label of the nearest source in the volume, 0 for none, and its distance (mm)."""
    nz, ny, nx = in_plane.shape
    for y in prange(ny):
        height = np.empty(nz, np.float64)
        vertex = np.empty(nz, np.int64)
        border = np.empty(nz, np.float64)
        for x in range(nx):
            for z in range(nz):
                height[z] = squared[z, y, x]
            last = lower_envelope(height, nz, spacing_z, vertex, border)
            k = 0
            for z in range(nz):
                if last < 0:
                    nearest[z, y, x] = 0
                    distance[z, y, x] = np.float32(np.inf)
                    continue
                while k < last and border[k + 1] < z:
                    k += 1
                p = vertex[k]
                source = in_plane[p, y, x]
                nearest[z, y, x] = labels[p, source // nx, source % nx]
                offset = (z - p) * spacing_z
                distance[z, y, x] = np.float32(np.sqrt(height[p] + offset * offset))
