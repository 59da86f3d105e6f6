"""How long the bones of a hand are, and how much they vary.

Mean lengths in mm from radiographs of 66 adults: Buryanov A., Kotiuk V., Proportions of hand segments,
Int. J. Morphol. 28 (2010) 755-758 (means and standard deviations as cited in secondary sources). Only ratios
are used: every hand is scaled to itself.
"""

from typing import Final

MEAN_LENGTH_MM: Final[dict[int, tuple[float, ...]]] = {
    1: (46.2, 31.6, 21.7),
    2: (68.1, 39.8, 22.4, 15.8),
    3: (64.6, 44.6, 26.3, 17.4),
    4: (58.0, 41.4, 25.7, 17.3),
    5: (53.7, 32.7, 18.1, 16.0),
}
"""Metacarpal, proximal, (middle) and distal phalanx of each digit."""

FINGER_LEVELS: Final = ("MC", "PP", "MP", "DP")
LEVELS: Final[dict[int, tuple[str, ...]]] = {1: ("MC", "PP", "DP")} | dict.fromkeys(range(2, 6), FINGER_LEVELS)

LOG_SD: Final = 0.10
"""Standard deviation of ln(length / scaled mean) of a bone once the hand's own scale is taken out: the published
coefficients of variation (8 to 15 %) hold the size of the hand as well, so this is their lower part [K]."""

SCALES: Final = tuple(0.70 * 1.06**n for n in range(12))
"""Hand sizes that are tried, 0.70 to 1.33 of the mean adult."""


def usual_length_mm(digit: int, level: str, scale: float) -> float:
    """Length in mm of a bone in a hand ``scale`` times the mean; ``level``: MC, PP, MP or DP."""
    return scale * MEAN_LENGTH_MM[digit][LEVELS[digit].index(level)]
