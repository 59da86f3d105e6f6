"""Basins of a grey image: the level at which each voxel would spill over to the outside."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel
from node.kernels.neighbours import UNLISTED

UNREACHED = 32767
"""In place of a level: the flood never comes."""


@kernel("void(Array(boolean, 3, 'C', True), int32[:,::1], int32[:,::1], int32[::1], int64, boolean[:,:,::1])")
def drain_open_runs(
    body: NDArray[np.bool_],
    first_run: NDArray[np.int32],
    ends: NDArray[np.int32],
    number: NDArray[np.int32],
    count: int,
    held: NDArray[np.bool_],
) -> None:
    """Clear ``held`` bool (z, y, x) in all components of low voxels that the outside of the ``body`` reaches.

    ``first_run``, ``ends``, ``number`` and ``count`` are the runs and components (``kernels.runs``) of what in the
    body is low: most of all tissue, which so need not be flooded voxel by voxel.
    """
    nz, ny, nx = body.shape
    reached = np.zeros(count + 1, np.bool_)
    for clear in (False, True):
        for z in range(nz):
            for y in range(ny):
                row = z * ny + y + 1
                stop = first_run[row // ny, row % ny] if row < nz * ny else ends.shape[0]
                for run in range(first_run[z, y], stop):
                    if reached[number[run]]:
                        if clear:
                            held[z, y, ends[run, 0] : ends[run, 1]] = False
                        continue
                    before, after = ends[run, 0] - 1, ends[run, 1]
                    shore = (before >= 0 and not body[z, y, before]) or (after < nx and not body[z, y, after])
                    for x in range(ends[run, 0], ends[run, 1]):
                        shore |= z > 0 and not body[z - 1, y, x]
                        shore |= z < nz - 1 and not body[z + 1, y, x]
                        shore |= y > 0 and not body[z, y - 1, x]
                        shore |= y < ny - 1 and not body[z, y + 1, x]
                    reached[number[run]] = shore


@kernel("boolean(int32[:,::1], int16[::1], boolean, int16[::1])")
def _sweep(neighbours: NDArray[np.int32], image: NDArray[np.int16], up: bool, filled: NDArray[np.int16]) -> bool:
    """Lower each level to where it spills over to the three neighbours swept before it; False where none is changed."""
    count, before = image.size, 0 if up else 1
    changed = False
    for n in range(count):
        voxel = n if up else count - 1 - n
        spill = level = filled[voxel]
        if level == image[voxel]:
            continue
        for axis in range(3):
            other = neighbours[voxel, 2 * axis + before]
            if other >= 0:
                spill = min(spill, filled[other])
        filled[voxel] = max(spill, image[voxel])
        changed |= filled[voxel] < level
    return changed


@kernel("void(int32[:,::1], int16[::1], int16[::1])")
def fill_basins(neighbours: NDArray[np.int32], image: NDArray[np.int16], filled: NDArray[np.int16]) -> None:
    """Morphological reconstruction by erosion: min over paths from outside of the path's highest value.

    Of a list of voxels: ``neighbours`` (``kernels.neighbours``), image int16, and filled int16, the result. The flood
    comes from all that is not in the list; UNREACHED where it never comes. 6-connected.
    Sweeps up and down the list until one changes nothing (the sequential method of Vincent 1993, 10.1109/83.217222).
    Water leaves a bone in few turns, so a handful of sweeps in the order of memory is enough; a priority flood, which
    jumps, takes several times as long.
    """
    for voxel in range(image.size):
        filled[voxel] = UNREACHED
        for side in range(6):
            if neighbours[voxel, side] == UNLISTED:
                filled[voxel] = image[voxel]
    up = True
    changed = _sweep(neighbours, image, up, filled)
    while changed or up:
        up = not up
        changed = _sweep(neighbours, image, up, filled)
