"""Fits the parts of one chain to the bones of one digit: dynamic programming over lengths and gaps."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from node.analysis.anatomy.chains import Chain
from node.analysis.anatomy.proportions import LEVELS, LOG_SD, MEAN_LENGTH_MM

MISSING = 1.2
MISSING_MORE = 0.4
"""Cost of a bone that was not found, and of each further one beyond it (an amputation costs little more)."""
FUSED = 2.0
BROKEN = 0.8
EXTRA = 1.5
BEFORE = 1.0
"""Cost of a part before the metacarpal: a carpal bone that was linked to it."""
BEFORE_LONG = 2.5
CARPAL_SHARE = 0.6
"""A carpal bone is shorter than this share of the metacarpal."""
WORST = 7.0
FUSED_BASE = 3.0
"""Highest cost of a metacarpal that is too long: fused with a carpal bone."""
SHORT_TIP = 0.8
"""Highest cost of a distal phalanx that is too short: resorption is the rule in these hands."""
GAP_SD_MM = 6.0

Levels = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Alignment:
    """``levels[n]``: the bones of the digit (0 = metacarpal …) that part n of the chain holds; none = not a bone."""

    cost: float
    levels: Levels


def _misfit(length_mm: float, expected_mm: float, cut: bool, level: int, last: int) -> float:
    z = float(np.log(length_mm / expected_mm)) / LOG_SD
    cost = min(0.5 * z * z, WORST)
    if cut and z < 0:
        return 0.2
    if level == 0 and z > 0:
        return min(cost, FUSED_BASE)
    return min(cost, SHORT_TIP) if level == last and z < 0 else cost


def align(chain: Chain, digit: int, scale: float) -> Alignment:
    """Cheapest reading of a chain (proximal to distal) as the bones of ``digit`` in a hand of size ``scale``.

    A part may be one bone, two fused ones, half of a broken one, or (before or behind all others) no bone of the
    ray; bones may be missing at both ends, and within the ray where the gap has their length.
    """
    expected = [scale * length for length in MEAN_LENGTH_MM[digit]]
    last = len(LEVELS[digit]) - 1
    lengths = [p.length_mm for p in chain.parts]
    cut = [p.cut for p in chain.parts]
    both, gap = chain.spans_mm, [0.0, *chain.gaps_mm]

    def absent(level: int) -> float:
        count = last + 1 - level
        return 0.0 if cut[-1] or count <= 0 else MISSING + MISSING_MORE * (count - 1)

    def hole(part: int, missing_mm: float) -> float:
        off = max(0.0, abs(gap[part] - missing_mm) - GAP_SD_MM) / GAP_SD_MM
        return min(0.5 * off * off, WORST)

    @cache
    def best(part: int, level: int, fresh: bool = False) -> tuple[float, Levels]:
        if part == len(lengths):
            return absent(level), ()
        left = len(lengths) - part
        options: list[tuple[float, Levels]] = [(EXTRA * left + absent(level), ((),) * left)]
        if level > last:
            return options[0]
        if level == 0:
            tail, read = best(part + 1, 0, True)
            price = BEFORE if lengths[part] < CARPAL_SHARE * expected[0] else BEFORE_LONG
            options.append((tail + price, ((), *read)))
        for at in range(level, last + 1):
            entry = MISSING * (at - level) + (0.0 if fresh else hole(part, sum(expected[level:at])))
            options += [(entry + cost, read) for cost, read in here(part, at)]
        return min(options, key=lambda option: option[0])

    def here(part: int, level: int) -> list[tuple[float, Levels]]:
        """Readings in which ``part`` is the bone at ``level``, alone, with the next bone, or with the next part."""
        tail, read = best(part + 1, level + 1)
        found = [(_misfit(lengths[part], expected[level], cut[part], level, last) + tail, ((level,), *read))]
        if level < last:
            tail, read = best(part + 1, level + 2)
            misfit = _misfit(lengths[part], expected[level] + expected[level + 1], cut[part], -1, last)
            found.append((FUSED + misfit + tail, ((level, level + 1), *read)))
        if part + 1 < len(lengths) and gap[part + 1] < GAP_SD_MM:
            tail, read = best(part + 2, level + 1)
            misfit = _misfit(both[part], expected[level], cut[part] or cut[part + 1], level or -1, last)
            found.append((BROKEN + misfit + tail, ((level,), (level,), *read)))
        return found

    cost, levels = best(0, 0, True)
    return Alignment(cost, levels)
