"""Nearest source along paths inside a mask: Dial's bucket queue over a voxel grid with integer edge lengths.

Dial R.B., Algorithm 360: shortest-path forest with topological ordering, Commun. ACM 12 (1969) 632-633 [K].
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel

BLOCKED = -1
"""In place of the distance of a voxel that no path enters."""


@kernel("int64(int64, int64)")
def _slot(place: int, buckets: int) -> int:
    """A place less than twice round the ring of buckets, within it; a division would take longer than all else."""
    return place if place < buckets else place - buckets


@kernel("void(int32[::1], int32[:, ::1], int64, int64)")
def _push(heads: NDArray[np.int32], links: NDArray[np.int32], slot: int, v: int) -> None:
    """Put voxel ``v`` at the head of a bucket; ``links[v]``: the next one and the one before."""
    first = heads[slot]
    links[v, 0] = first
    links[v, 1] = -1
    if first >= 0:
        links[first, 1] = v
    heads[slot] = v


@kernel("void(int32[::1], int32[:, ::1], int64, int64)")
def _drop(heads: NDArray[np.int32], links: NDArray[np.int32], slot: int, v: int) -> None:
    """Take voxel ``v`` out of a bucket."""
    following = links[v, 0]
    before = links[v, 1]
    if before >= 0:
        links[before, 0] = following
    else:
        heads[slot] = following
    if following >= 0:
        links[following, 1] = before


@kernel("void(int32[::1], int32[:, ::1], int64[::1], int64, int16[::1], int32[::1])")
def _push_sources(
    heads: NDArray[np.int32],
    links: NDArray[np.int32],
    offset: NDArray[np.int64],
    limit: int,
    distance: NDArray[np.int16],
    owner: NDArray[np.int32],
) -> None:
    """Put each source that has a voxel beside it to go to into the first bucket; the distance of all is 0."""
    for v in range(owner.size):
        if owner[v] > 0:
            distance[v] = 0
    for v in range(owner.size):
        if owner[v] > 0:
            for s in range(offset.size):
                if distance[v + offset[s]] > limit:
                    _push(heads, links, 0, v)
                    break


@kernel("void(int64[::1], int64[::1], int64, int16[::1], int32[::1], int32[::1], int32[:, ::1])")
def geodesic_nearest(
    offset: NDArray[np.int64],
    length: NDArray[np.int64],
    limit: int,
    distance: NDArray[np.int16],
    owner: NDArray[np.int32],
    heads: NDArray[np.int32],
    links: NDArray[np.int32],
) -> None:
    """Grow the sources in ``owner`` through the voxels that are not BLOCKED, nearest first.

    A grid flattened, of which no step from a source or from a voxel that is not BLOCKED leads out: a border of BLOCKED
    voxels sees to that. ``offset`` int64 (steps): of each step's end; ``length``: of each step, from 1. ``owner`` int32
    (voxels): on entry the source's number or 0; on return that of the nearest source (ties: the smaller number), 0
    where none is within ``limit`` < 2^15 - 1. ``distance`` int16 (voxels): on entry BLOCKED, or limit + 1 where a path
    may enter; on return the distance in the steps' unit where a path did, 0 in a source. ``heads`` int32 (longest step
    + 1) and ``links`` int32 (voxels, 2) are scratch.
    """
    buckets = heads.size
    heads[:] = -1
    _push_sources(heads, links, offset, limit, distance, owner)
    empty, current, slot = 0, 0, 0
    while empty < buckets and current <= limit:
        v = int(heads[slot])
        if v < 0:
            empty += 1
            current += 1
            slot = _slot(slot + 1, buckets)
            continue
        empty = 0
        _drop(heads, links, slot, v)
        for s in range(offset.size):
            u = v + offset[s]
            reach = current + length[s]
            if reach > distance[u]:
                continue
            if reach == distance[u]:  # limit + 1 among them, whose owner is 0
                owner[u] = min(owner[u], owner[v])
                continue
            if distance[u] <= limit:
                _drop(heads, links, _slot(slot + distance[u] - current, buckets), u)
            distance[u] = reach
            owner[u] = owner[v]
            _push(heads, links, _slot(slot + length[s], buckets), u)
