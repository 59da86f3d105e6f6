"""Morphological closing of labelled regions by a small ball, given as a list of steps."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over

GROWN, KEPT = 1, 2


@kernel("void(int32[:,:,::1], int32[:,:,::1], int64[:,::1], uint8[:,:,::1])", parallel=True)
def grow_labels(
    labels: NDArray[np.int32], spans: NDArray[np.int32], steps: NDArray[np.int64], state: NDArray[np.uint8]
) -> None:
    """Mark as GROWN in ``state`` uint8 (z, y, x), zeroed by the caller, what lies within the ball of a label > 0.

    ``steps`` int64 (n, 3): z, y, x of all voxels of the ball but its centre, the nearest first; ``spans`` hold what
    may be grown into.
    """
    nz, ny, nx = labels.shape
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        for y in range(ny):
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                if labels[z, y, x] > 0:
                    continue
                for n in range(steps.shape[0]):
                    v, w, u = z + steps[n, 0], y + steps[n, 1], x + steps[n, 2]
                    if 0 <= v < nz and 0 <= w < ny and 0 <= u < nx and labels[v, w, u] > 0:
                        state[z, y, x] = GROWN
                        break


@kernel("void(int32[:,:,::1], int32[:,:,::1], int64[:,::1], uint8[:,:,::1])", parallel=True)
def shrink_grown(
    labels: NDArray[np.int32], spans: NDArray[np.int32], steps: NDArray[np.int64], state: NDArray[np.uint8]
) -> None:
    """Mark as KEPT what is GROWN and whose whole ball is labelled or grown; the border counts as such."""
    nz, ny, nx = labels.shape
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        for y in range(ny):
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                if state[z, y, x] == 0:
                    continue
                kept = True
                for n in range(steps.shape[0]):
                    v, w, u = z + steps[n, 0], y + steps[n, 1], x + steps[n, 2]
                    if not (0 <= v < nz and 0 <= w < ny and 0 <= u < nx):
                        continue
                    if labels[v, w, u] == 0 and state[v, w, u] == 0:
                        kept = False
                        break
                if kept:
                    state[z, y, x] = KEPT


@kernel("void(int32[:,:,::1], int32[:,:,::1], int64[:,::1], uint8[:,:,::1])", parallel=True)
def label_kept(
    labels: NDArray[np.int32],
    spans: NDArray[np.int32],
    steps: NDArray[np.int64],
    state: NDArray[np.uint8],
) -> None:
    """Write the nearest label of before to ``labels`` where KEPT."""
    nz, ny, nx = labels.shape
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        for y in range(ny):
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                if state[z, y, x] != KEPT:
                    continue
                for n in range(steps.shape[0]):
                    v, w, u = z + steps[n, 0], y + steps[n, 1], x + steps[n, 2]
                    within = 0 <= v < nz and 0 <= w < ny and 0 <= u < nx
                    if within and state[v, w, u] == 0 and labels[v, w, u] > 0:
                        labels[z, y, x] = labels[v, w, u]
                        break
