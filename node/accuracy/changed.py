"""Cases changed in ways that a truth can follow: another scanner, another person.

What is tuned to the cases at hand shows when their grid, their noise or their anatomy changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.accuracy.truth import LEFT_BONES, NO_BONE, CaseTruth, TrueDeposit, TrueHand
from node.domain.volume import EnergyPair, Geometry, Volume

NOISE_HU: Final = 20.0
"""Standard deviation of the noise that is added, correlated in the plane as a smooth kernel leaves it."""
NOISE_BLUR_PIXELS: Final = (0.0, 0.6, 0.6)
KERNEL_MM: Final = 0.4
"""Standard deviation of the blur in the plane that a softer kernel adds."""
SHARPER: Final = -0.5
"""Share of that blur that a sharper kernel adds: it takes some away, and edges overshoot."""
COARSER: Final = 1.5
BIGGER: Final = 1.15
SMALLER: Final = 0.85
FLOOR_HU, CEILING_HU = -1024, 3071

Case = tuple[EnergyPair, CaseTruth]


class Change(StrEnum):
    """What is done to a case."""

    NOISIER = "noisier"
    SOFTER_KERNEL = "softer kernel"
    SHARPER_KERNEL = "sharper kernel"
    THICKER_SLICES = "thicker slices"
    LARGER_PIXELS = "larger pixels"
    MIRRORED = "mirrored"
    BIGGER = "bigger"
    SMALLER = "smaller"
    STRETCHED = "stretched"
    SQUAT = "squat"


def changed(pair: EnergyPair, truth: CaseTruth, change: Change) -> Case:
    """The case after ``change``, with its truth; the same input gives the same output.

    ``pair`` and the labels of ``truth`` share one grid (z, y, x). Deposits keep what they are called, and their place.
    """
    new, followed = _CHANGES[change](pair, truth)
    return new, replace(followed, name=f"{truth.name}, {change}")


def _noisier(pair: EnergyPair, truth: CaseTruth) -> Case:
    random = np.random.default_rng(1)

    def noisy(volume: Volume) -> Volume:
        white = random.standard_normal(volume.hu.shape, np.float32)
        noise = ndimage.gaussian_filter(white, NOISE_BLUR_PIXELS)
        return Volume(_stored(volume.hu + noise * (NOISE_HU / noise.std())), volume.geometry)

    return replace(pair, low=noisy(pair.low), high=noisy(pair.high)), truth


def _reconstructed(share: float) -> Callable[[EnergyPair, CaseTruth], Case]:
    """Another kernel: ``share`` of what a blur of KERNEL_MM in the plane changes is added."""

    def filtered(volume: Volume) -> Volume:
        hu = volume.hu.astype(np.float32)
        sigma = [0.0, *(KERNEL_MM / s for s in volume.geometry.spacing_mm[1:])]
        return Volume(_stored(hu + share * (ndimage.gaussian_filter(hu, sigma) - hu)), volume.geometry)

    return lambda pair, truth: (replace(pair, low=filtered(pair.low), high=filtered(pair.high)), truth)


def _mirrored(pair: EnergyPair, truth: CaseTruth) -> Case:
    """A left hand becomes a right one: the rows are read backwards on the grid that stays."""

    def turned(volume: Volume) -> Volume:
        return Volume(np.ascontiguousarray(volume.hu[:, :, ::-1]), volume.geometry)

    labels = truth.labels[:, :, ::-1].copy()
    left, right = (labels > LEFT_BONES) & (labels < NO_BONE), (labels > 0) & (labels < LEFT_BONES)
    labels[left] -= LEFT_BONES
    labels[right] += LEFT_BONES
    last = truth.geometry.shape[2] - 1
    hands = tuple(TrueHand(_OTHER[hand.side], hand.resorbed) for hand in truth.hands)
    deposits = tuple(
        replace(_moved(one, truth.geometry, lambda zyx: zyx * (1, 1, -1) + (0, 0, last)), side=_OTHER[one.side])
        for one in truth.deposits
    )
    turned_truth = replace(truth, labels=labels, hands=hands, deposits=deposits)
    return replace(pair, low=turned(pair.low), high=turned(pair.high)), turned_truth


def _scaled(*factors: float) -> Callable[[EnergyPair, CaseTruth], Case]:
    """The same pixels said to be larger or smaller by ``factors`` (z, y, x): a hand of another size and build."""

    def scale(pair: EnergyPair, truth: CaseTruth) -> Case:
        grid = _grid(pair.geometry, pair.geometry.shape, factors, centred=False)
        volume = float(np.prod(factors))
        size = volume ** (1 / 3)
        deposits = tuple(
            replace(
                _moved(one, truth.geometry, lambda zyx: zyx, grid),
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


def _coarser(*axes: int) -> Callable[[EnergyPair, CaseTruth], Case]:
    """Voxels larger along ``axes``, each the mean of what it covers: slices as a scanner averages them."""

    def coarsen(pair: EnergyPair, truth: CaseTruth) -> Case:
        labels = truth.labels
        low, high = (volume.hu.astype(np.float32) for volume in (pair.low, pair.high))
        for axis in axes:
            low, high = _averaged(low, axis), _averaged(high, axis)
            middles = ((np.arange(low.shape[axis]) + 0.5) * COARSER).astype(np.intp)
            labels = np.take(labels, middles, axis)
        factors = tuple(COARSER if axis in axes else 1.0 for axis in range(3))
        grid = _grid(pair.geometry, low.shape, factors, centred=True)
        return (
            replace(pair, low=Volume(_stored(low), grid), high=Volume(_stored(high), grid)),
            replace(truth, geometry=grid, labels=np.ascontiguousarray(labels)),
        )

    return coarsen


def _averaged(hu: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Means over ``COARSER`` voxels along ``axis``, from differences of the running sum."""
    count = int(hu.shape[axis] / COARSER)
    running = np.cumsum(np.moveaxis(hu, axis, 0), axis=0, dtype=np.float64)
    running = np.concatenate([np.zeros((1, *running.shape[1:])), running])
    edges = np.arange(count + 1) * COARSER
    below = np.minimum(edges.astype(np.intp), len(running) - 2)
    share = (edges - below)[:, None, None]
    sums = running[below] * (1 - share) + running[below + 1] * share
    means: NDArray[np.float32] = (np.diff(sums, axis=0) / COARSER).astype(np.float32)
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


def _moved(
    one: TrueDeposit,
    grid: Geometry,
    move: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    to: Geometry | None = None,
) -> TrueDeposit:
    index = move(grid.to_index_zyx(np.asarray([one.centroid_lps_mm])))
    x, y, z = (float(c) for c in (to or grid).to_lps_mm(index)[0])
    return replace(one, centroid_lps_mm=(x, y, z))


def _stored(hu: NDArray[np.floating]) -> NDArray[np.int16]:
    return np.ascontiguousarray(np.clip(np.rint(hu), FLOOR_HU, CEILING_HU).astype(np.int16))


_OTHER: Final = {"right": "left", "left": "right"}
_CHANGES: Final[Mapping[Change, Callable[[EnergyPair, CaseTruth], Case]]] = {
    Change.NOISIER: _noisier,
    Change.SOFTER_KERNEL: _reconstructed(1.0),
    Change.SHARPER_KERNEL: _reconstructed(SHARPER),
    Change.THICKER_SLICES: _coarser(0),
    Change.LARGER_PIXELS: _coarser(1, 2),
    Change.MIRRORED: _mirrored,
    Change.BIGGER: _scaled(BIGGER, BIGGER, BIGGER),
    Change.SMALLER: _scaled(SMALLER, SMALLER, SMALLER),
    Change.STRETCHED: _scaled(BIGGER, SMALLER, SMALLER),
    Change.SQUAT: _scaled(SMALLER, BIGGER, BIGGER),
}
