"""How thick the shell of each bone usually is, around each place of it, whatever is attached to it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.analysis.nearest import Nearest
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


@dataclass(frozen=True, eq=False)
class UsualThickness:
    """``thickness`` float32 (z, y, x) mm, 0 outside of mineral; ``of_bone`` the median of each bone."""

    thickness: FloatArray
    of_bone: dict[int, float]


def usual_thickness(
    inner: Nearest, mineral: BoolArray, marrow: NDArray[np.int32], spacing_mm: tuple[float, float, float]
) -> UsualThickness:
    """Robust local thickness of the shell of each bone.

    Samples are the distances from the marrow of all surface voxels of ``mineral``. A local median is taken, samples
    far beyond it are dropped, and so on: attached deposits lie beyond, so they do not pull the estimate outwards.
    """
    surface = mineral & (marrow == 0) & ~ndimage.binary_erosion(mineral, border_value=1)
    thickness = np.zeros(mineral.shape, np.float32)
    of_bone: dict[int, float] = {}
    for number, box in enumerate(ndimage.find_objects(np.where(mineral, inner.label, 0)), start=1):
        if box is None:
            continue
        mine = (inner.label[box] == number) & mineral[box]
        samples = mine & surface[box]
        if not samples.any():
            continue
        local, of_bone[number] = _local_thickness(samples, inner.distance_mm[box], spacing_mm)
        cells = tuple(
            (np.arange(n) * s / CELL_MM).astype(np.int64) for n, s in zip(mine.shape, spacing_mm, strict=True)
        )
        thickness[box][mine] = local[np.ix_(*cells)][mine]
    return UsualThickness(thickness, of_bone)


def _local_thickness(
    samples: BoolArray, distance_mm: FloatArray, spacing_mm: tuple[float, float, float]
) -> tuple[FloatArray, float]:
    """Usual thickness on a grid of CELL_MM over the box of a bone, and its median."""
    points = np.argwhere(samples)
    value = distance_mm[samples]
    cell = np.ascontiguousarray(points * np.asarray(spacing_mm) / CELL_MM, dtype=np.int32)
    grid = tuple(int(n * s / CELL_MM) + 1 for n, s in zip(samples.shape, spacing_mm, strict=True))
    local = np.empty(grid, np.float32)
    kept = value <= 1.5 * np.quantile(value, 0.4) + OUTLIER_MM
    for _ in range(ROUNDS):
        histogram = np.zeros((*grid, BINS), np.int32)
        histogram_cells(cell, kept, value, histogram, BIN_MM)
        quantile_of_cells(_cumulative(histogram), REACH_CELLS, LEAST_SAMPLES, 0.5, BIN_MM, local)
        expected = local[tuple(cell.T)]
        now = value <= expected + OUTLIER_MM
        if (now == kept).all():
            break
        kept = now
    return local, float(np.median(expected))


def _cumulative(histogram: NDArray[np.int32]) -> NDArray[np.int32]:
    """Summed along the three axes of cells, with a leading 0, so that any box is eight look-ups."""
    padded = np.pad(histogram, ((1, 0), (1, 0), (1, 0), (0, 0)))
    for axis in range(3):
        np.cumsum(padded, axis=axis, out=padded)
    return padded
