"""Connected components by runs: stretches of a row, joined where they touch those of the rows before."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel("int64(Array(boolean, 3, 'C', True), int32[:,:,::1], int32[:,::1])")
def find_runs(mask: NDArray[np.bool_], spans: NDArray[np.int32], first_run: NDArray[np.int32]) -> int:
    """Count the runs of ``mask`` (z, y, x) inside spans; ``first_run`` int32 (z, y) numbers each row's first one."""
    count = 0
    for z in range(mask.shape[0]):
        for y in range(mask.shape[1]):
            first_run[z, y] = count
            before = False
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                now = mask[z, y, x]
                if now and not before:
                    count += 1
                before = now
    return count


@kernel("int64(int32[::1], int64)")
def root_of(parent: NDArray[np.int32], run: int) -> int:
    """Representative of a run's component; halves the path on the way."""
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@kernel("void(int32[::1], int32[:,::1], int64, int64, int64, int64, int64)")
def join_rows(
    parent: NDArray[np.int32], ends: NDArray[np.int32], run: int, stop: int, other: int, other_stop: int, slack: int
) -> None:
    """Join the runs [run, stop) of one row with those [other, other_stop) of another where they overlap.

    ``slack`` 1 lets runs that touch at a corner count as overlapping.
    """
    while run < stop and other < other_stop:
        if ends[run, 0] < ends[other, 1] + slack and ends[other, 0] < ends[run, 1] + slack:
            a, b = root_of(parent, run), root_of(parent, other)
            if a < b:
                parent[b] = a
            elif b < a:
                parent[a] = b
        if ends[run, 1] < ends[other, 1]:
            run += 1
        else:
            other += 1


@kernel("int64(Array(boolean, 3, 'C', True), int32[:,:,::1], boolean, int32[:,::1], int32[:,::1], int32[::1])")
def label_runs(
    mask: NDArray[np.bool_],
    spans: NDArray[np.int32],
    corners: bool,
    first_run: NDArray[np.int32],
    ends: NDArray[np.int32],
    number: NDArray[np.int32],
) -> int:
    """Label the components of ``mask`` from 1 in the order of their first voxels; returns how many.

    ``corners``: 26-connected, else 6-connected. ``first_run`` int32 (z, y) is that of ``find_runs``. Written are, run
    by run, ``ends`` int32 (runs, 2), its first x and the one behind its last, and ``number`` int32, its component.
    Union-find over runs (He, Chao, Suzuki 2008, 10.1109/TIP.2008.917204).
    """
    nz, ny, _ = mask.shape
    runs = ends.shape[0]
    parent = np.arange(runs).astype(np.int32)
    slack = 1 if corners else 0
    run = 0
    for z in range(nz):
        for y in range(ny):
            begin = run
            before = False
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                now = mask[z, y, x]
                if now and not before:
                    ends[run, 0] = x
                elif before and not now:
                    ends[run, 1] = x
                    run += 1
                before = now
            if before:
                ends[run, 1] = spans[z, y, 1]
                run += 1
            if run == begin:
                continue
            if y > 0:
                join_rows(parent, ends, begin, run, first_run[z, y - 1], begin, slack)
            if z > 0:
                for w in range(max(0, y - slack), min(ny, y + slack + 1)):
                    row = (z - 1) * ny + w + 1
                    join_rows(parent, ends, begin, run, first_run[z - 1, w], first_run[row // ny, row % ny], slack)
    count = 0
    for n in range(runs):
        root = root_of(parent, n)
        if root == n:
            count += 1
            number[n] = count
        else:
            number[n] = number[root]
    return count


@kernel("void(int32[:,::1], int32[:,::1], int32[::1], int64, int64[::1], int32[::1])")
def spread_runs(
    first_run: NDArray[np.int32],
    ends: NDArray[np.int32],
    number: NDArray[np.int32],
    row_length: int,
    voxels: NDArray[np.int64],
    owner: NDArray[np.int32],
) -> None:
    """Flat index and component of each voxel of all runs, in scan order."""
    rows = first_run.size
    first = first_run.ravel()
    place = 0
    for row in range(rows):
        stop = first[row + 1] if row + 1 < rows else ends.shape[0]
        for n in range(first[row], stop):
            for x in range(ends[n, 0], ends[n, 1]):
                voxels[place] = row * row_length + x
                owner[place] = number[n]
                place += 1
