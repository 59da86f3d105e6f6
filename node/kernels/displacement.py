"""Normal equations of the displacement between two images of one object."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over

TERMS = 7
"""Unknowns: a cubic polynomial of the brightness (4), then the displacement along z, y, x (3)."""


@kernel(
    "void(int16[:,:,::1], int16[:,:,::1], int32[:,:,::1], float64[::1], float64[::1], float64, int64, "
    "float64[:,:,::1])",
    parallel=True,
)
def displacement_equations(
    low: NDArray[np.int16],
    high: NDArray[np.int16],
    spans: NDArray[np.int32],
    spacing: NDArray[np.float64],
    moved: NDArray[np.float64],
    edge: float,
    clipped: int,
    equations: NDArray[np.float64],
) -> None:
    """Least squares of high(x + moved) = polynomial(low(x)) - t · gradient of high there, over voxels on edges.

    ``moved`` (z, y, x) in voxels; the gradient is that around the voxel nearest to x + moved; ``spacing`` mm; an edge
    is where the gradient's components (HU/mm) add up to more than ``edge``; what is as bright as ``clipped`` at the low
    energy tells nothing of its brightness and is left out. ``equations`` float64 (z, TERMS,
    TERMS + 1), zeroed by the caller: of each slice A'A and A'b, in thousands of HU. Linearised as by Lucas and Kanade
    (1981).
    """
    nz, ny, nx = low.shape
    whole = np.floor(moved).astype(np.int64)
    part = moved - np.floor(moved)
    near = np.rint(moved).astype(np.int64)
    margin = 2 + int(np.abs(whole).max())
    flat = 2.0 * spacing.min() * edge  # no edge has less across all axes together, HU; that is looked at first
    count = nz - 2 * margin
    step = step_over(count)
    for turn in prange(count):
        z = margin + turn * step % count
        row = np.empty(TERMS + 1, np.float64)
        for y in range(margin, ny - margin):
            for x in range(max(margin, spans[z, y, 0]), min(nx - margin, spans[z, y, 1])):
                if low[z, y, x] >= clipped:
                    continue
                a, b, c = z + near[0], y + near[1], x + near[2]
                dz = high[a + 1, b, c] - high[a - 1, b, c]
                dy = high[a, b + 1, c] - high[a, b - 1, c]
                dx = high[a, b, c + 1] - high[a, b, c - 1]
                if abs(dz) + abs(dy) + abs(dx) <= flat:
                    continue
                gz, gy, gx = dz / (2.0 * spacing[0]), dy / (2.0 * spacing[1]), dx / (2.0 * spacing[2])
                if abs(gz) + abs(gy) + abs(gx) <= edge:
                    continue
                value = 0.0
                a, b, c = z + whole[0], y + whole[1], x + whole[2]
                for corner in range(8):
                    i, j, k = corner >> 2, (corner >> 1) & 1, corner & 1
                    weight = part[0] if i else 1.0 - part[0]
                    weight *= part[1] if j else 1.0 - part[1]
                    weight *= part[2] if k else 1.0 - part[2]
                    value += weight * high[a + i, b + j, c + k]
                v = low[z, y, x] / 1000.0
                row[0], row[1], row[2], row[3] = 1.0, v, v * v, v * v * v
                row[4], row[5], row[6] = -gz / 1000.0, -gy / 1000.0, -gx / 1000.0
                row[7] = value / 1000.0
                for m in range(TERMS):
                    for n in range(TERMS + 1):
                        equations[z, m, n] += row[m] * row[n]
