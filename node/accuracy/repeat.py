"""Repeat scans of the same hand: how much a figure must change before the change is real.

Minimal detectable change = 1.96 · √2 · s (docs: follow-up; Bland and Altman 1986), s the standard deviation within a
hand of measured over true, pooled over hands: what the phantom itself changes with its pose is taken out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from node.accuracy.figures import PERCENT, Figure, Measure, Statistic, Target, made
from node.accuracy.intervals import Z, deviation
from node.accuracy.score import CaseScore, DepositScore
from node.accuracy.truth import CALCIUM

LESION_MM3: Final = 10.0
"""Smaller lesions are not followed one by one."""
_TOTAL: Final = Target(10.0)
_LESION: Final = Target(20.0)


@dataclass(frozen=True)
class Spread:
    """Pooled standard deviation within groups, its degrees of freedom, and how many values it is of."""

    sd: float
    freedom: int
    n: int


def spread(groups: Iterable[Sequence[float]]) -> Spread | None:
    """Pooled within groups of repeated values, each relative to its group's mean; None without a repetition."""
    squares, freedom, n = 0.0, 0, 0
    for group in groups:
        values = np.asarray(group, np.float64)
        if len(values) < 2 or values.mean() <= 0:
            continue
        squares += float(((values / values.mean() - 1.0) ** 2).sum())
        freedom += len(values) - 1
        n += len(values)
    return Spread(sqrt(squares / freedom), freedom, n) if freedom else None


def repeat_figures(hands: Sequence[Sequence[CaseScore]]) -> list[Figure]:
    """Minimal detectable changes; ``hands`` holds the scans of each hand."""
    lesions = [lesion for scans in hands for lesion in _lesions(scans)]
    return [
        _change("total volume", _TOTAL, [[_total_volume(scan) for scan in scans] for scans in hands]),
        _change("total mass", _TOTAL, [[_total_mass(scan) for scan in scans] for scans in hands]),
        _change("a lesion's volume", _LESION, [[_volume(d) for d in lesion] for lesion in lesions]),
        _change("a lesion's mass", _LESION, [[_mass(d) for d in lesion] for lesion in lesions]),
    ]


def _change(name: str, target: Target, groups: list[list[float]]) -> Figure:
    measure = Measure(f"minimal detectable change, {name}", Statistic.MEDIAN, lambda _: (), PERCENT, target)
    found = spread(groups)
    if found is None:
        return Figure(measure.name, measure.unit, target)
    factor = Z * sqrt(2.0)
    low, high = deviation(found.sd, found.freedom)
    return made(measure, found.n, factor * found.sd, (factor * low, factor * high))


def _volume(deposit: DepositScore) -> float:
    return deposit.volume_mm3 / deposit.true.volume_mm3


def _mass(deposit: DepositScore) -> float:
    return (deposit.mass_mg or 0.0) / deposit.true.mass_mg


def _total_volume(scan: CaseScore) -> float:
    """What the findings give in all, over what is there; missed and false deposits are in it."""
    return scan.total_mm3 / sum(d.true.volume_mm3 for d in scan.deposits if d.true.kind == CALCIUM)


def _total_mass(scan: CaseScore) -> float:
    return scan.total_mg / sum(d.true.mass_mg for d in scan.deposits if d.true.kind == CALCIUM)


def _lesions(scans: Sequence[CaseScore]) -> list[list[DepositScore]]:
    """Each lesion with its scores in all the scans that found it."""
    by_label: dict[int, list[DepositScore]] = {}
    for deposit in (d for scan in scans for d in scan.deposits):
        large = deposit.true.kind == CALCIUM and deposit.true.volume_mm3 >= LESION_MM3
        if large and deposit.overlap.found:
            by_label.setdefault(deposit.true.label, []).append(deposit)
    return list(by_label.values())
