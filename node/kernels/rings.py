"""What lies inside a bright ring in one plane of a volume."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.buckets import push
from node.kernels.jit import kernel, prange


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

    ``level`` int16: -1 outside, 0 where the flood is to go; changed in place to values clipped to [lowest, highest].
    ``head`` int32 (highest - lowest + 1) and ``following`` int32 (rows · x) are work space. 4-connected.
    """
    rows, length = values.shape
    head[:] = -1
    for r in range(rows):
        for x in range(length):
            if level[r, x] != 0:
                continue
            if (
                (r > 0 and level[r - 1, x] == -1)
                or (r < rows - 1 and level[r + 1, x] == -1)
                or (x > 0 and level[r, x - 1] == -1)
                or (x < length - 1 and level[r, x + 1] == -1)
            ):
                spill = min(max(values[r, x], lowest), highest)
                level[r, x] = spill
                push(head, following, spill - lowest, r * length + x)
    bucket = 0
    while bucket <= highest - lowest:
        voxel = head[bucket]
        if voxel < 0:
            bucket += 1
            continue
        head[bucket] = following[voxel]
        r, x = voxel // length, voxel % length
        for side in range(4):
            s = r + (1 if side == 0 else -1 if side == 1 else 0)
            u = x + (1 if side == 2 else -1 if side == 3 else 0)
            if s < 0 or s >= rows or u < 0 or u >= length or level[s, u] != 0:
                continue
            spill = min(max(values[s, u], bucket + lowest), highest)
            level[s, u] = spill
            push(head, following, spill - lowest, s * length + u)


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
    for plane in prange(ny if upright else nz):
        rows = nz if upright else ny
        first, last, begin, end = rows, 0, nx, 0
        for r in range(rows):
            z, y = (r, plane) if upright else (plane, r)
            if spans[z, y, 0] < spans[z, y, 1]:
                first, last = min(first, r), r + 1
                begin, end = min(begin, spans[z, y, 0]), max(end, spans[z, y, 1])
        if first >= last:
            continue
        first, last, begin, end = max(0, first - 1), min(rows, last + 1), max(0, begin - 1), min(nx, end + 1)
        values = np.zeros((last - first, end - begin), np.int16)
        level = np.full((last - first, end - begin), -1, np.int16)
        for r in range(first, last):
            z, y = (r, plane) if upright else (plane, r)
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                if body[z, y, x]:
                    level[r - first, x - begin] = 0
                    values[r - first, x - begin] = dam[z, y, x]
        head = np.empty(highest - lowest + 1, np.int32)
        flood_plane(values, level, lowest, highest, head, np.empty(level.size, np.int32))
        for r in range(first, last):
            z, y = (r, plane) if upright else (plane, r)
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                water = level[r - first, x - begin]
                if water > lowest and water - grey[z, y, x] > depth:
                    hits[z, y, x] += 1
