"""Euclidean distance to the nearest source, and which source that is, inside spans and up to a reach.

What is computed is kept row by row without the air between: voxel (z, y, x) of spans stands at ``first[z, y] + x`` of a
flat array (``first`` int64 (z, y)). Three passes, each of which writes what the next one reads: rows, planes, volume.
The last two compare whole rows, those of all offsets within reach: as short as a reach is, that is faster than lower
envelopes of parabolas (``kernels.envelope``), since many voxels are compared at once.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over

FAR = np.float32(np.inf)


@kernel(
    "void(Array(int32, 3, 'C', True), int32[:,:,::1], int64[:,::1], float64, float64, int16[::1], float32[::1], "
    "int32[:,:,::1])",
    "void(Array(boolean, 3, 'C', True), int32[:,:,::1], int64[:,::1], float64, float64, int16[::1], float32[::1], "
    "int32[:,:,::1])",
    parallel=True,
)
def nearest_in_row(
    source: NDArray[np.int32] | NDArray[np.bool_],
    spans: NDArray[np.int32],
    first: NDArray[np.int64],
    spacing_x: float,
    reach: float,
    nearest: NDArray[np.int16],
    squared: NDArray[np.float32],
    near: NDArray[np.int32],
) -> None:
    """First pass: x index of the nearest source (> 0) in the row of each voxel in spans, and the distance² (mm²).

    What is farther than ``reach`` mm is not looked for: inf, and no index that means anything. ``near`` int32
    (z, y, 2), written: the hull of the voxels of each row that have a source.
    """
    nz, ny, nx = source.shape
    window = min(int(reach / spacing_x), nx - 1)
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        for y in range(ny):
            start, stop = spans[z, y, 0], spans[z, y, 1]
            near[z, y] = 0
            if start >= stop:
                continue
            row = source[z, y]
            found, distance = nearest[first[z, y] + start :], squared[first[z, y] + start : first[z, y] + stop]
            last = -nx
            for x in range(max(start - window, 0), start):
                last = x if row[x] > 0 else last
            for x in range(start, stop):
                last = x if row[x] > 0 else last
                found[x - start] = last
            last = 2 * nx
            for x in range(min(stop + window, nx) - 1, stop - 1, -1):
                last = x if row[x] > 0 else last
            begin, end = stop, start
            for x in range(stop - 1, start - 1, -1):
                last = x if row[x] > 0 else last
                before = found[x - start]
                behind = last - x < x - before
                found[x - start] = last if behind else before
                apart = last - x if behind else x - before
                inside = apart <= window
                distance[x - start] = np.float32((apart * spacing_x) ** 2) if inside else FAR
                begin = x if inside else begin
                end = max(end, x + 1) if inside else end
            if begin < end:
                near[z, y, 0], near[z, y, 1] = begin, end


@kernel("void(float32[::1], int64[::1], int64[::1], int64, int64, float64, float64[::1], int64[::1])")
def nearest_of_rows(
    heights: NDArray[np.float32],
    begin: NDArray[np.int64],
    number: NDArray[np.int64],
    count: int,
    here: int,
    spacing: float,
    least: NDArray[np.float64],
    which: NDArray[np.int64],
) -> None:
    """For each voxel of row ``here`` the least of (number[n] - here)² spacing² + height, n < count, and its number.

    The heights of row number[n] stand in ``heights`` from begin[n] on. Of equals the first counts. Two rows are
    compared at once: of one alone the compiler makes masked stores, which take longer than all the rest.
    """
    size = least.size
    least[:] = np.inf
    for n in range(0, count, 2):
        m = min(n + 1, count - 1)
        one, two = heights[begin[n] : begin[n] + size], heights[begin[m] : begin[m] + size]
        first, second = number[n], number[m]
        to_first, to_second = ((first - here) * spacing) ** 2, ((second - here) * spacing) ** 2
        for x in range(size):
            there = one[x] + to_first
            nearer = there < least[x]
            lower = there if nearer else least[x]
            whose = first if nearer else which[x]
            there = two[x] + to_second
            nearer = there < lower
            least[x] = there if nearer else lower
            which[x] = second if nearer else whose


@kernel("void(float64[::1], float64, int32, int32[::1])")
def hull_of_near(squared: NDArray[np.float64], farthest: float, begin: int, hull: NDArray[np.int32]) -> None:
    """First voxel within ``farthest`` and the one behind the last of a row that begins at ``begin``; equal for none."""
    first, last = 0, squared.size
    while first < last and squared[first] > farthest:
        first += 1
    while last > first and squared[last - 1] > farthest:
        last -= 1
    hull[0], hull[1] = begin + first, begin + last


@kernel(
    "void(int16[::1], float32[::1], int32[:,:,::1], int64[:,::1], int32[:,:,::1], int64[:,::1], int64, float64, "
    "float64, int32[::1], float32[::1], int32[:,:,::1])",
    parallel=True,
)
def nearest_in_plane(
    in_row: NDArray[np.int16],
    squared_in_row: NDArray[np.float32],
    near_in_row: NDArray[np.int32],
    first_in_row: NDArray[np.int64],
    spans: NDArray[np.int32],
    first: NDArray[np.int64],
    row_length: int,
    spacing_y: float,
    reach: float,
    nearest: NDArray[np.int32],
    squared: NDArray[np.float32],
    near: NDArray[np.int32],
) -> None:
    """Second pass: index in its plane of the nearest source of each voxel in ``spans``, distance² and hull as before.

    The spans of the first pass held these and all rows within ``reach`` mm of them.
    """
    nz, ny = spans.shape[:2]
    farthest = reach * reach
    window = int(reach / spacing_y)
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        place, begins = np.empty(ny, np.int64), np.empty(ny, np.int64)
        least, which = np.empty(row_length, np.float64), np.empty(row_length, np.int64)
        for y in range(ny):
            begin, end = spans[z, y, 0], spans[z, y, 1]
            here = first[z, y]
            row = least[begin:end]
            count = 0
            for p in range(max(0, y - window), min(ny, y + window + 1)):
                if near_in_row[z, p, 0] < end and near_in_row[z, p, 1] > begin:
                    place[count], begins[count] = p, first_in_row[z, p] + begin
                    count += 1
            nearest_of_rows(squared_in_row, begins, place, count, y, spacing_y, row, which[begin:end])
            hull_of_near(row, farthest, begin, near[z, y])
            squared[here + begin : here + end] = FAR
            for x in range(near[z, y, 0], near[z, y, 1]):
                if least[x] <= farthest:
                    nearest[here + x] = which[x] * row_length + in_row[first_in_row[z, which[x]] + x]
                    squared[here + x] = np.float32(least[x])


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
    squared_in_plane: NDArray[np.float32],
    near_in_plane: NDArray[np.int32],
    first_in_plane: NDArray[np.int64],
    spans: NDArray[np.int32],
    first: NDArray[np.int64],
    spacing_z: float,
    reach: float,
    nearest: NDArray[np.int32],
    distance: NDArray[np.float32],
) -> None:
    """Third pass: the label of the nearest source of each voxel in ``spans``, and its distance (mm).

    The spans of the second pass held these and all slices within ``reach`` mm of them. Label 0: none within ``reach``.
    """
    nz, ny, nx = labels.shape
    label = labels.ravel()
    farthest = reach * reach
    window = int(reach / spacing_z)
    step = step_over(ny)
    for turn in prange(ny):
        y = turn * step % ny
        place, begins = np.empty(nz, np.int64), np.empty(nz, np.int64)
        least, which = np.empty(nx, np.float64), np.empty(nx, np.int64)
        for z in range(nz):
            begin, end = spans[z, y, 0], spans[z, y, 1]
            here = first[z, y]
            count = 0
            for p in range(max(0, z - window), min(nz, z + window + 1)):
                if near_in_plane[p, y, 0] < end and near_in_plane[p, y, 1] > begin:
                    place[count], begins[count] = p, first_in_plane[p, y] + begin
                    count += 1
            nearest_of_rows(squared_in_plane, begins, place, count, z, spacing_z, least[begin:end], which[begin:end])
            for x in range(begin, end):
                nearest[here + x] = 0
                if least[x] <= farthest:
                    p = which[x]
                    nearest[here + x] = label[p * ny * nx + in_plane[first_in_plane[p, y] + x]]
                    distance[here + x] = np.float32(np.sqrt(least[x]))
