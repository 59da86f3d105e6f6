"""Step 12: what limited the assessment of a limb, in sentences for the reader."""

from node.analysis.anatomy.model import HandAnatomy
from node.analysis.doubt import STREAK_MM, Doubt
from node.analysis.limbs import Limb

NOTABLE_SHIFT_MM = 0.5


def find_limits(anatomy: HandAnatomy, limb: Limb, shift_mm: float, doubt: Doubt) -> tuple[str, ...]:
    """All limits of a limb."""
    limits = list(anatomy.limits)
    if shift_mm > NOTABLE_SHIFT_MM:
        limits.append(f"The two energies were displaced by {shift_mm:.1f} mm; the displacement was mended.")
    if any(any(ends) for ends in limb.cut[1:]):
        limits.append("The limb leaves the field of view at a side; what lies outside was not assessed.")
    if doubt.metal.any():
        limits.append(f"There is metal: within {STREAK_MM:g} mm of it nothing was assessed with certainty.")
    return tuple(limits)
