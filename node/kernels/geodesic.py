"""Nearest source along paths inside a mask: Dial's bucket queue over a voxel grid with integer edge lengths.

Dial R.B., Algorithm 360: shortest-path forest with topological ordering, Commun. ACM 12 (1969) 632-633 [K].
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel

FAR = 2**31 - 1
"""Distance of a voxel that no source reaches within the limit."""


@kernel("int64(int64, int64)")
def _slot(place: int, buckets: int) -> int:
    """A place less than twice round the ring of buckets, within it; a division would take longer than all else."""
    return place if place < buckets else place - buckets


@kernel("void(int32[::1], int32[:, ::1], int64, int64)")
def _push(heads: NDArray[np.int32], links: NDArray[np.int32], slot: int, v: int) -> None:
    """Put voxel ``v`` at the head of a bucket; ``links[0]`` is the next one, ``links[1]`` the one before."""
    first = heads[slot]
    links[0, v] = first
    links[1, v] = -1
    if first >= 0:
        links[1, first] = v
    heads[slot] = v


@kernel("void(int32[::1], int32[:, ::1], int64, int64)")
def _drop(heads: NDArray[np.int32], links: NDArray[np.int32], slot: int, v: int) -> None:
    """Take voxel ``v`` out of a bucket."""
    following = links[0, v]
    before = links[1, v]
    if before >= 0:
        links[0, before] = following
    else:
        heads[slot] = following
    if following >= 0:
        links[1, following] = before


@kernel(
    "int64(Array(uint8, 3, 'C', True), Array(int32, 2, 'C', True), int64, int32[:, :, ::1], int32[:, :, ::1], "
    "int32[::1], int32[:, ::1])"
)
def geodesic_nearest(
    inside: NDArray[np.uint8],
    steps: NDArray[np.int32],
    limit: int,
    distance: NDArray[np.int32],
    owner: NDArray[np.int32],
    heads: NDArray[np.int32],
    links: NDArray[np.int32],
) -> int:
    """Grow the sources in ``owner`` through the voxels that are ``inside`` (or sources), nearest first.

    ``steps`` int32 (m, 4): dz, dy, dx, each within ± 1, and the positive integer length of the step. ``owner`` int32
    (z, y, x): on entry the source's number or 0; on return that of the nearest source (ties: the smaller number), 0
    where none is within ``limit``. ``distance`` int32 (z, y, x), on return in the steps' unit, ``FAR`` where not
    reached. ``heads`` int32 (longest step + 1) and ``links`` int32 (2, voxels) are scratch. Returns the voxels settled.
    """
    depth, height, width = inside.shape
    far, own, free = distance.ravel(), owner.ravel(), inside.ravel()
    offset = (steps[:, 0].astype(np.int64) * height + steps[:, 1]) * width + steps[:, 2]
    buckets = heads.size
    heads[:] = -1
    for v in range(own.size):
        far[v] = FAR
        if own[v] > 0:
            far[v] = 0
            _push(heads, links, 0, v)
    settled = 0
    empty = 0
    current = 0
    slot = 0
    while empty < buckets and current <= limit:
        v = int(heads[slot])
        if v < 0:
            empty += 1
            current += 1
            slot = slot + 1 if slot + 1 < buckets else 0
            continue
        empty = 0
        _drop(heads, links, slot, v)
        settled += 1
        row = v // width
        z, y, x = row // height, row % height, v % width
        inner = 0 < z < depth - 1 and 0 < y < height - 1 and 0 < x < width - 1
        for s in range(steps.shape[0]):
            if not inner:
                nz, ny, nx = z + steps[s, 0], y + steps[s, 1], x + steps[s, 2]
                if not (0 <= nz < depth and 0 <= ny < height and 0 <= nx < width):
                    continue
            u = v + offset[s]
            reach = current + steps[s, 3]
            if free[u] == 0 or reach > limit or reach > far[u]:
                continue
            if reach == far[u]:
                own[u] = min(own[u], own[v])
                continue
            if far[u] != FAR:
                _drop(heads, links, _slot(slot + far[u] - current, buckets), u)
            far[u] = reach
            own[u] = own[v]
            _push(heads, links, _slot(slot + steps[s, 3], buckets), u)
    return settled
