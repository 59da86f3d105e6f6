"""Cases changed in many ways at once, as another person on another scanner is.

What holds after each change alone may break after several: a coarse grid hides the marrow of a pale bone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

import numpy as np

from node.accuracy.regrid import Alteration, Case, coarser, finer, scaled
from node.accuracy.rescan import mirrored, noisier, paler, reconstructed
from node.accuracy.truth import CaseTruth
from node.accuracy.warp import warped
from node.domain.volume import EnergyPair

SIZES: Final = (0.85, 1.18)
"""Range of the size along each axis: hands of adults differ by 10 % either way, and fingers are stout or slender."""
KERNELS: Final = (-0.5, 1.0)
LEVELS: Final = (0.6, 0.9)
"""Range of the level of bone over what it was: osteopenia."""
PIXELS: Final = (1.2, 1.5)
SLICES: Final = (1.2, 1.6)
NOISE_HU: Final = (5.0, 20.0)
MIRRORED, KERNEL, PALE, COARSE, THICK, FINE, NOISY = 0.5, 0.6, 0.4, 0.3, 0.3, 0.25, 0.5
"""How often each is drawn. Slices are thick or fine."""
WARPS: Final = 2**31


@dataclass(frozen=True)
class Mixture:
    """A random combination of changes; each ``number`` is another one, and another one for each case."""

    number: int

    def __str__(self) -> str:
        return f"mixture {self.number}"


def mixed(pair: EnergyPair, truth: CaseTruth, mixture: Mixture) -> Case:
    """The case after every change that ``mixture`` draws, the person's before the scanner's, with its truth."""
    case = pair, truth
    for alteration in _drawn(np.random.default_rng([mixture.number, crc32(truth.name.encode())])):
        case = alteration(*case)
    new, followed = case
    return new, replace(followed, name=f"{truth.name}, {mixture}")


def _drawn(random: np.random.Generator) -> Iterator[Alteration]:
    yield warped(int(random.integers(WARPS)))
    yield scaled(*random.uniform(*SIZES, 3))
    if random.random() < MIRRORED:
        yield mirrored
    if random.random() < PALE:
        yield paler(random.uniform(*LEVELS))
    if random.random() < KERNEL:
        yield reconstructed(random.uniform(*KERNELS))
    if random.random() < COARSE:
        yield coarser(random.uniform(*PIXELS), 1, 2)
    slices = random.random()
    if slices < THICK:
        yield coarser(random.uniform(*SLICES), 0)
    elif slices < THICK + FINE:
        yield finer(random.uniform(*SLICES))
    if random.random() < NOISY:
        yield noisier(random.uniform(*NOISE_HU), seed=int(random.integers(WARPS)))
