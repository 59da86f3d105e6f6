"""A score in the style of the SCTC radiographic score: coverage × density × location on a synthetic radiograph.

The score of the Scleroderma Clinical Trials Consortium (10.1002/acr.22434) is read by a person on a radiograph, from
the area that calcinosis covers, its density and its place. Its weights were not found (docs/analysis.md, section 2);
those here are ours. So this is another score: it is not validated, and its values must not be compared with the SCTC's.
"""

from dataclasses import dataclass
from typing import Final

from node.domain.findings import Level, Region

NAME: Final = "SCTC-style score (not the validated score)"


@dataclass(frozen=True)
class ScoreWeights:
    """What the score is made with; a site may set it.

    ``density_limits_mg_mm2``: areal mineral mass from which a pixel counts with density 1, 2 and 3: visible on a
    radiograph, half as dense as the shaft of a phalanx, and as dense as that [K]. The others: how much a region counts.
    """

    density_limits_mg_mm2: tuple[float, float, float] = (0.1, 1.5, 3.0)
    distal: float = 1.0
    middle: float = 1.0
    proximal: float = 1.0
    metacarpal: float = 1.0
    wrist: float = 1.0

    def of(self, region: Region, level: Level) -> float:
        """How much a part of the hand counts."""
        if region is Region.WRIST:
            return self.wrist
        weights = {Level.DISTAL: self.distal, Level.MIDDLE: self.middle, Level.PROXIMAL: self.proximal}
        return weights.get(level, self.metacarpal)


DEFAULT_WEIGHTS: Final = ScoreWeights()
