"""How the values of many studies become one figure with its interval and its target."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from node.accuracy.intervals import Interval, bootstrap, poisson, wilson
from node.accuracy.score import CaseScore

PERCENT: Final = "%"


class Statistic(StrEnum):
    """How values become a figure."""

    RATE = "rate"  # values are 0 or 1
    MEDIAN = "median"
    MEAN = "mean"
    PER_HAND = "per hand"  # counts, over all hands
    MOST = "most"  # the largest value


@dataclass(frozen=True)
class Target:
    """A bound that a figure must keep, in the figure's unit."""

    limit: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether the value keeps to it."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Measure:
    """``values`` gives a study's values, none where the measure does not apply; ``unit`` is %, mm³, a hand or empty."""

    name: str
    statistic: Statistic
    values: Callable[[CaseScore], Sequence[float]]
    unit: str = PERCENT
    target: Target | None = None


@dataclass(frozen=True)
class Figure:
    """A measure on a set of studies: ``value`` with its 95 % interval, of ``n`` values or hands.

    ``value`` is None where no study has anything to measure, ``met`` also where there is no target.
    """

    name: str
    unit: str
    target: Target | None
    n: int = 0
    value: float | None = None
    interval: Interval | None = None
    met: bool | None = None


def figure(measure: Measure, scores: Iterable[CaseScore]) -> Figure:
    """The measure on some studies."""
    groups = [(case, values) for case in scores if (values := list(measure.values(case)))]
    every = [v for _, values in groups for v in values]
    if not every:
        return Figure(measure.name, measure.unit, measure.target)
    n = sum(case.hands for case, _ in groups) if measure.statistic is Statistic.PER_HAND else len(every)
    value, interval = _evaluate(measure.statistic, [values for _, values in groups], every, n)
    return made(measure, n, value, interval)


def made(measure: Measure, n: int, value: float, interval: Interval | None) -> Figure:
    """A figure in the measure's unit from a value and interval in parts of one."""
    scale = 100.0 if measure.unit == PERCENT else 1.0
    scaled = None if interval is None else (interval[0] * scale, interval[1] * scale)
    met = None if measure.target is None else measure.target.met(round(value * scale, 6))
    return Figure(measure.name, measure.unit, measure.target, n, value * scale, scaled, met)


def _evaluate(
    statistic: Statistic, groups: list[list[float]], every: list[float], n: int
) -> tuple[float, Interval | None]:
    if statistic is Statistic.RATE:
        return sum(every) / n, wilson(round(sum(every)), n)
    if statistic is Statistic.PER_HAND:
        return sum(every) / n, poisson(round(sum(every)), n)
    if statistic is Statistic.MOST:
        return max(every), None
    reduce = np.median if statistic is Statistic.MEDIAN else np.mean
    return float(reduce(every)), bootstrap(groups, lambda values: float(reduce(values)))
