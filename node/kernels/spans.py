"""Spans: the stretch of each row of a volume that is worth looking at.

A limb fills a small part of the box around it. All kernels that pass over a volume take ``spans``, int32 (z, y, 2):
the first voxel of a row and the one behind its last, equal for an empty row. What lies outside is neither read as a
result nor written.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over

Marked = NDArray[np.bool_] | NDArray[np.int32] | NDArray[np.uint16]


@kernel("boolean(Array(boolean, 1, 'C', True))", "boolean(int32[::1])")
def any_of(row: NDArray[np.bool_] | NDArray[np.int32]) -> bool:
    """True where a voxel of the row is set. Looks at them all, many at once: most rows are air."""
    found = False
    for x in range(row.size):
        found |= row[x] > 0
    return found


@kernel(
    "void(Array(boolean, 3, 'C', True), int32[:,:,::1])",
    "void(int32[:,:,::1], int32[:,:,::1])",
    parallel=True,
)
def row_spans(mask: NDArray[np.bool_] | NDArray[np.int32], spans: NDArray[np.int32]) -> None:
    """Hull of what is > 0 in each row of a mask or of labels (z, y, x); ``spans`` is written."""
    nz, ny, nx = mask.shape
    for z in prange(nz):
        for y in range(ny):
            row = mask[z, y]
            spans[z, y] = 0
            if not any_of(row):
                continue
            first, last = 0, nx
            while row[first] <= 0:
                first += 1
            while row[last - 1] <= 0:
                last -= 1
            spans[z, y, 0], spans[z, y, 1] = first, last


@kernel("void(int32[:,:,::1], int64, int64, int64, int64, int32[:,:,::1])")
def widen_spans(spans: NDArray[np.int32], rz: int, ry: int, rx: int, nx: int, wide: NDArray[np.int32]) -> None:
    """Hull of the spans of all rows within ``rz`` slices and ``ry`` rows, ``rx`` voxels longer at both ends.

    ``nx``: length of a row; ``wide`` is written.
    """
    nz, ny = spans.shape[:2]
    wide[:] = 0
    for z in range(nz):
        for y in range(ny):
            if spans[z, y, 0] >= spans[z, y, 1]:
                continue
            first = max(0, spans[z, y, 0] - rx)
            last = min(nx, spans[z, y, 1] + rx)
            for v in range(max(0, z - rz), min(nz, z + rz + 1)):
                for w in range(max(0, y - ry), min(ny, y + ry + 1)):
                    if wide[v, w, 0] >= wide[v, w, 1]:
                        wide[v, w, 0] = first
                        wide[v, w, 1] = last
                    else:
                        wide[v, w, 0] = min(wide[v, w, 0], first)
                        wide[v, w, 1] = max(wide[v, w, 1], last)


@kernel("UniTuple(int64, 2)(int32[:,:,::1], int64, int64, int64)")
def hull_of_rows(spans: NDArray[np.int32], z: int, y: int, reach: int) -> tuple[int, int]:
    """First voxel and the one behind the last of the rows within ``reach`` of row y in slice z; equal for none."""
    first, last = 2**31, 0
    for w in range(max(0, y - reach), min(spans.shape[1], y + reach + 1)):
        if spans[z, w, 0] < spans[z, w, 1]:
            first = min(first, spans[z, w, 0])
            last = max(last, spans[z, w, 1])
    return min(first, last), last


@kernel(
    "void(Array(boolean, 3, 'C', True), int32[:,:,::1], int64[::1])",
    "void(int32[:,:,::1], int32[:,:,::1], int64[::1])",
    "void(uint16[:,:,::1], int32[:,:,::1], int64[::1])",
    parallel=True,
)
def count_in_slices(mask: Marked, spans: NDArray[np.int32], counts: NDArray[np.int64]) -> None:
    """Voxels > 0 of a mask or of labels inside spans, slice by slice; ``counts`` int64 (z) is written."""
    step = step_over(mask.shape[0])
    for turn in prange(mask.shape[0]):
        z = turn * step % mask.shape[0]
        count = 0
        for y in range(mask.shape[1]):
            row = mask[z, y, spans[z, y, 0] : spans[z, y, 1]]
            for x in range(row.size):
                count += row[x] > 0
        counts[z] = count


@kernel(
    "void(Array(boolean, 3, 'C', True), int32[:,:,::1], int64[::1], int64[::1])",
    "void(int32[:,:,::1], int32[:,:,::1], int64[::1], int64[::1])",
    "void(uint16[:,:,::1], int32[:,:,::1], int64[::1], int64[::1])",
    parallel=True,
)
def voxels_in_slices(
    mask: Marked, spans: NDArray[np.int32], first: NDArray[np.int64], voxels: NDArray[np.int64]
) -> None:
    """Flat indices, in scan order, of the voxels that ``count_in_slices`` counts.

    ``first`` int64 (z): where in ``voxels`` each slice begins.
    """
    nz, ny, nx = mask.shape
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        place = first[z]
        for y in range(ny):
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                if mask[z, y, x] > 0:
                    voxels[place] = (z * ny + y) * nx + x
                    place += 1


@kernel("void(boolean[::1], Array(boolean, 1, 'C', True))")
def add_row(row: NDArray[np.bool_], other: NDArray[np.bool_]) -> None:
    """row |= other."""
    for x in range(row.size):
        row[x] |= other[x]


@kernel("void(Array(boolean, 3, 'C', True), int32[:,:,::1], boolean[:,:,::1])", parallel=True)
def grow_over_faces(mask: NDArray[np.bool_], spans: NDArray[np.int32], grown: NDArray[np.bool_]) -> None:
    """Inside spans grown = mask and all that shares a face with it; bool (z, y, x)."""
    nz, ny, nx = mask.shape
    for z in prange(nz):
        for y in range(ny):
            first, last = spans[z, y, 0], spans[z, y, 1]
            if first >= last:
                continue
            row = grown[z, y, first:last]
            row[:] = False
            for v in range(max(0, z - 1), min(nz, z + 2)):
                add_row(row, mask[v, y, first:last])
            for w in range(max(0, y - 1), min(ny, y + 2)):
                add_row(row, mask[z, w, first:last])
            left, right = max(first, 1), min(last, nx - 1)
            add_row(grown[z, y, left:last], mask[z, y, left - 1 : last - 1])
            add_row(grown[z, y, first:right], mask[z, y, first + 1 : right + 1])


@kernel(
    "void(int16[:,:,::1], int64, int64, Array(boolean, 3, 'C', True), int32[:,:,::1], boolean[:,:,::1])", parallel=True
)
def mark_between(
    image: NDArray[np.int16],
    least: int,
    most: int,
    within: NDArray[np.bool_],
    spans: NDArray[np.int32],
    marked: NDArray[np.bool_],
) -> None:
    """Inside spans marked = within and least ≤ image ≤ most; all (z, y, x)."""
    nz, ny = image.shape[:2]
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        for y in range(ny):
            first, last = spans[z, y, 0], spans[z, y, 1]
            values, held, row = image[z, y, first:last], within[z, y, first:last], marked[z, y, first:last]
            for x in range(row.size):
                row[x] = held[x] & (values[x] >= least) & (values[x] <= most)
