"""95 % confidence intervals of the figures in the table.

Rates: Wilson's score interval (Wilson 1927). Counts a hand: exact Poisson (Garwood 1936). Medians and means: the
percentile bootstrap (Efron 1979) over studies, not over deposits, because deposits of one hand share its noise and
anatomy; the seed is fixed. Standard deviations: chi-square.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

LEVEL: Final = 0.95
Z: Final = 1.959964
"""Normal quantile of the level."""
RESAMPLES: Final = 2000
SEED: Final = 20
Interval = tuple[float, float]


def wilson(successes: int, total: int) -> Interval:
    """Interval of a rate. Raises ValueError where ``total`` is 0."""
    if total <= 0:
        raise ValueError("A rate needs at least one trial.")
    rate, z2 = successes / total, Z * Z
    middle = (rate + z2 / (2 * total)) / (1 + z2 / total)
    half = Z / (1 + z2 / total) * sqrt(rate * (1 - rate) / total + z2 / (4 * total**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson(count: int, exposure: float) -> Interval:
    """Interval of a count for each unit of ``exposure`` (hands)."""
    low = float(chi2.ppf((1 - LEVEL) / 2, 2 * count)) / 2 if count else 0.0
    high = float(chi2.ppf((1 + LEVEL) / 2, 2 * count + 2)) / 2
    return low / exposure, high / exposure


def bootstrap(groups: Sequence[Sequence[float]], statistic: Callable[[NDArray[np.float64]], float]) -> Interval:
    """Interval of a statistic of all values, by drawing whole groups (studies) with replacement."""
    filled = [np.asarray(group, np.float64) for group in groups if len(group)]
    rng = np.random.default_rng(SEED)
    draws = rng.integers(0, len(filled), (RESAMPLES, len(filled)))
    values = [statistic(np.concatenate([filled[n] for n in draw])) for draw in draws]
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def deviation(sd: float, freedom: int) -> Interval:
    """Interval of a standard deviation with so many degrees of freedom, for normal errors."""
    low, high = chi2.ppf([(1 + LEVEL) / 2, (1 - LEVEL) / 2], freedom)
    return sd * sqrt(freedom / low), sd * sqrt(freedom / high)
