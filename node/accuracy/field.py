"""A case whose pixels and labels move: the field says where, in the case, each place of the new one comes from."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.accuracy.regrid import Case, stored
from node.accuracy.truth import CaseTruth, TrueDeposit
from node.domain.volume import EnergyPair, Geometry, Volume

AIR_HU: Final = -800
SLAB: Final = 16
FloatArray = NDArray[np.floating]


class Field:
    """Displacements in mm, (3, z, y, x), at cells of ``cell_mm`` (3,) from the first voxel of ``geometry`` on."""

    def __init__(self, moves_mm: FloatArray, cell_mm: FloatArray, geometry: Geometry) -> None:
        self.moves_mm, self.cell_mm = moves_mm, np.asarray(cell_mm, np.float64)
        self.spacing_mm = np.asarray(geometry.spacing_mm)
        self.volume = _volumes(moves_mm, self.cell_mm)

    def source(self, index: FloatArray) -> FloatArray:
        """Voxel indices (3, …) z, y, x in the case, of those in the new one."""
        moves = [_read(part, self._cells(index)) for part in self.moves_mm]
        return np.asarray(index + np.stack(moves) / _along(self.spacing_mm, index))

    def shrinkage(self, index: FloatArray) -> float:
        """Mean volume in the case over that in the new one, of places (3, n)."""
        return float(_read(self.volume, self._cells(index)).mean())

    def _cells(self, index: FloatArray) -> FloatArray:
        return np.asarray(index * _along(self.spacing_mm / self.cell_mm, index))


def _volumes(moves_mm: FloatArray, cell_mm: FloatArray) -> FloatArray:
    """Volume in the case over that in the new one at each cell, slab by slab: the nine gradients of a whole study at
    once would take some gigabytes."""
    volumes, depth = np.empty_like(moves_mm[0]), moves_mm.shape[1]
    for first in range(0, depth, SLAB):
        begin, end = max(0, first - 1), min(depth, first + SLAB + 1)
        gradient = np.stack([np.stack(np.gradient(part[begin:end], *cell_mm)) for part in moves_mm])
        volume = np.linalg.det(np.moveaxis(gradient, (0, 1), (-2, -1)) + np.eye(3, dtype=moves_mm.dtype))
        volumes[first : first + SLAB] = volume[first - begin :][:SLAB]
    return np.asarray(volumes)


def _along(values: FloatArray, index: FloatArray) -> FloatArray:
    """One value for each axis, to be multiplied with indices (3, …)."""
    return values.reshape(3, *[1] * (index.ndim - 1))


def _read(values: FloatArray, cells: FloatArray) -> FloatArray:
    return np.asarray(ndimage.map_coordinates(values, cells, order=1, mode="nearest"))


def followed(field: Field, pair: EnergyPair, truth: CaseTruth) -> Case:
    """The case on the same grid with everything where the field puts it."""
    low, high, labels = _moved(field, pair, truth.labels)
    deposits = tuple(
        _grown(one, index, field, truth.geometry)
        for one in truth.deposits
        if len(index := np.argwhere(labels == one.label))
    )
    new = replace(pair, low=Volume(low, pair.geometry), high=Volume(high, pair.geometry))
    return new, replace(truth, labels=labels, deposits=deposits)


def _moved(
    field: Field, pair: EnergyPair, labels: NDArray[np.uint16]
) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.uint16]]:
    """Both energies and the labels slice by slice: a cubic spline through the body, the nearest voxel elsewhere."""
    old = (pair.low.hu, pair.high.hu)
    splines = [ndimage.spline_filter(hu, 3, output=np.float32) for hu in old]
    body = ndimage.maximum_filter(pair.low.hu, 3) > AIR_HU
    new, moved = tuple(np.empty_like(hu) for hu in old), np.empty_like(labels)
    last = np.asarray(labels.shape).reshape(3, 1, 1) - 1
    plane = np.indices(labels.shape[1:], np.float64)
    for z in range(labels.shape[0]):
        source = field.source(np.stack([np.full(plane.shape[1:], float(z)), *plane]))
        nearest = tuple(np.clip(np.rint(source), 0, last).astype(np.intp))
        moved[z] = labels[nearest]
        inside = body[nearest]
        for hu, spline, into in zip(old, splines, new, strict=True):
            into[z] = hu[nearest]
            at = source[:, inside]
            into[z][inside] = stored(ndimage.map_coordinates(spline, at, order=3, prefilter=False, mode="nearest"))
    return new[0], new[1], moved


def _grown(one: TrueDeposit, index: NDArray[np.int64], field: Field, grid: Geometry) -> TrueDeposit:
    """The deposit as it became, with its voxels at ``index`` (n, 3)."""
    factor = 1.0 / field.shrinkage(index.T.astype(np.float64))
    x, y, z = (float(c) for c in grid.to_lps_mm(index.mean(axis=0)[None])[0])
    return replace(
        one,
        volume_mm3=one.volume_mm3 * factor,
        mass_mg=one.mass_mg * factor,
        extent_mm=tuple(e * factor ** (1 / 3) for e in one.extent_mm),
        centroid_lps_mm=(x, y, z),
    )
