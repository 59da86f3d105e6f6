"""Connected components by runs: stretches of a row, joined where they touch those of the rows before."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over


@kernel("void(Array(boolean, 3, 'C', True), int32[:,:,::1], int32[:,::1])", parallel=True)
def count_runs(mask: NDArray[np.bool_], spans: NDArray[np.int32], counts: NDArray[np.int32]) -> None:
    """Count the runs of ``mask`` (z, y, x) inside spans, row by row; ``counts`` int32 (z, y) is written."""
    nz, ny = mask.shape[:2]
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        for y in range(ny):
            count = 0
            before = False
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                now = mask[z, y, x]
                if now and not before:
                    count += 1
                before = now
            counts[z, y] = count


@kernel("void(Array(boolean, 3, 'C', True), int32[:,:,::1], int32[:,::1], int32[:,::1])", parallel=True)
def find_ends(
    mask: NDArray[np.bool_], spans: NDArray[np.int32], first_run: NDArray[np.int32], ends: NDArray[np.int32]
) -> None:
    """First x of each run and the one behind its last; ``ends`` int32 (runs, 2) is written.

    ``first_run`` int32 (z, y): number of each row's first run, how many there are in the rows before.
    """
    nz, ny = mask.shape[:2]
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        for y in range(ny):
            run = first_run[z, y]
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


@kernel("int64(boolean, int32[:,::1], int32[:,::1], int32[::1])")
def label_runs(corners: bool, first_run: NDArray[np.int32], ends: NDArray[np.int32], number: NDArray[np.int32]) -> int:
    """Label the components of a mask from 1 in the order of their first voxels; returns how many.

    ``corners``: 26-connected, else 6-connected. ``first_run`` and ``ends`` as of ``find_ends``; written is ``number``
    int32 (runs), the component of each. Union-find over runs (He, Chao, Suzuki 2008, 10.1109/TIP.2008.917204).
    """
    nz, ny = first_run.shape
    runs = ends.shape[0]
    parent = np.arange(runs).astype(np.int32)
    slack = 1 if corners else 0
    for z in range(nz):
        for y in range(ny):
            row = z * ny + y + 1
            run, stop = first_run[z, y], first_run[row // ny, row % ny] if row < nz * ny else runs
            if run == stop:
                continue
            if y > 0:
                join_rows(parent, ends, run, stop, first_run[z, y - 1], run, slack)
            if z > 0:
                for w in range(max(0, y - slack), min(ny, y + slack + 1)):
                    row = (z - 1) * ny + w + 1
                    join_rows(parent, ends, run, stop, first_run[z - 1, w], first_run[row // ny, row % ny], slack)
    count = 0
    for n in range(runs):
        root = root_of(parent, n)
        if root == n:
            count += 1
            number[n] = count
        else:
            number[n] = number[root]
    return count


@kernel("void(int32[:,::1], int32[:,::1], int32[::1], int64[::1], int64, int64[::1], int32[::1])", parallel=True)
def spread_runs(
    first_run: NDArray[np.int32],
    ends: NDArray[np.int32],
    number: NDArray[np.int32],
    first: NDArray[np.int64],
    row_length: int,
    voxels: NDArray[np.int64],
    owner: NDArray[np.int32],
) -> None:
    """Flat index and component of each voxel of all runs, in scan order.

    ``first`` int64 (runs): where each run's voxels begin in ``voxels`` and ``owner``, which are written.
    """
    nz, ny = first_run.shape
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        for y in range(ny):
            row = z * ny + y
            stop = first_run[(row + 1) // ny, (row + 1) % ny] if row + 1 < nz * ny else ends.shape[0]
            for n in range(first_run[z, y], stop):
                for x in range(ends[n, 0], ends[n, 1]):
                    place = first[n] + x - ends[n, 0]
                    voxels[place] = row * row_length + x
                    owner[place] = number[n]
