"""Euclidean distance to the nearest source, and which source that is, inside spans and up to a reach.

What is computed is kept row by row without the air between: voxel (z, y, x) of spans stands at ``first[z, y] + x`` of a
flat array (``first`` int64 (z, y)). Three passes of lower envelopes of parabolas (``kernels.envelope``), which also
carry the source along. Each pass writes what the next one reads: rows, then planes, then the volume.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.envelope import lower_envelope
from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over

TILE = 32
"""Columns that are gone through together: only rows that have something there are looked at."""


@kernel(
    "void(Array(int32, 3, 'C', True), int32[:,:,::1], int64[:,::1], int64, int16[::1])",
    "void(Array(boolean, 3, 'C', True), int32[:,:,::1], int64[:,::1], int64, int16[::1])",
    parallel=True,
)
def nearest_in_row(
    source: NDArray[np.int32] | NDArray[np.bool_],
    spans: NDArray[np.int32],
    first: NDArray[np.int64],
    reach: int,
    nearest: NDArray[np.int16],
) -> None:
    """For each voxel in spans the x index of the nearest source (> 0) in its row, -1 where none is within the spans or
    ``reach`` voxels of them."""
    nz, ny, nx = source.shape
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        for y in range(ny):
            start, stop = spans[z, y, 0], spans[z, y, 1]
            if start >= stop:
                continue
            here = first[z, y]
            last = -1
            for x in range(start - 1, max(start - reach, 0) - 1, -1):
                if source[z, y, x] > 0:
                    last = x
                    break
            for x in range(start, stop):
                if source[z, y, x] > 0:
                    last = x
                nearest[here + x] = last
            last = -1
            for x in range(stop, min(stop + reach, nx)):
                if source[z, y, x] > 0:
                    last = x
                    break
            for x in range(stop - 1, start - 1, -1):
                if source[z, y, x] > 0:
                    last = x
                if last >= 0 and (nearest[here + x] < 0 or last - x < x - nearest[here + x]):
                    nearest[here + x] = last


@kernel(
    "void(int16[::1], int32[:,:,::1], int64[:,::1], int32[:,:,::1], int64[:,::1], int64, float64, float64, float64, "
    "int32[::1], float32[::1])",
    parallel=True,
)
def nearest_in_plane(
    in_row: NDArray[np.int16],
    sources: NDArray[np.int32],
    first_source: NDArray[np.int64],
    spans: NDArray[np.int32],
    first: NDArray[np.int64],
    row_length: int,
    spacing_y: float,
    spacing_x: float,
    reach: float,
    nearest: NDArray[np.int32],
    squared: NDArray[np.float32],
) -> None:
    """Second pass: index in its plane of the nearest source of each voxel in ``spans``, and the distance² (mm²).

    ``in_row`` stands in the spans ``sources``, which hold ``spans``; what is farther than ``reach`` mm is not looked
    for: inf.
    """
    nz, ny = spans.shape[:2]
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        height = np.empty(ny, np.float32)
        place, vertex = np.empty(ny, np.int64), np.empty(ny, np.int64)
        border = np.empty(ny, np.float64)
        for begin in range(0, row_length, TILE):
            end = min(row_length, begin + TILE)
            count = 0
            for y in range(ny):
                if sources[z, y, 0] < end and sources[z, y, 1] > begin:
                    place[count] = y
                    count += 1
            for x in range(begin, end if count else begin):
                for n in range(count):
                    y = place[n]
                    height[n] = np.float32(np.inf)
                    if sources[z, y, 0] <= x < sources[z, y, 1]:
                        source = in_row[first_source[z, y] + x]
                        offset = (x - source) * spacing_x
                        if source >= 0 and abs(offset) <= reach:
                            height[n] = np.float32(offset * offset)
                last = lower_envelope(height, place, count, spacing_y, vertex, border)
                k = 0
                for n in range(count):
                    y = place[n]
                    if x < spans[z, y, 0] or x >= spans[z, y, 1]:
                        continue
                    here = first[z, y] + x
                    squared[here] = np.float32(np.inf)
                    if last < 0:
                        continue
                    while k < last and border[k + 1] < y:
                        k += 1
                    p = place[vertex[k]]
                    offset = (y - p) * spacing_y
                    distance = height[vertex[k]] + offset * offset
                    if distance <= reach * reach:
                        nearest[here] = p * row_length + in_row[first_source[z, p] + x]
                        squared[here] = np.float32(distance)


@kernel(
    "void(Array(int32, 3, 'C', True), int32[::1], float32[::1], int32[:,:,::1], int64[:,::1], int32[:,:,::1], "
    "int64[:,::1], float64, float64, int32[::1], float32[::1])",
    "void(Array(boolean, 3, 'C', True), int32[::1], float32[::1], int32[:,:,::1], int64[:,::1], int32[:,:,::1], "
    "int64[:,::1], float64, float64, int32[::1], float32[::1])",
    parallel=True,
)
def nearest_in_volume(
    labels: NDArray[np.int32] | NDArray[np.bool_],
    in_plane: NDArray[np.int32],
    squared: NDArray[np.float32],
    sources: NDArray[np.int32],
    first_source: NDArray[np.int64],
    spans: NDArray[np.int32],
    first: NDArray[np.int64],
    spacing_z: float,
    reach: float,
    nearest: NDArray[np.int32],
    distance: NDArray[np.float32],
) -> None:
    """Third pass: the label of the nearest source of each voxel in ``spans``, and its distance (mm).

    ``squared`` and ``in_plane`` stand in the spans ``sources``, which hold ``spans``. Label 0: none within ``reach``.
    """
    nz, ny, nx = labels.shape
    label = labels.ravel()
    step = step_over(ny)
    for turn in prange(ny):
        y = turn * step % ny
        height = np.empty(nz, np.float32)
        place, vertex = np.empty(nz, np.int64), np.empty(nz, np.int64)
        border = np.empty(nz, np.float64)
        for begin in range(0, nx, TILE):
            end = min(nx, begin + TILE)
            count = 0
            for z in range(nz):
                if sources[z, y, 0] < end and sources[z, y, 1] > begin:
                    place[count] = z
                    count += 1
            for x in range(begin, end if count else begin):
                for n in range(count):
                    z = place[n]
                    inside = sources[z, y, 0] <= x < sources[z, y, 1]
                    height[n] = squared[first_source[z, y] + x] if inside else np.float32(np.inf)
                last = lower_envelope(height, place, count, spacing_z, vertex, border)
                k = 0
                for n in range(count):
                    z = place[n]
                    if x < spans[z, y, 0] or x >= spans[z, y, 1]:
                        continue
                    here = first[z, y] + x
                    nearest[here] = 0
                    if last < 0:
                        continue
                    while k < last and border[k + 1] < z:
                        k += 1
                    p = place[vertex[k]]
                    offset = (z - p) * spacing_z
                    total = height[vertex[k]] + offset * offset
                    if total <= reach * reach:
                        nearest[here] = label[p * ny * nx + in_plane[first_source[p, y] + x]]
                        distance[here] = np.float32(np.sqrt(total))
