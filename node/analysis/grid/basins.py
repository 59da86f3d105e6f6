"""Water levels of an image: how deep each voxel of a body lies below where it would spill over to the outside."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.neighbours import neighbours_of
from node.analysis.grid.runs import runs_of
from node.analysis.grid.spans import Spans, mask_between, mask_of, voxels_of
from node.analysis.grid.together import each
from node.kernels.basins import UNREACHED, drain_open_runs, fill_basins

BoolArray = NDArray[np.bool_]
Int16Array = NDArray[np.int16]
Int64Array = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Water:
    """Voxels of a grid of ``shape`` (z, y, x), flat indices in scan order, and how deep they lie under water, HU."""

    voxels: Int64Array
    depth: Int16Array
    shape: tuple[int, ...]

    def deeper(self, than: float) -> BoolArray:
        """Mask (z, y, x) of what lies deeper under water."""
        return mask_of(self.voxels[self.depth > than], self.shape)


def held_water(
    grey: Int16Array, dams: Sequence[Int16Array], body: BoolArray, spans: Spans, lowest: int, highest: int
) -> list[Water]:
    """For each dam how far ``grey`` lies below the level at which the body spills over it; int16 (z, y, x), HU.

    Levels are clipped to [lowest, highest]; what stands at ``lowest`` is open water and not held. ``spans`` hold the
    body. A flood is one chain of steps, so each goes in a thread of its own.
    """

    def flood(dam: Int16Array) -> Water:
        voxels = voxels_of(_drained(mask_between(dam, None, lowest, body, spans), body, spans), spans)
        level = _levels(dam, voxels, lowest, highest)
        held = (level > np.int16(lowest)) & (level != np.int16(UNREACHED))
        return Water(voxels[held], level[held] - grey.reshape(-1)[voxels[held]], grey.shape)

    return each(flood, dams)


def _levels(dam: Int16Array, voxels: Int64Array, lowest: int, highest: int) -> Int16Array:
    """The level at which each of the voxels, flat indices, spills over to what is not among them."""
    wall, level = dam.reshape(-1)[voxels], np.empty(len(voxels), np.int16)
    fill_basins(neighbours_of(voxels, dam.shape), np.clip(wall, lowest, highest, out=wall), level)
    return level


def _drained(low: BoolArray, body: BoolArray, spans: Spans) -> BoolArray:
    """The body without those components of ``low`` that its outside reaches."""
    runs = runs_of(low, spans)
    held = body.copy()
    drain_open_runs(body, runs.first, runs.ends, runs.number, runs.count, held)
    return held
