"""Cases changed in one way at a time, which a truth can follow: another scanner, another person.

What is tuned to the cases at hand shows when their grid, their noise or their anatomy changes.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from node.accuracy.regrid import Alteration, Case, coarser, finer, scaled
from node.accuracy.rescan import mirrored, noisier, paler, reconstructed
from node.accuracy.truth import CaseTruth
from node.accuracy.warp import warped
from node.domain.volume import EnergyPair

NOISE_HU: Final = 20.0
SHARPER: Final = -0.5
BIGGER: Final = 1.15
SMALLER: Final = 0.85
COARSER: Final = 1.5
FINER: Final = 1.6
PALER: Final = 0.6
"""Level of bone over what it was, both above soft tissue: osteopenia."""


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


_CHANGES: Final[Mapping[Change, Alteration]] = {
    Change.NOISIER: noisier(NOISE_HU, seed=1),
    Change.SOFTER_KERNEL: reconstructed(1.0),
    Change.SHARPER_KERNEL: reconstructed(SHARPER),
    Change.THICKER_SLICES: coarser(COARSER, 0),
    Change.FINER_SLICES: finer(FINER),
    Change.LARGER_PIXELS: coarser(COARSER, 1, 2),
    Change.MIRRORED: mirrored,
    Change.BIGGER: scaled(BIGGER, BIGGER, BIGGER),
    Change.SMALLER: scaled(SMALLER, SMALLER, SMALLER),
    Change.STRETCHED: scaled(BIGGER, SMALLER, SMALLER),
    Change.SQUAT: scaled(SMALLER, BIGGER, BIGGER),
    Change.PALER_BONES: paler(PALER),
    Change.OTHER_PROPORTIONS: warped(1),
    Change.THIRD_PROPORTIONS: warped(2),
}
