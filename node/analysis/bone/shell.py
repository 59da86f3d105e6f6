"""How thick the shell of each bone usually is, around each place of it, whatever is attached to it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.components import by_label
from node.analysis.grid.neighbours import on_surface
from node.analysis.grid.together import each
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
    marrow: BoolArray,
    voxels: Int64Array,
    spacing_mm: tuple[float, float, float],
) -> UsualThickness:
    """Robust local thickness of the shell of each bone at ``voxels``, the flat indices of all mineral.

    ``owner``: the bone whose marrow, bool (z, y, x), is nearest to each of them (0: none), ``distance``: how far that
    is, mm. Samples are the distances from the marrow of all surface voxels of mineral. A local median is taken, samples
    far beyond it are dropped, and so on: attached deposits lie beyond, so they do not pull the estimate outwards.
    """
    places = np.stack(np.unravel_index(voxels, marrow.shape)).astype(np.int32)
    surface = on_surface(voxels, marrow.shape) & ~marrow.reshape(-1)[voxels]
    cell_voxels = CELL_MM / np.asarray(spacing_mm)
    order = by_label(owner)
    bounds = np.searchsorted(owner[order], np.arange(1, int(owner.max(initial=0)) + 2))
    thickness = np.zeros(len(voxels), np.float32)

    def measure(mine: Int64Array) -> float | None:
        """The median of the bone that these are of, None where there are none; that around each is written."""
        sampled = surface[mine]
        if not sampled.any():
            return np.inf if len(mine) else None
        cell, shape = _cells(places[:, mine], cell_voxels)
        local, median = _local_thickness(cell[sampled], distance[mine[sampled]], shape)
        thickness[mine] = local.reshape(-1)[cell]
        return median

    medians = each(measure, (order[begin:end] for begin, end in pairwise(bounds)))
    return UsualThickness(thickness, {n: m for n, m in enumerate(medians, start=1) if m is not None})


def _cells(places: Int32Array, cell_voxels: NDArray[np.float64]) -> tuple[Int64Array, tuple[int, ...]]:
    """The cell of each place (3, n), flat indices, on the grid of cells around them, and the shape of that grid."""
    first = places.min(axis=1, keepdims=True)
    tables = [
        (np.arange(n + 1) / size).astype(np.int64) for n, size in zip(np.ptp(places, axis=1), cell_voxels, strict=True)
    ]
    z, y, x = (table[place] for table, place in zip(tables, places - first, strict=True))
    nz, ny, nx = (int(table[-1]) + 1 for table in tables)
    return (z * ny + y) * nx + x, (nz, ny, nx)


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
