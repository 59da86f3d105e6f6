"""A small hand for the failure modes of docs/analysis.md, and what the analysis says of it."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from node.analysis.pipeline import analyse
from node.domain.anatomy import BONE_CODES
from node.domain.findings import Analysis, Deposit, Hand
from node.phantom import Hand as HandSpec
from node.phantom import Phantom, PhantomSpec, make
from node.phantom.presets import preset
from numpy.typing import NDArray
from tests.fakes.painted import Painted

Mask = NDArray[np.bool_]
FIRST_DEPOSIT = 1001
"""Labels of the phantom below are bones."""


def whole_hand(**changes: object) -> PhantomSpec:
    """The small preset's left hand, coarse, with five digits and no deposit; ``changes`` are fields of its Hand."""
    spec = preset("small")
    hand: HandSpec = replace(spec.hands[0], **({"digits": (1, 2, 3, 4, 5)} | changes))  # type: ignore[arg-type]
    return replace(spec, hands=(hand,), deposits=())


@cache
def plain_phantom() -> Phantom:
    """The hand without anything, made once."""
    return make(whole_hand())


def plain() -> Painted:
    """The hand without anything, to paint on."""
    return Painted(plain_phantom())


@dataclass(frozen=True, eq=False)
class Read:
    """A phantom and what the analysis says of it."""

    phantom: Phantom
    analysis: Analysis

    @property
    def hand(self) -> Hand:
        (hand,) = self.analysis.findings.hands
        return hand

    @property
    def deposits(self) -> tuple[Deposit, ...]:
        return self.analysis.findings.deposits

    @property
    def sure(self) -> list[Deposit]:
        """Those that are claimed, not only shown for review."""
        return [d for d in self.deposits if not d.review]

    def over(self, mask: Mask) -> list[Deposit]:
        """Deposits that share voxels with ``mask``."""
        numbers = np.unique(self.analysis.segments[mask])
        return [d for d in self.deposits if d.number in numbers]

    def elsewhere(self, mask: Mask) -> list[Deposit]:
        """Deposits that share none."""
        over = self.over(mask)
        return [d for d in self.deposits if d not in over]

    def segmented(self, mask: Mask) -> float:
        """Share of ``mask`` that is in a deposit."""
        return float((self.analysis.segments[mask] > 0).mean())

    def named(self, name: str) -> float:
        """Share of a bone of the phantom that is given its name."""
        true = self.phantom.labels == BONE_CODES[name] + self.phantom.hands[0].bone_offset
        return float((self.analysis.bones[true] == BONE_CODES[name]).mean())

    def volume_mm3(self, mask: Mask) -> float:
        return float(mask.sum()) * self.phantom.pair.geometry.voxel_mm3

    def off_bone(self, mask: Mask) -> Mask:
        """What of ``mask`` lies outside of the phantom's bones."""
        labels = self.phantom.labels
        return np.asarray(mask & ~((labels > 0) & (labels < FIRST_DEPOSIT)))

    def says(self, *words: str) -> bool:
        """True where a limit of some hand holds all the words."""
        limits = [limit for hand in self.analysis.findings.hands for limit in hand.limits]
        return any(all(word in limit for word in words) for limit in limits)


def read(painted: Painted) -> Read:
    return Read(painted.phantom, analyse(painted.pair()))
