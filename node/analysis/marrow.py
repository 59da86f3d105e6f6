"""Step 5, second part: the inside of each bone, from its cavity out to its shell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.cavities import HIGHEST_HU, find_cavities
from node.analysis.components import components
from node.analysis.filters import brightest, dimmest
from node.analysis.limbs import Limb
from node.analysis.noise import Anchors
from node.analysis.spans import spans_of, widened
from node.kernels.closing import grow_labels, label_kept, shrink_grown
from node.kernels.watershed import flood_markers

Int16Array = NDArray[np.int16]
Int32Array = NDArray[np.int32]

LOWEST_HU = -300
RIM_MM = 1.6
"""A cortex is looked for within this distance of the marrow."""
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
    basins, catchment = found.mask, found.labels
    spans = widened(spans_of(basins | (grey > np.int16(floor))), (1, 1, 1), grey.shape[2])
    head, tail = (np.empty(HIGHEST_HU - LOWEST_HU + 1, np.int32) for _ in range(2))
    flood_markers(grey, spans, LOWEST_HU, floor, HIGHEST_HU, catchment, head, tail, np.empty(grey.size, np.int32))
    taken = catchment > 0
    spans = spans_of(taken)
    halfway = (rim >> 1) + (dimmest(grey, RIM_MM, limb.spacing_mm, spans) >> 1)
    inside = taken & ((grey < halfway) | basins)
    pieces = components(inside, spans)
    joined = pieces.only(pieces.touched(basins))
    marrow = np.zeros(catchment.shape, catchment.dtype)
    marrow.reshape(-1)[joined.voxels] = catchment.reshape(-1)[joined.voxels]
    return Marrow(_close(marrow, limb), found.sizes)


def _close(marrow: Int32Array, limb: Limb) -> Int32Array:
    """Morphological closing by a ball of CLOSING_MM, in place; new voxels get the nearest label."""
    steps = _ball(CLOSING_MM, limb.spacing_mm)
    if not len(steps):  # the voxels are larger than the ball
        return marrow
    z, y, x = np.abs(steps).max(axis=0).tolist()
    length = marrow.shape[2]
    spans = widened(widened(spans_of(marrow > 0), (z, 0, x), length), (0, y, 0), length)
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
