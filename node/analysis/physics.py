"""How strongly calcium shows at a tube voltage: Hounsfield units for each mg of hydroxyapatite in a cm³.

From the project's attenuation table: tungsten spectra behind 4 cm of water, energy-integrating detector, tin 0.4 mm
(Sn140) and 0.6 mm (Sn150); ICRU tissues, HA of 3.16 g/cm³. Without a calibration phantom in the scan absolute mass
carries about ±10 %.
"""

from typing import Final

import numpy as np

from node.domain.errors import Refused
from node.domain.volume import Tube

HU_PER_MG_CC: Final[dict[float, float]] = {70: 2.77, 80: 2.435, 90: 2.19, 100: 2.0125, 135: 1.65, 140: 1.6175}
HU_PER_MG_CC_TIN: Final[dict[float, float]] = {140: 1.0525, 150: 0.935}
HU_PER_MG_CC_KEV: Final[dict[float, float]] = {40: 3.35, 50: 2.2525, 70: 1.2925, 100: 0.8525, 140: 0.6875}
MSU_SLOPE: Final = 1.03
"""ΔHU low over ΔHU high of monosodium urate at any of the pairs (1.02 to 1.05)."""
CORTICAL_SLOPE_SHARE: Final = 0.945
"""Slope of cortical bone over that of HA: 0.97 (80/140) to 0.92 (70/Sn150)."""


def hu_per_mg_cc(tube: Tube) -> float:
    """HU per mg/cm³ of HA for this tube voltage and filter, or monoenergetic image; linear between listed ones.

    Raises:
        Refused: neither tube voltage nor energy is known.
    """
    if tube.kev is not None:
        table, at = HU_PER_MG_CC_KEV, tube.kev
    elif tube.kvp is not None:
        table, at = (HU_PER_MG_CC_TIN if tube.has_tin else HU_PER_MG_CC), tube.kvp
    else:
        raise Refused(
            "The tube voltage of a series is not known, so calcium cannot be measured.",
            hint="Send series with KVP (0018,0060), or monoenergetic series with their energy.",
        )
    known = sorted(table)
    return float(np.interp(at, known, [table[k] for k in known]))
