"""Which way the hand points: bones of a ray get shorter towards the fingertip, the carpus lies at its root."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from node.analysis.anatomy.align import alignments
from node.analysis.anatomy.chains import Chain
from node.analysis.anatomy.model import Vector, unit
from node.analysis.anatomy.parts import Part
from node.analysis.anatomy.proportions import SCALES

ENOUGH: Final = 1.2
"""Votes needed to be sure: the fall of the lengths (ln) over two whole rays is 2 to 3, of the carpus at most 1."""
METACARPAL_SHARE: Final = 0.78
"""A bone above this share of the longest is a metacarpal (phalanges: up to 0.66), which cannot be bent back.
A forearm bone, which is longer, is linked to no other."""

BENT_BACK: Final = -0.3
"""Cosine to the heading of the hand below which a bone points backwards."""
LEAST_LEAD: Final = 2.0
"""By how much a chain must read better backwards than along the heading of the hand: odds of 7 to 1."""


@dataclass(frozen=True, eq=False)
class Heading:
    """Chains from proximal to distal, the distal unit vector, and whether it is beyond doubt."""

    chains: tuple[Chain, ...]
    distal: Vector
    sure: bool


def head(chains: Sequence[Chain], parts: Sequence[Part]) -> Heading:
    """Turn every chain from proximal to distal; those that do not tell by themselves follow the others."""
    turned = [c if c.fall >= 0 else c.reversed() for c in chains]
    votes = [abs(c.fall) * c.direction for c in turned] + [_from_carpus(chains, parts)]
    total = np.sum(votes, axis=0)
    distal = unit(total)
    along = [float(v @ distal) for v in votes]
    sure = float(np.linalg.norm(total)) > ENOUGH and sum(a for a in along if a > 0) > -3.0 * sum(
        a for a in along if a < 0
    )
    longest = max((p.length_mm for c in turned if len(c.parts) > 1 for p in c.parts), default=0.0)
    return Heading(tuple(_agree(c, distal, longest) for c in turned), distal, sure)


def _agree(chain: Chain, distal: Vector, longest_mm: float) -> Chain:
    """The chain turned to the heading of the others, unless it reads better as it is (a finger bent right back)."""
    back, longest = chain.reversed(), max(range(len(chain.parts)), key=lambda n: chain.parts[n].length_mm)
    if chain.fall != 0 and chain.parts[longest].length_mm > METACARPAL_SHARE * longest_mm:
        return chain if chain.parts[longest].outward(1 - chain.ends[longest]) @ distal > BENT_BACK else back
    if chain.direction @ distal > BENT_BACK and (chain.fall != 0 or chain.direction @ distal >= 0):
        return chain
    if chain.fall == 0:
        return back
    costs = [min(fit.cost for fits in alignments(c, (1, 3), SCALES) for fit in fits) for c in (chain, back)]
    return back if costs[1] < costs[0] + LEAST_LEAD else chain


def _from_carpus(chains: Sequence[Chain], parts: Sequence[Part]) -> Vector:
    """Vote from the chunky bones (carpus, epiphyses of the forearm) to the long ones, 0 … 1 by their number."""
    long_labels = {p.label for c in chains for p in c.parts}
    chunky = [p for p in parts if p.label not in long_labels and p.volume_mm3 > 250.0]
    slender = [p for c in chains for p in c.parts]
    if not chunky or not slender:
        return np.zeros(3)
    away = unit(np.mean([p.centroid for p in slender], axis=0) - np.mean([p.centroid for p in chunky], axis=0))
    return np.asarray(away * min(1.0, sum(p.volume_mm3 for p in chunky) / 8000.0))
