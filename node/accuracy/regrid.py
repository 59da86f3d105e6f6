"""Cases on other grids: another size and build of hand, larger voxels, finer slices."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.accuracy.truth import CaseTruth, TrueDeposit
from node.domain.volume import EnergyPair, Geometry, Volume

FLOOR_HU, CEILING_HU = -1024, 3071
Case = tuple[EnergyPair, CaseTruth]
Alteration = Callable[[EnergyPair, CaseTruth], Case]
"""Makes another case of one."""


def scaled(*factors: float) -> Alteration:
    """The same pixels said to be larger or smaller by ``factors`` (z, y, x): a hand of another size and build."""

    def scale(pair: EnergyPair, truth: CaseTruth) -> Case:
        grid = _grid(pair.geometry, pair.geometry.shape, factors, centred=False)
        volume = float(np.prod(factors))
        size = volume ** (1 / 3)
        deposits = tuple(
            replace(
                moved(one, truth.geometry, lambda zyx: zyx, grid),
                volume_mm3=one.volume_mm3 * volume,
                mass_mg=one.mass_mg * volume,
                extent_mm=tuple(e * size for e in one.extent_mm),
            )
            for one in truth.deposits
        )
        return (
            replace(pair, low=Volume(pair.low.hu, grid), high=Volume(pair.high.hu, grid)),
            replace(truth, geometry=grid, deposits=deposits),
        )

    return scale


def coarser(factor: float, *axes: int) -> Alteration:
    """Voxels ``factor`` as large along ``axes``, each the mean of what it covers, as a scanner averages slices."""

    def coarsen(pair: EnergyPair, truth: CaseTruth) -> Case:
        labels = truth.labels
        low, high = (volume.hu.astype(np.float32) for volume in (pair.low, pair.high))
        for axis in axes:
            low, high = _averaged(low, axis, factor), _averaged(high, axis, factor)
            middles = ((np.arange(low.shape[axis]) + 0.5) * factor).astype(np.intp)
            labels = np.take(labels, middles, axis)
        factors = tuple(factor if axis in axes else 1.0 for axis in range(3))
        grid = _grid(pair.geometry, low.shape, factors, centred=True)
        return (
            replace(pair, low=Volume(stored(low), grid), high=Volume(stored(high), grid)),
            replace(truth, geometry=grid, labels=np.ascontiguousarray(labels)),
        )

    return coarsen


def finer(factor: float) -> Alteration:
    """``factor`` times the slices, read off a cubic spline through those that are there; each point keeps its label."""

    def refine(pair: EnergyPair, truth: CaseTruth) -> Case:
        depth, *plane = pair.geometry.shape
        count = int((depth - 1) * factor)
        middles = (np.arange(count) + 0.5) / factor - 0.5
        grid = _grid(pair.geometry, (count, *plane), (1.0 / factor, 1.0, 1.0), centred=True)
        low, high = (Volume(_between(volume.hu, middles), grid) for volume in (pair.low, pair.high))
        labels = truth.labels[np.rint(middles).clip(0).astype(np.intp)]
        return replace(pair, low=low, high=high), replace(truth, geometry=grid, labels=labels)

    return refine


def _between(hu: NDArray[np.int16], at: NDArray[np.floating]) -> NDArray[np.int16]:
    """Slices at fractions of the first axis: the four around each, weighted as cubic B-splines are."""
    spline = ndimage.spline_filter1d(hu, 3, axis=0, output=np.float32)
    first = np.clip(np.floor(at).astype(np.intp) - 1, 0, len(hu) - 4)
    slices = np.empty((len(at), *hu.shape[1:]), np.int16)
    for n, (below, place) in enumerate(zip(first, at, strict=True)):
        away = np.abs(place - np.arange(below, below + 4))
        weights = np.where(away < 1, 2 / 3 - away**2 + away**3 / 2, np.clip(2 - away, 0, None) ** 3 / 6)
        slices[n] = stored(np.tensordot(weights.astype(np.float32), spline[below : below + 4], 1))
    return slices


def _averaged(hu: NDArray[np.float32], axis: int, factor: float) -> NDArray[np.float32]:
    """Means over ``factor`` voxels along ``axis``, from differences of the running sum."""
    count = int(hu.shape[axis] / factor)
    running = np.cumsum(np.moveaxis(hu, axis, 0), axis=0, dtype=np.float64)
    running = np.concatenate([np.zeros((1, *running.shape[1:])), running])
    edges = np.arange(count + 1) * factor
    below = np.minimum(edges.astype(np.intp), len(running) - 2)
    share = (edges - below)[:, None, None]
    sums = running[below] * (1 - share) + running[below + 1] * share
    means: NDArray[np.float32] = (np.diff(sums, axis=0) / factor).astype(np.float32)
    return np.moveaxis(means, 0, axis)


def _grid(old: Geometry, shape: tuple[int, ...], factors: tuple[float, ...], *, centred: bool) -> Geometry:
    """``old`` with voxels ``factors`` (z, y, x) as large; ``centred`` where each covers those it replaces."""
    affine = old.affine.copy()
    for column, factor in enumerate(reversed(factors)):
        if centred:
            affine[:3, 3] += affine[:3, column] * (factor - 1) / 2
        affine[:3, column] *= factor
    depth, height, width = shape
    z, y, x = (s * f for s, f in zip(old.spacing_mm, factors, strict=True))
    return Geometry((depth, height, width), (z, y, x), affine)


def moved(
    one: TrueDeposit,
    grid: Geometry,
    move: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    to: Geometry | None = None,
) -> TrueDeposit:
    """``one`` with its centroid where ``move`` (of indices (1, 3), z, y, x) puts it, on ``to`` or ``grid`` itself."""
    index = move(grid.to_index_zyx(np.asarray([one.centroid_lps_mm])))
    x, y, z = (float(c) for c in (to or grid).to_lps_mm(index)[0])
    return replace(one, centroid_lps_mm=(x, y, z))


def stored(hu: NDArray[np.floating]) -> NDArray[np.int16]:
    """HU as a scanner stores them: whole, and within its range."""
    return np.ascontiguousarray(np.clip(np.rint(hu), FLOOR_HU, CEILING_HU).astype(np.int16))
