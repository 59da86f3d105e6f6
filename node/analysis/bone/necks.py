"""Cavities that run into each other through a leaking joint, cut at their necks."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.analysis.grid.components import Components
from node.analysis.grid.depth import depth_inside_mm, own_mask

NECK_SHARE = 0.6
"""Two cavities are parted by a neck narrower than this share of the largest ball in either."""
STEP_MM = 0.4
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float32]


def parted(found: Components, which: BoolArray, spacing_mm: tuple[float, float, float], least_mm: float) -> Components:
    """The components with those of ``which`` (0 … count) cut into parts of some girth that hang together by a neck.

    Each part holds a ball of ``least_mm``. What lies outside of all cores of a component goes to the nearest of them;
    the first keeps its number.
    """
    owner, count = found.owner.copy(), found.count
    for number in np.flatnonzero(which[1:]) + 1:
        mine = np.flatnonzero(found.owner == number)
        mask, places = own_mask(np.stack(np.unravel_index(found.voxels[mine], found.shape), axis=1))
        pieces = _pieces(mask, spacing_mm, least_mm)[places]
        further = pieces > 1
        owner[mine[further]] = pieces[further] + np.int32(count - 1)
        count += max(0, int(pieces.max()) - 1)
    return Components(found.voxels, owner, count, found.shape)


def _pieces(mask: BoolArray, spacing_mm: tuple[float, float, float], least_mm: float) -> NDArray[np.int32]:
    """int32: the piece of each voxel of a mask (z, y, x) that does not reach its border, from 1."""
    depth = depth_inside_mm(mask, spacing_mm)
    cores = list(_cores(depth, depth > 0.0, 0.0, least_mm))
    if len(cores) < 2:
        return mask.astype(np.int32)
    seeds = np.zeros(mask.shape, np.int32)
    for number, core in enumerate(cores, start=1):
        seeds[core] = number
    nearest = ndimage.distance_transform_edt(
        seeds == 0, sampling=spacing_mm, return_distances=False, return_indices=True
    )
    return np.where(mask, seeds[tuple(nearest)], 0).astype(np.int32)


def _cores(depth: FloatArray, inside: BoolArray, level_mm: float, least_mm: float) -> Iterator[BoolArray]:
    """The parts of ``inside`` that necks at or below ``level_mm`` leave; itself where there is none."""
    while level_mm < depth[inside].max():
        level_mm += STEP_MM
        labels, count = ndimage.label(inside & (depth > level_mm))
        if count < 2:
            continue
        widest = ndimage.maximum(depth, labels, np.arange(1, count + 1))
        stout = 1 + np.flatnonzero((widest > least_mm) & (widest * NECK_SHARE > level_mm))
        if len(stout) > 1:
            for label in stout.tolist():
                yield from _cores(depth, labels == label, level_mm, least_mm)
            return
    yield inside
