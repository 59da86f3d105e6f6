"""Step 5, second part: the inside of each bone, from its cavity out to its shell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.bone.cavities import HIGHEST_HU, find_cavities
from node.analysis.grid.components import Components, components
from node.analysis.grid.filters import brightest, dimmest
from node.analysis.grid.neighbours import neighbours_of
from node.analysis.grid.spans import mask_of, places_in, spans_of, voxels_of, widened, with_neighbours
from node.analysis.limb.limbs import Limb
from node.analysis.limb.noise import Anchors
from node.kernels.closing import grow_labels, label_kept, shrink_grown
from node.kernels.watershed import flood_markers

BoolArray = NDArray[np.bool_]
Int16Array = NDArray[np.int16]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]

LOWEST_HU = -300
RIM_MM = 1.6
"""A cortex is looked for within this distance of the marrow."""
RIM_QUANTILE, RIM_OVER_USUAL = 0.75, 1.25
LEAST_CATCHMENT_MM3 = 300.0
"""Smaller bones have too little shell to know what is usual."""
RIM_SHIFT = 3
"""The quantile is read to 8 HU."""
CLOSING_MM = 0.8
"""Walls of spongiosa up to twice this thick belong to the inside; two cortices side by side are thicker."""


@dataclass(frozen=True, eq=False)
class Marrow:
    """``labels`` int32 (z, y, x): the inside of each bone, from 1; ``basin_voxels``: voxels of each one's basin."""

    labels: Int32Array
    basin_voxels: NDArray[np.int64]


def find_marrow(limb: Limb, grey: Int16Array, anchors: Anchors, floor: int) -> Marrow:
    """The inside of each bone; ``grey`` is the smoothed detection image, HU.

    A basin's catchment above ``floor`` HU counts up to the half-way level between local marrow and local shell.
    """
    rim = brightest(grey, RIM_MM, limb.spacing_mm, limb.spans)
    found = find_cavities(grey, rim, limb, anchors)
    basins = found.mask
    voxels, label = _catchments(grey, found, basins | (grey > np.int16(floor)), floor)
    spans = spans_of(mask_of(voxels, grey.shape))
    pale = dimmest(grey, RIM_MM, limb.spacing_mm, spans)
    shell = _own_shell(rim.reshape(-1)[voxels], label, LEAST_CATCHMENT_MM3 / limb.geometry.voxel_mm3)
    level, halfway = grey.reshape(-1)[voxels], (shell >> 1) + (pale.reshape(-1)[voxels] >> 1)
    inside = (level < halfway) | basins.reshape(-1)[voxels]
    voxels, label = voxels[inside], label[inside]
    pieces = components(mask_of(voxels, grey.shape), spans)
    joined = pieces.touched(basins)[pieces.owner]
    marrow = np.zeros(grey.shape, np.int32)
    marrow.reshape(-1)[voxels[joined]] = label[joined]
    return Marrow(_close(marrow, limb), found.sizes)


def _own_shell(rim: Int16Array, label: Int32Array, least: float) -> Int16Array:
    """Brightest HU around each voxel of a catchment, no more than is usual for the brighter parts of its bone's shell
    where it has ``least`` voxels.

    A deposit beside a bone may be brighter than its cortex by far; half of its level is no mark between marrow and
    cortex.
    """
    step = 1 << RIM_SHIFT
    bins = (HIGHEST_HU >> RIM_SHIFT) + 1
    height = np.clip(rim >> RIM_SHIFT, 0, bins - 1).astype(np.int64)
    counts = np.bincount(label.astype(np.int64) * bins + height, minlength=(int(label.max(initial=0)) + 1) * bins)
    reached = np.cumsum(counts.reshape(-1, bins), axis=1)
    usual = (reached < RIM_QUANTILE * reached[:, -1:]).sum(axis=1) * step
    most = np.where(reached[:, -1] < least, HIGHEST_HU, np.minimum(RIM_OVER_USUAL * usual, HIGHEST_HU)).astype(np.int16)
    return np.asarray(np.minimum(rim, most[label]))


def _catchments(grey: Int16Array, basins: Components, seen: BoolArray, floor: int) -> tuple[Int64Array, Int32Array]:
    """Voxels of all catchments, flat indices, and the basin of each; ``seen``: basins and what is above ``floor``."""
    voxels = voxels_of(*with_neighbours(seen))
    label, following = np.zeros(len(voxels), np.int32), np.empty(len(voxels), np.int32)
    label[places_in(voxels, basins.voxels)] = basins.owner
    head, tail = (np.empty(HIGHEST_HU - LOWEST_HU + 1, np.int32) for _ in range(2))
    neighbours, value = neighbours_of(voxels, basins.shape), grey.reshape(-1)[voxels]
    flood_markers(neighbours, value, LOWEST_HU, floor, HIGHEST_HU, label, head, tail, following)
    caught = label > 0
    return voxels[caught], label[caught]


def _close(marrow: Int32Array, limb: Limb) -> Int32Array:
    """Morphological closing by a ball of CLOSING_MM, in place; new voxels get the nearest label."""
    steps = _ball(CLOSING_MM, limb.spacing_mm)
    if not len(steps):  # the voxels are larger than the ball
        return marrow
    z, y, x = np.abs(steps).max(axis=0).tolist()
    length = marrow.shape[2]
    spans = widened(widened(spans_of(marrow), (z, 0, x), length), (0, y, 0), length)
    state = np.zeros(marrow.shape, np.uint8)
    grow_labels(marrow, spans, steps, state)
    shrink_grown(marrow, spans, steps, state)
    label_kept(marrow, spans, steps, state)
    return marrow


def _ball(radius_mm: float, spacing_mm: tuple[float, float, float]) -> NDArray[np.int64]:
    """Steps (n, 3) z, y, x in voxels to all voxels within ``radius_mm``, the nearest first, without the centre."""
    reach = [int(radius_mm / s) for s in spacing_mm]
    steps = np.stack(np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    distance = np.linalg.norm(steps * np.asarray(spacing_mm), axis=1)
    order = np.argsort(distance, kind="stable")
    return np.ascontiguousarray(steps[order[(distance[order] > 0.0) & (distance[order] <= radius_mm)]])
