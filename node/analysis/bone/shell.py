"""How thick the shell of each bone usually is, around each place of it, whatever is attached to it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from node.kernels.thickness import histogram_cells, quantile_of_cells

CELL_MM = 2.0
REACH_CELLS = 2
BIN_MM = 0.1
BINS = 80
LEAST_SAMPLES = 40
OUTLIER_MM = 0.8
"""More than this beyond the usual surface is not bone surface: it is attached."""
ROUNDS = 4

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class UsualThickness:
    """``thickness_mm`` float32 of each mineral voxel, 0 where it belongs to no bone; ``of_bone`` the median of each
    bone, infinite where no surface is within reach."""

    thickness_mm: FloatArray
    of_bone: dict[int, float]


def usual_thickness(
    owner: Int32Array,
    distance: FloatArray,
    mineral: BoolArray,
    marrow: Int32Array,
    voxels: Int64Array,
    spacing_mm: tuple[float, float, float],
) -> UsualThickness:
    """Robust local thickness of the shell of each bone at ``voxels``, the flat indices of ``mineral``.

    ``owner``: the bone whose marrow is nearest to each of them (0: none), ``distance``: how far that is, mm. Samples
    are the distances from the marrow of all surface voxels of ``mineral``. A local median is taken, samples far beyond
    it are dropped, and so on: attached deposits lie beyond, so they do not pull the estimate outwards.
    """
    index = np.stack(np.unravel_index(voxels, mineral.shape)).astype(np.int32)
    surface = _on_surface(mineral, voxels, index) & (marrow.reshape(-1)[voxels] == 0)
    cell_voxels = CELL_MM / np.asarray(spacing_mm)[:, None]
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(1, int(owner.max(initial=0)) + 2))
    thickness = np.zeros(len(voxels), np.float32)
    of_bone: dict[int, float] = {}
    for number, (begin, end) in enumerate(pairwise(bounds), start=1):
        mine = order[begin:end]
        samples = mine[surface[mine]]
        if len(samples) == 0:
            if len(mine):
                of_bone[number] = np.inf
            continue
        place = index[:, mine]
        cells = ((place - place.min(axis=1, keepdims=True)) / cell_voxels).astype(np.int32)
        shape = tuple((cells.max(axis=1) + 1).tolist())
        cell = np.ravel_multi_index(tuple(cells), shape)
        local, of_bone[number] = _local_thickness(cell[surface[mine]], distance[samples], shape)
        thickness[mine] = local.reshape(-1)[cell]
    return UsualThickness(thickness, of_bone)


def _on_surface(mineral: BoolArray, voxels: Int64Array, index: Int32Array) -> BoolArray:
    """Which voxels (flat, and as index (3, n)) have a face neighbour that is not mineral; none beyond the border."""
    flat = mineral.reshape(-1)
    found = np.zeros(len(voxels), bool)
    for axis, step in enumerate(np.array(mineral.strides)):
        for direction, border in ((-step, 0), (step, mineral.shape[axis] - 1)):
            found |= (index[axis] != border) & ~flat[np.clip(voxels + direction, 0, flat.size - 1)]
    return found


def _local_thickness(cell: Int64Array, value: FloatArray, shape: tuple[int, ...]) -> tuple[FloatArray, float]:
    """Usual thickness on a bone's grid of cells, and its median, from samples in cells, flat indices."""
    local = np.empty(shape, np.float32)
    kept = value <= 1.5 * np.quantile(value, 0.4) + OUTLIER_MM
    for _ in range(ROUNDS):
        histogram = np.zeros((*shape, BINS), np.int32)
        histogram_cells(cell, kept, value, histogram.reshape(-1, BINS), BIN_MM)
        quantile_of_cells(_cumulative(histogram), REACH_CELLS, LEAST_SAMPLES, 0.5, BIN_MM, local)
        expected = local.reshape(-1)[cell]
        now = value <= expected + OUTLIER_MM
        if (now == kept).all():
            break
        kept = now
    return local, float(np.median(expected))


def _cumulative(histogram: NDArray[np.int32]) -> NDArray[np.int32]:
    """Summed along the three axes of cells, with a leading 0, so that any box is eight look-ups."""
    padded = np.pad(histogram, ((1, 0), (1, 0), (1, 0), (0, 0)))
    for axis in range(3):
        layers = np.moveaxis(padded, axis, 0)
        for n in range(1, len(layers)):  # many times faster than np.cumsum along any but the last axis
            layers[n] += layers[n - 1]
    return padded
