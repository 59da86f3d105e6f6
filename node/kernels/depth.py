"""How deep each voxel of a mask lies in it: exact Euclidean distance to the nearest voxel that is not in it.

One thread and no lists, so that the many small bodies of a limb cost what their voxels do.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.envelope import lower_envelope
from node.kernels.jit import kernel


@kernel("void(float32[:], float64, int64[::1], float32[::1], int64[::1], float64[::1])")
def _go_along(
    squared: NDArray[np.float32],
    spacing: float,
    place: NDArray[np.int64],
    height: NDArray[np.float32],
    vertex: NDArray[np.int64],
    border: NDArray[np.float64],
) -> None:
    """Distances² of a line of voxels, in place, when its own direction is counted in; 0 is outside.

    ``place``: 0, 1, 2, …; the others are work space. All as long as the line or longer. What is outside ends the reach
    of what lies behind it, so each stretch inside is gone through alone, with the outside at its ends.
    """
    begin = 0
    while begin < squared.size:
        if squared[begin] == 0.0:
            begin += 1
            continue
        end = begin
        while end < squared.size and squared[end] > 0.0:
            end += 1
        first, stop = max(begin - 1, 0), min(end + 1, squared.size)
        for n in range(first, stop):
            height[n - first] = squared[n]
        last = lower_envelope(height, place, stop - first, spacing, vertex, border)
        k = 0
        for n in range(begin, end if last >= 0 else begin):
            while k < last and border[k + 1] < n - first:
                k += 1
            offset = (n - first - vertex[k]) * spacing
            squared[n] = height[vertex[k]] + offset * offset
        begin = end


@kernel("void(Array(boolean, 3, 'C', True), float64, float64, float64, float32[:,:,::1])")
def depth_inside(
    inside: NDArray[np.bool_], spacing_z: float, spacing_y: float, spacing_x: float, depth: NDArray[np.float32]
) -> None:
    """Write the depth, mm, of each voxel of a mask (z, y, x), 0 outside; infinite where nothing is outside.

    The mask goes on beyond the grid: what lies there is not outside. ``depth`` float32, of the same shape.
    """
    nz, ny, nx = inside.shape
    longest = max(nz, ny, nx)
    place, height = np.arange(longest), np.empty(longest, np.float32)
    vertex, border = np.empty(longest, np.int64), np.empty(longest, np.float64)
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                depth[z, y, x] = np.inf if inside[z, y, x] else 0.0
            _go_along(depth[z, y], spacing_x, place, height, vertex, border)
        for x in range(nx):
            _go_along(depth[z, :, x], spacing_y, place, height, vertex, border)
    for y in range(ny):
        for x in range(nx):
            _go_along(depth[:, y, x], spacing_z, place, height, vertex, border)
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                depth[z, y, x] = np.sqrt(depth[z, y, x])
