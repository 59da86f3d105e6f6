"""How strongly calcium shows at a tube voltage: Hounsfield units for each mg of hydroxyapatite in a cm³.

From the project's attenuation table: tungsten spectra, energy-integrating detector, tin 0.4 mm (Sn140) and 0.6 mm
(Sn150); ICRU tissues, HA of 3.16 g/cm³; the beam hardened by 4 or by 15 cm of water. Scanners lie between, by their
filters and the size of the limb: the slope of the patient's own bone tells where. Without a calibration phantom in the
scan absolute mass carries about ±10 %.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from node.domain.errors import Refused
from node.domain.volume import Tube

Table = dict[float, tuple[float, float]]
HU_PER_MG_CC: Final[Table] = {
    70: (2.77, 2.335),
    80: (2.435, 2.03),
    90: (2.19, 1.825),
    100: (2.0125, 1.675),
    135: (1.65, 1.3775),
    140: (1.6175, 1.35),
}
"""HU per mg/cm³ behind 4 cm and behind 15 cm of water, by tube voltage."""
HU_PER_MG_CC_TIN: Final[Table] = {140: (1.0525, 0.995), 150: (0.935, 0.9025)}
HU_PER_MG_CC_KEV: Final[Table] = {
    energy: (k, k) for energy, k in {40: 3.35, 50: 2.2525, 70: 1.2925, 100: 0.8525, 140: 0.6875}.items()
}
"""Each table ascends."""
FARTHEST_BEYOND: Final = 1.1
"""Times the end of a table: so near to it, calcium is as bright to some 10 %, which absolute mass carries anyway."""
MSU_SLOPE: Final = 1.03
"""ΔHU low over ΔHU high of monosodium urate at any of the pairs (1.02 to 1.05)."""
CORTICAL_SLOPE_SHARE: Final = 0.945
"""Slope of cortical bone over that of HA: 0.97 (80/140) to 0.92 (70/Sn150)."""
USUAL_HARDENING, HARDENING_SPREAD = 0.5, 0.35
SLOPE_PRECISION: Final = 0.05
"""How well the slope of the patient's own bone tells the hardening of a deposit: bone hardens the beam by itself, and a
published phantom differs from the model by 13 % (docs, step 7)."""


@dataclass(frozen=True)
class Scale:
    """HU per mg/cm³ of HA at either energy."""

    low: float
    high: float


def hu_per_mg_cc(tube: Tube) -> tuple[float, float]:
    """HU per mg/cm³ of HA behind 4 and behind 15 cm of water; a power of the voltage or energy between listed ones.

    The photoelectric effect, which makes calcium bright, falls with a power of the energy. Beyond the table the nearest
    value is taken, and ``beyond_words`` tells.

    Raises:
        Refused: neither tube voltage nor energy is known.
    """
    table, at = _table_of(tube)
    known = list(table)
    thin, thick = (float(np.exp(np.interp(np.log(at), np.log(known), logs))) for logs in np.log(list(table.values())).T)
    return thin, thick


def beyond_words(*tubes: Tube) -> tuple[str, ...]:
    """What a reader is told of tube voltages or energies that the table does not reach."""
    words = []
    for tube in tubes:
        table, at = _table_of(tube)
        if not min(table) / FARTHEST_BEYOND <= at <= max(table) * FARTHEST_BEYOND:
            words.append(f"How bright calcium is at {tube} is not known: masses are less certain than usual.")
    return tuple(words)


def _table_of(tube: Tube) -> tuple[Table, float]:
    """The table that holds a tube's kind of image, and where in it the tube stands."""
    if tube.kev is not None:
        return HU_PER_MG_CC_KEV, tube.kev
    if tube.kvp is not None:
        return (HU_PER_MG_CC_TIN if tube.has_tin else HU_PER_MG_CC), tube.kvp
    raise Refused(
        "The tube voltage of a series is not known, so calcium cannot be measured.",
        hint="Send series with KVP (0018,0060), or monoenergetic series with their energy.",
    )


def model_slope(low_tube: Tube, high_tube: Tube) -> float:
    """ΔHU low over ΔHU high of HA half-way between the two hardenings."""
    low, high = hu_per_mg_cc(low_tube), hu_per_mg_cc(high_tube)
    return (low[0] + low[1]) / (high[0] + high[1])


def scale_of(low_tube: Tube, high_tube: Tube, slope: float) -> Scale:
    """HU per mg/cm³ for a scan whose HA slope was measured on the patient's own bone.

    The hardening, 0 (4 cm) to 1 (15 cm), is the mean of what the slope says and what is usual, weighted by their
    precision: at 80/140 the slope hardly depends on it and says nothing.
    """
    low, high = hu_per_mg_cc(low_tube), hu_per_mg_cc(high_tube)
    thin, thick = low[0] / high[0], low[1] / high[1]
    hardening = USUAL_HARDENING
    if abs(thick - thin) > 1e-6:
        told = (thin - slope) / (thin - thick)
        weight = ((thin - thick) / (SLOPE_PRECISION * slope)) ** 2
        usual = HARDENING_SPREAD**-2
        hardening = min(1.0, max(0.0, (told * weight + USUAL_HARDENING * usual) / (weight + usual)))
    return Scale(*(a + hardening * (b - a) for a, b in (low, high)))
