"""Cases as another scanner or another person would show them, on the grid that they have."""

from dataclasses import replace
from typing import Final

import numpy as np
from scipy import ndimage

from node.accuracy.regrid import Alteration, Case, moved, stored
from node.accuracy.truth import LEFT_BONES, NO_BONE, CaseTruth, TrueHand
from node.domain.volume import EnergyPair, Volume

NOISE_BLUR_PIXELS: Final = (0.0, 0.6, 0.6)
"""Noise is correlated in the plane as a smooth kernel leaves it."""
KERNEL_MM: Final = 0.4
"""Standard deviation of the blur in the plane that a softer kernel adds."""
BONE_EDGE_MM: Final = 0.4
"""Standard deviation of the blur over which bone fades."""
SOFT_TISSUE_HU: Final = 45
_OTHER: Final = {"right": "left", "left": "right"}


def noisier(deviation_hu: float, seed: int) -> Alteration:
    """Noise of ``deviation_hu`` added to both energies, each its own; the same ``seed`` gives the same."""

    def add(pair: EnergyPair, truth: CaseTruth) -> Case:
        random = np.random.default_rng(seed)

        def noisy(volume: Volume) -> Volume:
            white = random.standard_normal(volume.hu.shape, np.float32)
            noise = ndimage.gaussian_filter(white, NOISE_BLUR_PIXELS)
            return Volume(stored(volume.hu + noise * (deviation_hu / noise.std())), volume.geometry)

        return replace(pair, low=noisy(pair.low), high=noisy(pair.high)), truth

    return add


def reconstructed(share: float) -> Alteration:
    """Another kernel: ``share`` of what a blur of KERNEL_MM in the plane changes is added.

    A negative share is a sharper kernel: it takes some away, and edges overshoot.
    """

    def filtered(volume: Volume) -> Volume:
        hu = volume.hu.astype(np.float32)
        sigma = [0.0, *(KERNEL_MM / s for s in volume.geometry.spacing_mm[1:])]
        return Volume(stored(hu + share * (ndimage.gaussian_filter(hu, sigma) - hu)), volume.geometry)

    return lambda pair, truth: (replace(pair, low=filtered(pair.low), high=filtered(pair.high)), truth)


def paler(level: float) -> Alteration:
    """Bones with less mineral: ``level`` times what they were above soft tissue, at both energies."""

    def thin(pair: EnergyPair, truth: CaseTruth) -> Case:
        bone = ((truth.labels > 0) & (truth.labels < NO_BONE)).astype(np.float32)
        share = (1.0 - level) * ndimage.gaussian_filter(bone, [BONE_EDGE_MM / s for s in pair.geometry.spacing_mm])

        def thinned(volume: Volume) -> Volume:
            mineral = np.maximum(volume.hu.astype(np.float32) - SOFT_TISSUE_HU, 0.0)
            return Volume(stored(volume.hu - share * mineral), volume.geometry)

        return replace(pair, low=thinned(pair.low), high=thinned(pair.high)), truth

    return thin


def mirrored(pair: EnergyPair, truth: CaseTruth) -> Case:
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
