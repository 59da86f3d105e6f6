"""Fits the parts of one chain to the bones of one digit: dynamic programming over lengths and gaps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.chains import CARPAL_SHARE, Chain
from node.analysis.anatomy.proportions import LEVELS, LOG_SD, MEAN_LENGTH_MM
from node.analysis.anatomy.seams import Seam

MISSING = 1.2
MISSING_MORE = 0.4
"""Cost of a bone that was not found, and of each further one beyond it (an amputation costs little more)."""
FUSED = 2.0
BROKEN, MOST_PIECES = 0.8, 3
"""Cost of each break in a bone, and into how many pieces it may be broken."""
BREAK_MM, ROOT_BREAK_MM = 2.0, 3.0
"""Three pieces of one bone all but touch; the phalanges of a toe, which are as short, have joints between them. Two of
a metacarpal do so hardly less: there are carpal bones before its base."""
WAIST_MM = 10.0
"""Where the ends tell a break by their shape, so much of the waist of a phalanx between them may not have been found; a
carpal bone has no waist either, and lies so far before a metacarpal [K]."""
UNLIKE_SEAM = 2.0
"""Cost of a break at which the bone is as wide as at a joint, and of a joint where both bones are as narrow as at a
break."""
SHIFTED, FAR_SHIFTED = (0.35, 2.0), (0.9, 3.0)
"""How far, as ln of a length over the expected one, the last two phalanges of a finger may be off where they have their
length together but are parted at the wrong place, as in a noisy scan of thin cortex; and what that costs. Far off, the
longer part holds some of the other bone."""
EXTRA, EXTRA_BIT = 3.0, 1.5
BIT_SHARE = 0.7
"""Cost of a part behind the last bone; a bit is shorter than this share of the distal phalanx."""
HALF_SEEN, JOINT_MM, LEAST_SEEN = 0.8, 3.0, 0.45
"""Cost of a bone of which only a part was found, with a gap behind it that is wider than a joint; or, where nothing
was found behind it, that share of its length at least."""
BEFORE = 1.0
"""Cost of a part before the metacarpal: a carpal bone that was linked to it."""
BEFORE_LONG = 5.0
WORST = 7.0
FUSED_BASE = 3.0
"""Highest cost of a metacarpal that is too long: fused with a carpal bone."""
SHORT_TIP = 0.8
"""Highest cost of a distal phalanx that is too short: resorption is the rule in these hands."""
CUT_AGAIN = 1.5
"""Cost of each cut bone behind another cut one: a ray leaves the scanned volume once. Splinters of a shaft that is cut
lie side by side at the border, and would pass for a finger each."""
GAP_SD_MM = 6.0
HOLE_SD_MM = 3.0
"""Where a bone within the ray was not found its neighbours stand its length apart: hardly less, and rather more."""

Levels = tuple[tuple[int, ...], ...]
Costs = NDArray[np.float64]
"""One value for each size of the hand, of digits with as many bones side by side."""


@dataclass(frozen=True)
class Alignment:
    """``levels[n]``: the bones of the digit (0 = metacarpal …) that part n of the chain holds; none = not a bone."""

    cost: float
    levels: Levels


@dataclass(frozen=True, eq=False)
class _Way:
    """One way to go on: its cost to the end, what the next parts are in it, and what comes after them."""

    cost: Costs
    levels: Levels
    then: "_Best | None" = None


@dataclass(frozen=True, eq=False)
class _Best:
    """The cheapest of several ways for each digit and size of the hand."""

    ways: tuple[_Way, ...]
    cost: Costs
    choice: NDArray[np.int64]

    def levels(self, size: int) -> Levels:
        """The whole reading for the digit and size number ``size``."""
        way = self.ways[self.choice[size]]
        return (*way.levels, *(way.then.levels(size) if way.then else ()))

    def near(self, size: int, slack: float) -> Iterator[Levels]:
        """All readings for that size that are dearer than the cheapest by less than ``slack``."""
        for way in self.ways:
            left = slack - float(way.cost[size] - self.cost[size])
            if left > 0.0:
                rests = way.then.near(size, left) if way.then else ((),)
                yield from ((*way.levels, *rest) for rest in rests)


def _cheapest(ways: Sequence[_Way]) -> _Best:
    costs = np.array([way.cost for way in ways])
    return _Best(tuple(ways), costs.min(axis=0), costs.argmin(axis=0))


def _misfit(length_mm: float, expected_mm: Costs, cut: bool, level: int, last: int) -> Costs:
    z = np.log(length_mm / expected_mm) / LOG_SD
    cost = np.minimum(0.5 * z * z, WORST)
    if cut:
        cost = np.where(z < 0, 0.2, cost)
    if level == 0:
        return np.where(z > 0, np.minimum(cost, FUSED_BASE), cost)
    if level == last and not cut:
        return np.where(z < 0, np.minimum(cost, SHORT_TIP), cost)
    return np.asarray(cost)


def align(chain: Chain, digit: int, scale: float) -> Alignment:
    """``alignments`` for one size of the hand."""
    return alignments(chain, (digit,), (scale,))[0][0]


def alignments(chain: Chain, digits: Sequence[int], scales: Sequence[float]) -> list[list[Alignment]]:
    """Cheapest reading of a chain (proximal to distal) as the bones of each of ``digits``, for hands of each size.

    A part may be one bone, two fused ones, a piece of a broken one, or (before or behind all others) no bone of the
    ray; bones may be missing at both ends, and within the ray where the gap has their length.
    """
    read: dict[int, list[Alignment]] = {}
    for count in {len(LEVELS[digit]) for digit in digits}:
        alike = [digit for digit in digits if len(LEVELS[digit]) == count]
        best = _Aligner(chain, _expected_mm(alike, scales)).best(0, 0, True)
        fits = [Alignment(float(cost), best.levels(n)) for n, cost in enumerate(best.cost)]
        read |= {digit: fits[n * len(scales) : (n + 1) * len(scales)] for n, digit in enumerate(alike)}
    return [read[digit] for digit in digits]


def near_levels(chain: Chain, digit: int, scale: float, slack: float) -> set[Levels]:
    """Every reading of a chain as the bones of ``digit`` that costs less than the cheapest and ``slack``."""
    return set(_Aligner(chain, _expected_mm((digit,), (scale,))).best(0, 0, True).near(0, slack))


def _expected_mm(digits: Sequence[int], scales: Sequence[float]) -> Costs:
    """Length of each bone (rows) of digits with as many bones, in hands of each size; digit by digit."""
    return np.concatenate([np.outer(MEAN_LENGTH_MM[digit], scales) for digit in digits], axis=1)


class _Aligner:
    """Dynamic programming over the parts of a chain and the bones of digits with as many of them.

    ``expected`` (bones, n): their lengths in mm, of any number of digits and sizes of the hand at the same time.
    """

    def __init__(self, chain: Chain, expected: Costs) -> None:
        self.expected = expected
        self.last = len(expected) - 1
        self.lengths = chain.lengths_mm
        self.cut = [p.cut for p in chain.parts]
        self.span, self.gap = chain.span_mm, [0.0, *chain.gaps_mm]
        self.seam = [Seam.UNKNOWN, *chain.seams, Seam.UNKNOWN]
        bits = np.asarray(self.lengths)[:, None] < BIT_SHARE * self.expected[-1]
        self.extra = np.where(bits, EXTRA_BIT, EXTRA)
        self.known: dict[tuple[int, int, bool], _Best] = {}

    def best(self, part: int, level: int, fresh: bool = False) -> _Best:
        """Cheapest reading of the parts from ``part`` on as bones from ``level`` on; ``fresh``: no bone before."""
        key = (part, level, fresh)
        if key not in self.known:
            self.known[key] = _cheapest(self._ways(part, level, fresh))
        return self.known[key]

    def _ways(self, part: int, level: int, fresh: bool) -> list[_Way]:
        left = len(self.lengths) - part
        ways = [_Way(self.extra[part:].sum(axis=0) + self._absent(level), ((),) * left)]
        if left == 0 or level > self.last:
            return ways
        if level == 0:
            then = self.best(part + 1, 0, True)
            price = np.where(self.lengths[part] < CARPAL_SHARE * self.expected[0], BEFORE, BEFORE_LONG)
            ways.append(_Way(then.cost + price, ((),), then))
        for at in range(level, self.last + 1):
            entry = MISSING * (at - level) + (0.0 if fresh else self._hole(part, self.expected[level:at].sum(axis=0)))
            ways += [_Way(entry + way.cost, way.levels, way.then) for way in self._here(part, at)]
        return ways

    def _here(self, part: int, level: int) -> list[_Way]:
        """Readings in which ``part`` is the bone at ``level``, alone or with the next parts, or two bones."""
        length, expected, cut = self.lengths[part], self.expected[level], self.cut[part]
        ways = [way for last in self._lasts(part, level) for way in self._one(part, last, level)]
        price = self._from(part) + self._up_to(part)
        if part + 1 == len(self.lengths) and 0 < level < self.last and not cut:
            seen = np.where((length > LEAST_SEEN * expected) & (length < expected), HALF_SEEN, WORST)
            then = self.best(part + 1, level + 1)
            ways.append(_Way(price + seen + then.cost, ((level,),), then))
        if level < self.last:
            then = self.best(part + 1, level + 2)
            misfit = _misfit(length, expected + self.expected[level + 1], cut, -1, self.last)
            ways.append(_Way(price + FUSED + misfit + then.cost, ((level, level + 1),), then))
        if part + 1 < len(self.lengths) and self.gap[part + 1] < GAP_SD_MM:
            ways += self._shifted(part, level)
        return ways

    def _lasts(self, part: int, level: int) -> Iterator[int]:
        """Numbers of the parts up to which one bone may reach that begins with ``part``."""
        yield part
        for last in range(part + 1, min(part + MOST_PIECES, len(self.lengths))):
            widest_mm = BREAK_MM if last > part + 1 else GAP_SD_MM if level else ROOT_BREAK_MM
            waist_mm = WAIST_MM if level else widest_mm
            within = range(part + 1, last + 1)
            if any(self.gap[n] >= (waist_mm if self.seam[n] is Seam.BREAK else widest_mm) for n in within):
                return
            yield last

    def _one(self, first: int, last: int, level: int) -> Iterator[_Way]:
        """Readings in which parts ``first`` to ``last`` are the bone at ``level``, whole or with a gap in its place."""
        alone, then = first == last, self.best(last + 1, level + 1)
        length = self.lengths[first] if alone else self.span(first, last)
        price = self._from(first) + self._breaks(first, last) + self._up_to(last)
        missing = [(0.0, 0.0)]
        if last + 1 < len(self.lengths) and self.gap[last + 1] > JOINT_MM:
            missing.append((HALF_SEEN, self.gap[last + 1]))
        for half, gap in missing:
            kind = level if alone else level or -1
            misfit = _misfit(length + gap, self.expected[level], any(self.cut[first : last + 1]), kind, self.last)
            yield _Way(price + half + misfit + then.cost, ((level,),) * (last - first + 1), then)

    def _from(self, part: int) -> float:
        """Cost of a bone that begins with ``part``."""
        return CUT_AGAIN if part > 0 and self.cut[part] and self.cut[part - 1] else 0.0

    def _up_to(self, part: int) -> float:
        """Cost of a bone that ends with ``part``."""
        return UNLIKE_SEAM if self.seam[part + 1] is Seam.BREAK else 0.0

    def _breaks(self, first: int, last: int) -> float:
        """Cost of the breaks in one bone between parts ``first`` and ``last``."""
        within = self.seam[first + 1 : last + 1]
        return BROKEN * len(within) + UNLIKE_SEAM * within.count(Seam.JOINT)

    def _shifted(self, part: int, level: int) -> list[_Way]:
        """The readings in which ``part`` and the next one are the last two phalanges, parted beside their joint."""
        if level < 2 or level + 1 != self.last:
            return []
        both = slice(level, level + 2)
        over = np.log(np.asarray(self.lengths[part : part + 2])[:, None] / self.expected[both])
        off = np.abs(over).max(axis=0)
        misfit = _misfit(self.span(part, part + 1), self.expected[both].sum(axis=0), self.cut[part + 1], -1, self.last)
        then = self.best(part + 2, level + 2)
        near, far = off < SHIFTED[0], off < FAR_SHIFTED[0]
        first, last = (level,), (level + 1,)
        return [
            _Way(np.where(which, price, WORST) + misfit + then.cost, levels, then)
            for which, price, levels in (
                (near, SHIFTED[1], (first, last)),
                (far & (over[0] > over[1]), FAR_SHIFTED[1], (first + last, last)),
                (far & (over[0] < over[1]), FAR_SHIFTED[1], (first, first + last)),
            )
        ]

    def _absent(self, level: int) -> float:
        count = self.last + 1 - level
        return 0.0 if self.cut[-1] or count <= 0 else MISSING + MISSING_MORE * (count - 1)

    def _hole(self, part: int, missing_mm: Costs) -> Costs:
        over = self.gap[part] - missing_mm
        off = np.maximum(0.0, np.maximum(over / GAP_SD_MM, -over / HOLE_SD_MM) - 1.0)
        return np.minimum(0.5 * off * off, WORST)
