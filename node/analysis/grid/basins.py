"""Water levels of an image: how deep each voxel of a body lies below where it would spill over to the outside."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.spans import Spans, mask_of, voxels_of
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


def held_water(
    grey: Int16Array, dams: Sequence[Int16Array], body: BoolArray, spans: Spans, lowest: int, highest: int
) -> list[Water]:
    """For each dam how far ``grey`` lies below the level at which the body spills over it; int16 (z, y, x), HU.

    Levels are clipped to [lowest, highest]; what stands at ``lowest`` is open water and not held. ``spans`` hold the
    body. A flood is one chain of steps, so each goes in a thread of its own; their memory is taken beforehand, in this
    thread, which keeps it (``kernels.memory``).
    """
    floods = [_Flood(dam, _drained(body & (dam <= np.int16(lowest)), body, spans), spans) for dam in dams]
    with ThreadPoolExecutor(len(floods)) as pool:
        list(pool.map(lambda flood: flood.run(lowest, highest), floods))
    return [flood.held(grey, lowest) for flood in floods]


class _Flood:
    """The flood of one dam over the voxels of a mask: its memory, its run, its result."""

    def __init__(self, dam: Int16Array, mask: BoolArray, spans: Spans) -> None:
        self.voxels = voxels_of(mask, spans)
        self.neighbours = neighbours_of(self.voxels, (dam.shape[0], dam.shape[1], dam.shape[2]))
        self.dam = dam.reshape(-1)[self.voxels]
        self.level, self.following = np.empty(len(self.dam), np.int16), np.empty(len(self.dam), np.int32)

    def run(self, lowest: int, highest: int) -> None:
        head = np.empty(highest - lowest + 1, np.int32)
        fill_basins(self.neighbours, self.dam, lowest, highest, self.level, head, self.following)

    def held(self, grey: Int16Array, lowest: int) -> Water:
        held = self.level > np.int16(lowest)
        voxels = self.voxels[held]
        return Water(voxels, self.level[held] - grey.reshape(-1)[voxels], grey.shape)


def _drained(low: BoolArray, body: BoolArray, spans: Spans) -> BoolArray:
    """The body without those components of ``low`` that its outside reaches."""
    first_run = np.empty(low.shape[:2], np.int32)
    runs = find_runs(low, spans, first_run)
    ends, number = np.empty((runs, 2), np.int32), np.empty(runs, np.int32)
    count = label_runs(low, spans, False, first_run, ends, number)
    held = body.copy()
    drain_open_runs(body, first_run, ends, number, count, held)
    return held
