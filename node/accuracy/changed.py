"""Cases changed in ways that a truth can follow: another scanner, another person.

What is tuned to the cases at hand shows when their grid, their noise or their anatomy changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

import numpy as np
from scipy import ndimage

from node.accuracy.regrid import Case, coarser, finer, moved, scaled, stored
from node.accuracy.truth import LEFT_BONES, NO_BONE, CaseTruth, TrueHand
from node.accuracy.warp import warped
from node.domain.volume import EnergyPair, Volume

NOISE_HU: Final = 20.0
"""Standard deviation of the noise that is added, correlated in the plane as a smooth kernel leaves it."""
NOISE_BLUR_PIXELS: Final = (0.0, 0.6, 0.6)
KERNEL_MM: Final = 0.4
"""Standard deviation of the blur in the plane that a softer kernel adds."""
SHARPER: Final = -0.5
"""Share of that blur that a sharper kernel adds: it takes some away, and edges overshoot."""
BIGGER: Final = 1.15
SMALLER: Final = 0.85
PALER: Final = 0.6
"""Level of bone over what it was, both above soft tissue: osteopenia."""
BONE_EDGE_MM: Final = 0.4
"""Standard deviation of the blur over which bone fades."""
SOFT_TISSUE_HU: Final = 45


class Change(StrEnum):
    """What is done to a case."""

    NOISIER = "noisier"
    SOFTER_KERNEL = "softer kernel"
    SHARPER_KERNEL = "sharper kernel"
    THICKER_SLICES = "thicker slices"
    FINER_SLICES = "finer slices"
    LARGER_PIXELS = "larger pixels"
    MIRRORED = "mirrored"
    BIGGER = "bigger"
    SMALLER = "smaller"
    STRETCHED = "stretched"
    SQUAT = "squat"
    PALER_BONES = "paler bones"
    OTHER_PROPORTIONS = "other proportions"
    THIRD_PROPORTIONS = "third proportions"


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
        return Volume(stored(volume.hu + noise * (NOISE_HU / noise.std())), volume.geometry)

    return replace(pair, low=noisy(pair.low), high=noisy(pair.high)), truth


def _reconstructed(share: float) -> Callable[[EnergyPair, CaseTruth], Case]:
    """Another kernel: ``share`` of what a blur of KERNEL_MM in the plane changes is added."""

    def filtered(volume: Volume) -> Volume:
        hu = volume.hu.astype(np.float32)
        sigma = [0.0, *(KERNEL_MM / s for s in volume.geometry.spacing_mm[1:])]
        return Volume(stored(hu + share * (ndimage.gaussian_filter(hu, sigma) - hu)), volume.geometry)

    return lambda pair, truth: (replace(pair, low=filtered(pair.low), high=filtered(pair.high)), truth)


def _paler(pair: EnergyPair, truth: CaseTruth) -> Case:
    """Bones with less mineral: PALER of their level above soft tissue, at both energies."""
    bone = ((truth.labels > 0) & (truth.labels < NO_BONE)).astype(np.float32)
    share = (1.0 - PALER) * ndimage.gaussian_filter(bone, [BONE_EDGE_MM / s for s in pair.geometry.spacing_mm])

    def thinned(volume: Volume) -> Volume:
        mineral = np.maximum(volume.hu.astype(np.float32) - SOFT_TISSUE_HU, 0.0)
        return Volume(stored(volume.hu - share * mineral), volume.geometry)

    return replace(pair, low=thinned(pair.low), high=thinned(pair.high)), truth


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
        replace(moved(one, truth.geometry, lambda zyx: zyx * (1, 1, -1) + (0, 0, last)), side=_OTHER[one.side])
        for one in truth.deposits
    )
    turned_truth = replace(truth, labels=labels, hands=hands, deposits=deposits)
    return replace(pair, low=turned(pair.low), high=turned(pair.high)), turned_truth


_OTHER: Final = {"right": "left", "left": "right"}
_CHANGES: Final[Mapping[Change, Callable[[EnergyPair, CaseTruth], Case]]] = {
    Change.NOISIER: _noisier,
    Change.SOFTER_KERNEL: _reconstructed(1.0),
    Change.SHARPER_KERNEL: _reconstructed(SHARPER),
    Change.THICKER_SLICES: coarser(0),
    Change.FINER_SLICES: finer,
    Change.LARGER_PIXELS: coarser(1, 2),
    Change.MIRRORED: _mirrored,
    Change.BIGGER: scaled(BIGGER, BIGGER, BIGGER),
    Change.SMALLER: scaled(SMALLER, SMALLER, SMALLER),
    Change.STRETCHED: scaled(BIGGER, SMALLER, SMALLER),
    Change.SQUAT: scaled(SMALLER, BIGGER, BIGGER),
    Change.PALER_BONES: _paler,
    Change.OTHER_PROPORTIONS: warped(1),
    Change.THIRD_PROPORTIONS: warped(2),
}
