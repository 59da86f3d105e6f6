"""Which chain is which digit: lengths, order of the metacarpals, and where the thumb stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np

from node.analysis.anatomy.align import Alignment, Levels, alignments
from node.analysis.anatomy.chains import LONGER_THAN_CARPAL_MM, Chain
from node.analysis.anatomy.model import unit
from node.analysis.anatomy.parts import Part, Points
from node.analysis.anatomy.proportions import MEAN_LENGTH_MM, SCALES

NO_THUMB = 3.0
DROPPED_RAY, DROPPED, DROPPED_BIT = 9.0, 3.0, 1.0
"""Cost for each bone of a chain that is taken for no ray at all: for a whole one with others in line that is longer
than any carpal bone, as only metacarpals and proximal phalanges are; for any other; and for each bit that is hardly a
bone, shorter than the distal, or cut off by the border and shorter than the proximal phalanx of a small hand."""
BIT_MM, CUT_BIT_MM = MEAN_LENGTH_MM[2][-1] * SCALES[0], MEAN_LENGTH_MM[2][1] * SCALES[0]
LONGEST_MM = max(lengths[0] for lengths in MEAN_LENGTH_MM.values()) * SCALES[-1]
"""The longest metacarpal of a large hand; a shaft of the forearm that is seen whole is longer."""
SPACING_MM = 12.5
"""Distance of neighbouring finger rays at the middle of the metacarpals of a mean hand, 11 to 14 mm [K]."""
SIZE_SD = 0.12
"""Standard deviation of ln(size of an adult's hand / mean)."""
SIZE_COSTS = 0.5 * (np.log(SCALES) / SIZE_SD) ** 2
BEYOND = 5.0
"""Readings that are dearer than the best one by this are not looked at."""
MOST_CHAINS = 8
"""A hand has five rays; of more chains than this the longest are read, since the readings grow faster than their
square."""
THUMB_BEHIND_MM = 20.0
"""How far the head of the thumb's metacarpal stays behind those of the fingers, nearly always (a median of 28 mm in a
mean hand); that of the little finger stays some 13 mm behind the others [measured on phantoms and cases]."""
THUMB_BESIDE = 0.75
"""How much nearer the base of its metacarpal is to that of the index finger's than to that of the little finger's, over
the distance of these two: all but always by more; a finger within the row by 0.6 at most [measured on phantoms and
cases]."""
STEP_MM = 10.0
"""How far metacarpal bases stand in front of or behind each other (about 8 mm) before it costs."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One reading of the hand: ``digits[n]`` of chain n (0 = no ray), the size of the hand, and the cost.

    ``radial`` is the unit vector from the little finger's side to the index finger's.
    """

    cost: float
    scale: float
    digits: tuple[int, ...]
    alignments: tuple[Alignment | None, ...]
    radial: Points


def read_rays(chains: Sequence[Chain]) -> list[Reading]:
    """Readings of the oriented ``chains`` as digits, the cheapest first; empty where there is nothing to read."""
    fits = [alignments(chain, range(1, 6), SCALES) for chain in chains]
    costs = np.array([[[fit.cost for fit in row] for row in digit] for digit in fits])
    dropped = [_dropped_cost(chain) for chain in chains]
    rooted = [chain.rooted for chain in chains]
    readings: list[Reading] = []
    longest = sorted(sorted(range(len(chains)), key=lambda n: -sum(chains[n].lengths_mm))[:MOST_CHAINS])
    cheapest = np.inf
    for thumb in (*longest, None):
        fingers = [n for n in longest if n != thumb]
        for kept in _choices(fingers):
            left = sum(cost for n, cost in enumerate(dropped) if n != thumb and n not in kept)
            more = _readings(rooted, thumb, kept, fits, costs, left, cheapest + BEYOND)
            cheapest = min([cheapest, *(reading.cost for reading in more)])
            readings += more
    return sorted(readings, key=lambda reading: reading.cost)


def _choices(fingers: Sequence[int]) -> list[tuple[int, ...]]:
    """All sets of one to four of the chains, the largest possible and those with up to two chains less."""
    most = min(4, len(fingers))
    return [kept for size in range(max(1, most - 2), most + 1) for kept in combinations(fingers, size)]


def _dropped_cost(chain: Chain) -> float:
    in_line = len(chain.parts) > 1
    return sum(_dropped_part_cost(part, in_line) for part in chain.parts)


def _dropped_part_cost(part: Part, in_line: bool) -> float:
    if part.length_mm < (CUT_BIT_MM if part.cut else BIT_MM):
        return DROPPED_BIT
    is_of_ray = in_line and not part.cut and LONGER_THAN_CARPAL_MM < part.length_mm < LONGEST_MM
    return DROPPED_RAY if is_of_ray else DROPPED


def _across(chains: Sequence[Chain], kept: Sequence[int]) -> Points:
    """Unit vector across the palm (either sense): the spread of the proximal bones, square to their direction."""
    along = unit(np.sum([chains[n].direction for n in kept], axis=0))
    middle = np.array([chains[n].parts[0].centroid for n in kept])
    off = middle - middle.mean(axis=0)
    off = off - np.outer(off @ along, along)
    return np.asarray(np.linalg.svd(off)[2][0])


def _readings(
    chains: Sequence[Chain],
    thumb: int | None,
    kept: Sequence[int],
    fits: Sequence[Sequence[Sequence[Alignment]]],
    costs: Points,
    dropped: float,
    limit: float,
) -> list[Reading]:
    """Readings up to ``limit`` with this thumb and these fingers: both directions across, every set of digits.

    ``dropped``: cost of the chains that are neither.
    """
    if dropped > limit or (len(kept) < 2 and thumb is None):
        return []
    across = _across(chains, kept) if len(kept) > 1 else _towards(chains, thumb, kept[0])
    along = unit(np.sum([chains[n].direction for n in kept], axis=0))
    readings = []
    for radial in (across, -across):
        order = sorted(kept, key=lambda n: float(-(chains[n].parts[0].centroid @ radial)))
        starts = [float(chains[n].start @ along) for n in order]
        places = [float(chains[n].parts[0].centroid @ radial) for n in order]
        fixed = dropped + (NO_THUMB if thumb is None else _thumb_cost(chains, thumb, order))
        for names in combinations(range(2, 6), len(order)):
            digits = [0] * len(chains)
            for n, digit in [*zip(order, names, strict=True), *([] if thumb is None else [(thumb, 1)])]:
                digits[n] = digit
            read = [n for n, digit in enumerate(digits) if digit]
            total = costs[read, [digits[n] - 1 for n in read]].sum(axis=0) + SIZE_COSTS + fixed
            for k in _distinct(total, [[a.levels for a in fits[n][digits[n] - 1]] for n in read], limit):
                chosen = tuple(fits[n][d - 1][k] if d else None for n, d in enumerate(digits))
                fingers = [fits[n][digits[n] - 1][k] for n in order]
                cost = float(total[k]) + _row_cost(starts, names, fingers, SCALES[k])
                cost += _spacing_cost(places, names, SCALES[k])
                readings.append(Reading(cost, SCALES[k], tuple(digits), chosen, np.asarray(radial)))
    return readings


def _distinct(total: Points, levels: Sequence[Sequence[Levels]], limit: float) -> list[int]:
    """The scales that are best for one way each to read the chains' bones, where that costs less than ``limit``."""
    best: dict[tuple[Levels, ...], int] = {}
    for k in np.argsort(total, kind="stable"):
        if total[k] < limit:
            best.setdefault(tuple(row[k] for row in levels), int(k))
    return list(best.values())


def _towards(chains: Sequence[Chain], thumb: int | None, finger: int) -> Points:
    """Unit vector from the only finger to the thumb."""
    there = chains[thumb].parts[0].centroid if thumb is not None else np.zeros(3)
    return unit(there - chains[finger].parts[0].centroid)


def _row_cost(starts: Sequence[float], names: Sequence[int], fits: Sequence[Alignment], scale: float) -> float:
    """Cost of fingers whose first bones do not stand in one row across the palm; ``starts`` along it, in mm."""
    bases = []
    for start, name, fit in zip(starts, names, fits, strict=True):
        first = next((held[0] for held in fit.levels if held), 0)
        bases.append(start - scale * sum(MEAN_LENGTH_MM[name][:first]))
    middle = median(bases)
    return sum(min(6.0, max(0.0, (abs(base - middle) - STEP_MM) / 4.0)) for base in bases)


def _spacing_cost(across: Sequence[float], names: Sequence[int], scale: float) -> float:
    """Cost of neighbours that stand as far apart as if a ray were missing between them, or the reverse."""
    cost = 0.0
    for n in range(len(names) - 1):
        off = ((across[n] - across[n + 1]) / (SPACING_MM * scale) - (names[n + 1] - names[n])) / 0.5
        cost += min(0.5 * off * off, 4.0)
    return cost


def _thumb_cost(chains: Sequence[Chain], thumb: int, order: Sequence[int]) -> float:
    """Cost of a thumb that does not stand by the index finger, reaches as far as the fingers, or runs with them."""
    ray = chains[thumb]
    first, last = chains[order[0]], chains[order[-1]]
    nearer = float(np.linalg.norm(ray.start - last.start) - np.linalg.norm(ray.start - first.start))
    span = float(np.linalg.norm(first.start - last.start))
    side = float(np.clip(8.0 * (THUMB_BESIDE - nearer / max(span, 8.0)), 0.0, 6.0)) if len(order) > 1 else 1.0
    distal = unit(np.sum([chains[n].direction for n in order], axis=0))
    heads = median(float(chains[n].parts[0].ends[1 - chains[n].ends[0]] @ distal) for n in order)
    behind = heads - float(ray.parts[0].ends[1 - ray.ends[0]] @ distal)
    reach = float(np.clip((THUMB_BEHIND_MM - behind) / 3.0, 0.0, 3.0))
    angle = float(np.degrees(np.arccos(np.clip(ray.direction @ distal, -1.0, 1.0))))
    row = median(float(chains[n].start @ distal) for n in order)
    step = float(np.clip((abs(float(ray.start @ distal) - row) - 14.0) / 4.0, 0.0, 6.0))
    return side + reach + step + float(np.clip((20.0 - angle) / 10.0, 0.0, 2.0))
