"""How sure a finding is, and of what (docs/analysis.md, step 12)."""

from dataclasses import dataclass
from typing import Final

PLACES: Final = 3
"""Decimal places of a confidence."""


@dataclass(frozen=True)
class Confidence:
    """The parts of a deposit's confidence, 0 to 1 each, taken as independent of one another.

    ``material``: probability of the likelier of calcium and urate. ``bone_contact``: lower where the deposit touches
    bone, whose surface limits it. ``contrast_to_noise``: share of the contrast that is beyond doubt. ``label_margin``:
    share of the deposit that lies where its place says.
    """

    material: float
    bone_contact: float
    contrast_to_noise: float
    label_margin: float

    @property
    def product(self) -> float:
        """The confidence, 0 to 1: the product of the parts."""
        return round(self.material * self.bone_contact * self.contrast_to_noise * self.label_margin, PLACES)
