"""Basins of a grey image: the level at which each voxel would spill over to the outside."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.buckets import push
from node.kernels.jit import kernel


@kernel("void(Array(boolean, 3, 'C', True), int32[:,::1], int32[:,::1], int32[::1], int64, int64, int16[:,:,::1])")
def flood_open_runs(
    body: NDArray[np.bool_],
    first_run: NDArray[np.int32],
    ends: NDArray[np.int32],
    number: NDArray[np.int32],
    count: int,
    lowest: int,
    filled: NDArray[np.int16],
) -> None:
    """Set ``filled`` to ``lowest`` in all components of low voxels that the outside reaches.

    ``first_run``, ``ends``, ``number`` and ``count`` are the runs and components (``kernels.runs``) of what in the
    ``body`` (z, y, x) is not above ``lowest``: most of all tissue, which so need not be flooded voxel by voxel.
    """
    nz, ny, nx = body.shape
    reached = np.zeros(count + 1, np.bool_)
    for write in (False, True):
        for z in range(nz):
            for y in range(ny):
                row = z * ny + y + 1
                stop = first_run[row // ny, row % ny] if row < nz * ny else ends.shape[0]
                for run in range(first_run[z, y], stop):
                    if write:
                        if reached[number[run]]:
                            filled[z, y, ends[run, 0] : ends[run, 1]] = lowest
                        continue
                    before, after = ends[run, 0] - 1, ends[run, 1]
                    shore = (before >= 0 and not body[z, y, before]) or (after < nx and not body[z, y, after])
                    for x in range(ends[run, 0], ends[run, 1]):
                        shore |= z > 0 and not body[z - 1, y, x]
                        shore |= z < nz - 1 and not body[z + 1, y, x]
                        shore |= y > 0 and not body[z, y - 1, x]
                        shore |= y < ny - 1 and not body[z, y + 1, x]
                    reached[number[run]] |= shore


@kernel(
    "void(int16[:,:,::1], Array(boolean, 3, 'C', True), int32[:,:,::1], int64, int64, int16[:,:,::1], int32[::1], "
    "int32[::1])"
)
def fill_basins(
    image: NDArray[np.int16],
    body: NDArray[np.bool_],
    spans: NDArray[np.int32],
    lowest: int,
    highest: int,
    filled: NDArray[np.int16],
    head: NDArray[np.int32],
    following: NDArray[np.int32],
) -> None:
    """Morphological reconstruction by erosion: min over paths from outside of the path's highest value.

    image int16 (z, y, x); the flood comes from all that is not ``body`` and stays in it; ``spans`` hold the body;
    filled int16 becomes the result in the body, clipped to [lowest, highest], lowest > 0; it stays 0 where the flood
    never comes. Where it is not 0 beforehand the flood has been already (``flood_open_runs``). head int32
    (highest - lowest + 1), following int32 (voxels): work space.
    A priority flood over buckets (Barnes, Lehman, Mulla 2014, 10.1016/j.cageo.2013.04.024), 6-connected.
    """
    nz, ny, nx = image.shape
    plane = ny * nx
    values, tissue, level = image.ravel(), body.ravel(), filled.ravel()
    step = np.array([-plane, plane, -nx, nx, -1, 1])
    head[:] = -1
    for z in range(nz):
        for y in range(ny):
            for x in range(spans[z, y, 0], spans[z, y, 1]):
                voxel = z * plane + y * nx + x
                if not tissue[voxel] or level[voxel] == lowest:
                    continue
                if (
                    (z > 0 and (level[voxel - plane] == lowest or not tissue[voxel - plane]))
                    or (z < nz - 1 and (level[voxel + plane] == lowest or not tissue[voxel + plane]))
                    or (y > 0 and (level[voxel - nx] == lowest or not tissue[voxel - nx]))
                    or (y < ny - 1 and (level[voxel + nx] == lowest or not tissue[voxel + nx]))
                    or (x > 0 and (level[voxel - 1] == lowest or not tissue[voxel - 1]))
                    or (x < nx - 1 and (level[voxel + 1] == lowest or not tissue[voxel + 1]))
                ):
                    spill = min(max(values[voxel], lowest), highest)
                    level[voxel] = spill
                    push(head, following, spill - lowest, voxel)
    bucket = 0
    while bucket <= highest - lowest:
        voxel = head[bucket]
        if voxel < 0:
            bucket += 1
            continue
        head[bucket] = following[voxel]
        z = voxel // plane
        y = (voxel - z * plane) // nx
        x = voxel - z * plane - y * nx
        inside = (z > 0, z < nz - 1, y > 0, y < ny - 1, x > 0, x < nx - 1)
        for side in range(6):
            if not inside[side]:
                continue
            other = voxel + step[side]
            if level[other] != 0 or not tissue[other]:
                continue
            spill = min(max(values[other], bucket + lowest), highest)
            level[other] = spill
            push(head, following, spill - lowest, other)
