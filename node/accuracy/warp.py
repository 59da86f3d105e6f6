"""Cases with other proportions: bones longer or shorter, thicker or slimmer than their neighbours, as hands differ."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.accuracy.regrid import Alteration, Case, stored
from node.accuracy.truth import CaseTruth, TrueDeposit
from node.domain.volume import EnergyPair, Geometry, Volume

STRAIN: Final = 0.05
"""Standard deviation of how much longer or shorter a place becomes: as lengths of single bones vary in adults once the
hand's own size is taken out (8 to 15 % with it; Buryanov and Kotiuk, Int. J. Morphol. 28 (2010) 755-758)."""
SMOOTH_MM: Final = 25.0
"""Standard deviation of the smoothing of the field: about the length of a middle phalanx."""
CELL_MM: Final = 6.0
ENDS_MM: Final = 30.0
"""Near the first and last slice nothing moves along them, so that the scan cuts the forearm as before."""
AIR_HU: Final = -800
FloatArray = NDArray[np.float64]


class _Field:
    """A smooth random displacement on a coarse grid: where, in the case, a place of the new hand comes from."""

    def __init__(self, geometry: Geometry, seed: int) -> None:
        self.spacing = np.asarray(geometry.spacing_mm)
        size = np.ceil(np.asarray(geometry.shape) * self.spacing / CELL_MM).astype(int) + 1
        self.moves = _smooth_noise(size, np.random.default_rng(seed))
        depth = np.arange(size[0]) * CELL_MM
        self.moves[0] *= np.clip(np.minimum(depth, depth[-1] - depth) / ENDS_MM, 0.0, 1.0)[:, None, None]
        gradient = [[np.gradient(part, CELL_MM, axis=axis) for axis in range(3)] for part in self.moves]
        self.volume = np.linalg.det(np.moveaxis(np.asarray(gradient), (0, 1), (-2, -1)) + np.eye(3))

    def source(self, index: FloatArray) -> FloatArray:
        """Voxel indices (3, …) z, y, x in the case, of those in the new hand."""
        moves = [ndimage.map_coordinates(part, self._cells(index), order=1, mode="nearest") for part in self.moves]
        return np.asarray(index + np.stack(moves) / self._wide(index))

    def shrinkage(self, index: FloatArray) -> float:
        """Mean volume in the case over that in the new hand, of places (3, n)."""
        return float(ndimage.map_coordinates(self.volume, self._cells(index), order=1, mode="nearest").mean())

    def _cells(self, index: FloatArray) -> FloatArray:
        return index * self._wide(index) / CELL_MM

    def _wide(self, index: FloatArray) -> FloatArray:
        return self.spacing.reshape(3, *[1] * (index.ndim - 1))


def _smooth_noise(size: NDArray[np.int64], random: np.random.Generator) -> FloatArray:
    """Random moves (3, z, y, x) in mm whose slopes along themselves scatter by STRAIN, 0 on average."""
    margin = round(2.0 * SMOOTH_MM / CELL_MM)
    white = random.standard_normal((3, *(size + 2 * margin)))
    noise = [ndimage.gaussian_filter(part, SMOOTH_MM / CELL_MM) for part in white]
    scatter = np.std([np.gradient(part, CELL_MM, axis=axis) for axis, part in enumerate(noise)])
    kept = np.stack(noise)[(slice(None), *[slice(margin, -margin)] * 3)] * (STRAIN / scatter)
    return np.asarray(kept - kept.mean(axis=(1, 2, 3), keepdims=True))


def warped(seed: int) -> Alteration:
    """The same grid with a hand of other proportions on it; each ``seed`` gives another one."""

    def warp(pair: EnergyPair, truth: CaseTruth) -> Case:
        field = _Field(pair.geometry, seed)
        low, high, labels = _moved(field, pair, truth.labels)
        deposits = tuple(
            _grown(one, index, field, truth.geometry)
            for one in truth.deposits
            if len(index := np.argwhere(labels == one.label))
        )
        new = replace(pair, low=Volume(low, pair.geometry), high=Volume(high, pair.geometry))
        return new, replace(truth, labels=labels, deposits=deposits)

    return warp


def _moved(
    field: _Field, pair: EnergyPair, labels: NDArray[np.uint16]
) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.uint16]]:
    """Both energies and the labels slice by slice: a cubic spline through the body, the nearest voxel elsewhere."""
    old = (pair.low.hu, pair.high.hu)
    splines = [ndimage.spline_filter(hu, 3, output=np.float32) for hu in old]
    body = ndimage.maximum_filter(pair.low.hu, 3) > AIR_HU
    new, followed = tuple(np.empty_like(hu) for hu in old), np.empty_like(labels)
    last = np.asarray(labels.shape).reshape(3, 1, 1) - 1
    plane = np.indices(labels.shape[1:], np.float64)
    for z in range(labels.shape[0]):
        source = field.source(np.stack([np.full(plane.shape[1:], float(z)), *plane]))
        nearest = tuple(np.clip(np.rint(source), 0, last).astype(np.intp))
        followed[z] = labels[nearest]
        inside = body[nearest]
        for hu, spline, into in zip(old, splines, new, strict=True):
            into[z] = hu[nearest]
            at = source[:, inside]
            into[z][inside] = stored(ndimage.map_coordinates(spline, at, order=3, prefilter=False, mode="nearest"))
    return new[0], new[1], followed


def _grown(one: TrueDeposit, index: NDArray[np.int64], field: _Field, grid: Geometry) -> TrueDeposit:
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
