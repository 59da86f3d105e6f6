"""Puts a metacarpal together that the segmentation has broken: pieces before a ray that make it whole."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from node.analysis.anatomy.align import align
from node.analysis.anatomy.chains import Chain
from node.analysis.anatomy.parts import Part
from node.analysis.anatomy.proportions import MEAN_LENGTH_MM
from node.analysis.anatomy.rays import Reading

SHORT: Final = 0.82
"""Share of its expected length below which a metacarpal may be a piece."""
GAP_MM: Final = 3.0
GAIN: Final = 1.0


def mend(chains: Sequence[Chain], reading: Reading, parts: Sequence[Part]) -> list[Chain] | None:
    """Chains with broken metacarpals completed, or None where nothing was to mend."""
    mended = list(chains)
    lone = {c.parts[0].label for c in chains if len(c.parts) == 1}
    used = {p.label for c in chains for p in c.parts} - lone
    for n, (chain, digit, fit) in enumerate(zip(chains, reading.digits, reading.alignments, strict=True)):
        if (
            not digit
            or fit is None
            or len(chain.parts) < 2
            or not _is_short(chain, fit.levels[0], digit, reading.scale)
        ):
            continue
        free = [p for p in parts if p.label not in used and not p.cut and p.volume_mm3 > 60.0]
        best = min(
            _longer(chain, free),
            key=lambda c: align(c, digit, reading.scale).cost,
            default=chain,
        )
        if align(best, digit, reading.scale).cost < fit.cost - GAIN:
            mended[n] = best
            used |= {p.label for p in best.parts}
    taken = {p.label for c in mended if len(c.parts) > 1 for p in c.parts}
    changed = any(a is not b for a, b in zip(mended, chains, strict=True))
    return [c for c in mended if len(c.parts) > 1 or c.parts[0].label not in taken] if changed else None


def _is_short(chain: Chain, levels: tuple[int, ...], digit: int, scale: float) -> bool:
    if levels == (1,):
        return True
    return levels == (0,) and chain.parts[0].length_mm < SHORT * scale * MEAN_LENGTH_MM[digit][0]


def _longer(chain: Chain, free: Sequence[Part]) -> Iterator[Chain]:
    """The chain with one or two of the free parts before it."""
    for first in _before(chain, free):
        yield first
        yield from _before(first, [p for p in free if p.label != first.parts[0].label])


def _before(chain: Chain, free: Sequence[Part]) -> Iterator[Chain]:
    """The chain with one free part before it that touches it and lies behind its start."""
    head, end = chain.parts[0], chain.ends[0]
    tree = cKDTree(head.points)
    for part in free:
        towards = part.centroid - head.ends[end]
        distance = float(np.linalg.norm(towards))
        if distance > 0.7 * part.length_mm + 8.0 or towards @ head.outward(end) < 0.0:
            continue
        if float(tree.query(part.points)[0].min()) > GAP_MM:
            continue
        near = int(np.argmin(np.linalg.norm(part.ends - head.ends[end], axis=1)))
        yield Chain((part, *chain.parts), (1 - near, *chain.ends))
