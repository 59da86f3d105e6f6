"""Water levels of an image: how deep each voxel of a body lies below where it would spill over to the outside."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.spans import Spans, mask_of, voxels_of
from node.kernels.basins import drain_open_runs, fill_basins
from node.kernels.neighbours import link_neighbours
from node.kernels.runs import find_runs, label_runs

BoolArray = NDArray[np.bool_]
Int16Array = NDArray[np.int16]
Int64Array = NDArray[np.int64]


def neighbours_of(voxels: Int64Array, shape: tuple[int, int, int]) -> NDArray[np.int32]:
    """Places int32 (n, 6) of the neighbours of the voxels of a list (``kernels.neighbours``), flat indices."""
    neighbours = np.empty((len(voxels), 6), np.int32)
    link_neighbours(voxels, *shape, neighbours)
    return neighbours


@dataclass(frozen=True, eq=False)
class Water:
    """Voxels of a grid of ``shape`` (z, y, x), flat indices in scan order, and how deep they lie under water, HU."""

    voxels: Int64Array
    depth: Int16Array
    shape: tuple[int, ...]

    def deeper(self, than: float) -> BoolArray:
        """Mask (z, y, x) of what lies deeper under water."""
        return mask_of(self.voxels[self.depth > than], self.shape)


def held_water(grey: Int16Array, dam: Int16Array, body: BoolArray, spans: Spans, lowest: int, highest: int) -> Water:
    """How far ``grey`` lies below the level at which the body spills over ``dam`` there; both int16 (z, y, x), HU.

    Levels are clipped to [lowest, highest]; what stands at ``lowest`` is open water and not held. ``spans`` hold the
    body.
    """
    voxels = voxels_of(_drained(body & (dam <= np.int16(lowest)), body, spans), spans)
    level, following = np.empty(len(voxels), np.int16), np.empty(len(voxels), np.int32)
    neighbours = neighbours_of(voxels, (dam.shape[0], dam.shape[1], dam.shape[2]))
    head = np.empty(highest - lowest + 1, np.int32)
    fill_basins(neighbours, dam.reshape(-1)[voxels], lowest, highest, level, head, following)
    held = level > np.int16(lowest)
    voxels = voxels[held]
    return Water(voxels, level[held] - grey.reshape(-1)[voxels], grey.shape)


def _drained(low: BoolArray, body: BoolArray, spans: Spans) -> BoolArray:
    """The body without those components of ``low`` that its outside reaches."""
    first_run = np.empty(low.shape[:2], np.int32)
    runs = find_runs(low, spans, first_run)
    ends, number = np.empty((runs, 2), np.int32), np.empty(runs, np.int32)
    count = label_runs(low, spans, False, first_run, ends, number)
    held = body.copy()
    drain_open_runs(body, first_run, ends, number, count, held)
    return held
