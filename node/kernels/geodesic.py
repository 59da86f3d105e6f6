"""Nearest source along paths inside a mask: Dial's bucket queue over a voxel grid with integer edge lengths.

Dial R.B., Algorithm 360: shortest-path forest with topological ordering, Commun. ACM 12 (1969) 632-633 [K].
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel

FAR = 2**31 - 1
"""Distance of a voxel that no source reaches within the limit."""


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
    chain: NDArray[np.int32],
) -> int:
    """Grow the sources in ``owner`` through the voxels that are ``inside`` (or sources), nearest first.

    ``steps`` int32 (m, 4): dz, dy, dx and the positive integer length of the step. ``owner`` int32 (z, y, x): on
    entry the source's number or 0; on return that of the nearest source (ties: the smaller number), 0 where none
    is within ``limit``. ``distance`` int32 (z, y, x), on return in the steps' unit, ``FAR`` where not reached.
    ``heads`` int32 (longest step + 1) and ``chain`` int32 (2, voxels) are scratch. Returns the voxels settled.
    """
    depth, height, width = inside.shape
    flat_distance = distance.ravel()
    flat_owner = owner.ravel()
    flat_inside = inside.ravel()
    buckets = heads.size
    heads[:] = -1
    following = chain[0]
    preceding = chain[1]
    for v in range(flat_owner.size):
        flat_distance[v] = FAR
        if flat_owner[v] > 0:
            flat_distance[v] = 0
            following[v] = heads[0]
            preceding[v] = -1
            if heads[0] >= 0:
                preceding[heads[0]] = v
            heads[0] = v
    settled = 0
    empty = 0
    current = 0
    while empty < buckets and current <= limit:
        slot = current % buckets
        v = heads[slot]
        if v < 0:
            empty += 1
            current += 1
            continue
        empty = 0
        heads[slot] = following[v]
        if following[v] >= 0:
            preceding[following[v]] = -1
        settled += 1
        z = v // (height * width)
        y = (v // width) % height
        x = v % width
        for s in range(steps.shape[0]):
            nz = z + steps[s, 0]
            ny = y + steps[s, 1]
            nx = x + steps[s, 2]
            if nz < 0 or ny < 0 or nx < 0 or nz >= depth or ny >= height or nx >= width:
                continue
            u = (nz * height + ny) * width + nx
            if flat_inside[u] == 0:
                continue
            reach = current + steps[s, 3]
            if reach > limit or reach > flat_distance[u]:
                continue
            if reach == flat_distance[u]:
                if flat_owner[v] < flat_owner[u]:
                    flat_owner[u] = flat_owner[v]
                continue
            if flat_distance[u] != FAR:
                if preceding[u] >= 0:
                    following[preceding[u]] = following[u]
                else:
                    heads[flat_distance[u] % buckets] = following[u]
                if following[u] >= 0:
                    preceding[following[u]] = preceding[u]
            flat_distance[u] = reach
            flat_owner[u] = flat_owner[v]
            target = reach % buckets
            following[u] = heads[target]
            preceding[u] = -1
            if heads[target] >= 0:
                preceding[heads[target]] = u
            heads[target] = u
    return settled
