"""Distance to the nearest labelled voxel, and its label."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.spans import Packing, Spans, mask_of, packing, spans_of, widened
from node.kernels.nearest import nearest_in_plane, nearest_in_row, nearest_in_volume

Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]
FloatArray = NDArray[np.float32]
Sources = Int32Array | NDArray[np.bool_]
Spacing = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest source of each voxel of some spans, packed.

    ``label`` int32, that of the nearest source, 0 where none is within reach; ``distance_mm`` float32, to be read
    where ``label`` > 0 only.
    """

    packing: Packing
    label: Int32Array
    distance_mm: FloatArray

    def at(self, voxels: Int64Array) -> tuple[Int32Array, FloatArray]:
        """Labels of the nearest sources of voxels of the spans, flat indices, and their distances (mm; inf: none)."""
        place = self.packing.places(voxels)
        label = self.label[place]
        return label, np.where(label > 0, self.distance_mm[place], np.float32(np.inf))

    @cached_property
    def found(self) -> "Found":
        """All voxels of the spans that have a source within reach."""
        place = np.flatnonzero(self.label)
        return Found(self.packing.voxels(place), self.label[place], self.distance_mm[place])


@dataclass(frozen=True, eq=False)
class Found:
    """Voxels within reach of a source: flat indices in scan order, the source's label, its distance in mm."""

    voxels: Int64Array
    label: Int32Array
    distance_mm: FloatArray

    def mask(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """The voxels on their grid."""
        return mask_of(self.voxels, shape)


def nearest_source(labels: Sources, spacing_mm: Spacing, reach_mm: float, spans: Spans) -> Nearest:
    """Exact Euclidean distance (mm) of each voxel in ``spans`` to the nearest of ``labels`` > 0, and that label.

    A mask is one label, 1. Sources farther than ``reach_mm`` are not looked for.
    """
    length = labels.shape[2]
    z_mm, y_mm, x_mm = spacing_mm
    planes = widened(spans, (int(reach_mm / z_mm), 0, 0), length)
    rows = widened(planes, (0, int(reach_mm / y_mm), 0), length)
    in_rows, in_planes, packed = (packing(s, length) for s in (rows, planes, spans))
    in_row, squared_in_row = np.empty(in_rows.size, np.int16), np.empty(in_rows.size, np.float32)
    near_in_row, near_in_plane = np.empty_like(rows), np.empty_like(planes)
    in_plane, squared = np.empty(in_planes.size, np.int32), np.empty(in_planes.size, np.float32)
    label, distance = np.empty(packed.size, np.int32), np.empty(packed.size, np.float32)
    nearest_in_row(labels, rows, in_rows.first, x_mm, reach_mm, in_row, squared_in_row, near_in_row)
    nearest_in_plane(
        in_row,
        squared_in_row,
        near_in_row,
        in_rows.first,
        planes,
        in_planes.first,
        length,
        y_mm,
        reach_mm,
        in_plane,
        squared,
        near_in_plane,
    )
    nearest_in_volume(
        labels,
        in_plane,
        squared,
        near_in_plane,
        in_planes.first,
        spans,
        packed.first,
        z_mm,
        reach_mm,
        label,
        distance,
    )
    return Nearest(packed, label, distance)


def nearest_around(labels: Sources, spacing_mm: Spacing, reach_mm: float) -> Found:
    """All voxels within reach of a source, at the cost of their rows alone."""
    z, y, x = (int(reach_mm / s) + 1 for s in spacing_mm)
    length = labels.shape[2]
    spans = widened(widened(spans_of(labels), (z, 0, x), length), (0, y, 0), length)
    return nearest_source(labels, spacing_mm, reach_mm, spans).found
