"""Fits the parts of one chain to the bones of one digit: dynamic programming over lengths."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from node.analysis.anatomy.parts import Part
from node.analysis.anatomy.proportions import LEVELS, LOG_SD, MEAN_LENGTH_MM

MISSING = 1.2
FUSED = 2.0
BROKEN = 1.5
EXTRA = 1.5
BEFORE = 1.0
"""Cost of a part before the metacarpal: a carpal bone that was linked to it."""
WORST = 7.0
SHORT_TIP = 0.8
"""Highest cost of a distal phalanx that is too short: resorption is the rule in these hands."""


Levels = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Alignment:
    """``levels[n]``: the bones of the digit (0 = metacarpal …) that part n of the chain holds; none = not a bone."""

    cost: float
    levels: Levels


def _misfit(length_mm: float, expected_mm: float, cut: bool, tip: bool) -> float:
    z = float(np.log(length_mm / expected_mm)) / LOG_SD
    cost = min(0.5 * z * z, WORST)
    if cut and z < 0:
        return 0.2
    return min(cost, SHORT_TIP) if tip and z < 0 else cost


def align(parts: Sequence[Part], spans: Sequence[float], digit: int, scale: float) -> Alignment:
    """Cheapest reading of ``parts`` (proximal to distal) as the bones of ``digit`` in a hand of size ``scale``.

    ``spans[n]`` is the length in mm of parts n and n + 1 taken as one bone. A part may be one bone, two fused ones,
    half of a broken one, or (before or behind all others) no bone of the ray; bones may be missing at both ends.
    """
    expected = [scale * length for length in MEAN_LENGTH_MM[digit]]
    last = len(LEVELS[digit]) - 1
    lengths = [p.length_mm for p in parts]
    cut = [p.cut for p in parts]

    @cache
    def best(part: int, level: int, fresh: bool = False) -> tuple[float, Levels]:
        if part == len(parts):
            missing = last + 1 - level
            return (0.0 if cut[-1] else MISSING * missing), ()
        left = len(parts) - part
        beyond = EXTRA * left + (0.0 if cut[-1] else MISSING * (last + 1 - level))
        options: list[tuple[float, Levels]] = [(beyond, ((),) * left)]
        if level > last:
            return options[0]
        if fresh:
            tail, read = best(part, level + 1, True)
            options.append((tail + MISSING, read))
            if level == 0:
                tail, read = best(part + 1, 0, True)
                options.append((tail + BEFORE, ((), *read)))
        misfit = _misfit(lengths[part], expected[level], cut[part], level == last)
        tail, read = best(part + 1, level + 1)
        options.append((misfit + tail, ((level,), *read)))
        if level < last:
            both = expected[level] + expected[level + 1]
            tail, read = best(part + 1, level + 2)
            options.append(
                (FUSED + _misfit(lengths[part], both, cut[part], False) + tail, ((level, level + 1), *read))
            )
        if part + 1 < len(parts):
            whole = _misfit(spans[part], expected[level], cut[part] or cut[part + 1], level == last)
            tail, read = best(part + 2, level + 1)
            options.append((BROKEN + whole + tail, ((level,), (level,), *read)))
        return min(options, key=lambda option: option[0])

    cost, levels = best(0, 0, True)
    return Alignment(cost, levels)
