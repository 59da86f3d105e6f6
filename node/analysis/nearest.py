"""Distance to the nearest labelled voxel, and its label."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.kernels.nearest import nearest_in_plane, nearest_in_row, nearest_in_volume


@dataclass(frozen=True, eq=False)
class Nearest:
    """``distance_mm`` float32 (z, y, x), infinite without a source; ``label`` int32, that of the nearest source."""

    distance_mm: NDArray[np.float32]
    label: NDArray[np.int32]


def nearest_source(labels: NDArray[np.int32], spacing_mm: tuple[float, float, float]) -> Nearest:
    """Exact Euclidean distance (mm) of each voxel to the nearest voxel of ``labels`` > 0, and that voxel's label."""
    in_row = np.empty(labels.shape, np.int32)
    in_plane = np.empty(labels.shape, np.int32)
    distance = np.empty(labels.shape, np.float32)
    squared = np.empty(labels.shape, np.float32)
    nearest_in_row(labels, in_row)
    nearest_in_plane(in_row, spacing_mm[1], spacing_mm[2], in_plane, squared)
    nearest_in_volume(labels, in_plane, squared, spacing_mm[0], in_row, distance)
    return Nearest(distance, in_row)
