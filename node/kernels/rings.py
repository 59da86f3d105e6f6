"""What lies inside a bright ring in one plane of a volume."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.buckets import push
from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over

OUTSIDE, TO_FLOOD, WALL = -1, 0, -2


@kernel("void(int16[:,::1], int16[:,::1], int64, int64, int32[::1], int32[::1])")
def flood_plane(
    values: NDArray[np.int16],
    level: NDArray[np.int16],
    lowest: int,
    highest: int,
    head: NDArray[np.int32],
    following: NDArray[np.int32],
) -> None:
    """Water level of each voxel of a plane (rows, x) whose outside stands at ``lowest``.

    ``level`` int16: OUTSIDE, TO_FLOOD or, all along the border at least, one of OUTSIDE and WALL; what is to be flooded
    becomes values clipped to [lowest, highest]. ``head`` int32 (highest - lowest + 1) and ``following`` int32
    (rows · x) are work space. 4-connected.
    """
    length = values.shape[1]
    value, water = values.ravel(), level.ravel()
    steps = (-length, length, -1, 1)
    head[:] = -1
    for voxel in range(length, water.size - length):
        if water[voxel] != TO_FLOOD:
            continue
        for step in steps:
            if water[voxel + step] == OUTSIDE:
                spill = min(max(value[voxel], lowest), highest)
                water[voxel] = spill
                push(head, following, spill - lowest, voxel)
                break
    bucket = 0
    while bucket <= highest - lowest:
        voxel = head[bucket]
        if voxel < 0:
            bucket += 1
            continue
        head[bucket] = following[voxel]
        for step in steps:
            other = voxel + step
            if water[other] == TO_FLOOD:
                spill = min(max(value[other], bucket + lowest), highest)
                water[other] = spill
                push(head, following, spill - lowest, other)


@kernel(
    "void(int16[:,:,::1], int16[:,:,::1], Array(boolean, 3, 'C', True), int32[:,:,::1], boolean, int64, int64, int64, "
    "uint8[:,:,::1])",
    parallel=True,
)
def count_rings(
    dam: NDArray[np.int16],
    grey: NDArray[np.int16],
    body: NDArray[np.bool_],
    spans: NDArray[np.int32],
    upright: bool,
    lowest: int,
    highest: int,
    depth: int,
    hits: NDArray[np.uint8],
) -> None:
    """Add 1 to ``hits`` uint8 (z, y, x) where ``grey`` lies more than ``depth`` below the ring around it.

    The ring is the water level of ``dam`` int16 (z, y, x) in the voxel's plane, z, x for ``upright``, else y, x: the
    lowest way out of the ``body`` in that plane, clipped to [lowest, highest]. ``spans`` hold the body.
    """
    nz, ny, nx = dam.shape
    planes = ny if upright else nz
    step = step_over(planes)
    for turn in prange(planes):
        plane = turn * step % planes
        rows = nz if upright else ny
        first, last, begin, end = rows, 0, nx, 0
        for r in range(rows):
            z, y = (r, plane) if upright else (plane, r)
            if spans[z, y, 0] < spans[z, y, 1]:
                first, last = min(first, r), r + 1
                begin, end = min(begin, spans[z, y, 0]), max(end, spans[z, y, 1])
        if first >= last:
            continue
        above, before = first - 1, begin - 1
        values = np.empty((last + 1 - above, end + 1 - before), np.int16)
        level = np.full(values.shape, OUTSIDE, np.int16)
        if first == 0:
            level[0] = WALL
        if last == rows:
            level[-1] = WALL
        if begin == 0:
            level[:, 0] = WALL
        if end == nx:
            level[:, -1] = WALL
        for r in range(first, last):
            z, y = (r, plane) if upright else (plane, r)
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                if body[z, y, x]:
                    level[r - above, x - before] = TO_FLOOD
                    values[r - above, x - before] = dam[z, y, x]
        head = np.empty(highest - lowest + 1, np.int32)
        flood_plane(values, level, lowest, highest, head, np.empty(level.size, np.int32))
        for r in range(first, last):
            z, y = (r, plane) if upright else (plane, r)
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                water = level[r - above, x - before]
                if water > lowest and water - grey[z, y, x] > depth:
                    hits[z, y, x] += 1
