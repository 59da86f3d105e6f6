"""Step 12: what limited the assessment of a limb, in sentences for the reader."""

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.model import Frame, HandAnatomy
from node.analysis.anatomy.others import FOREARM_MM
from node.analysis.bone.shell import OUTLIER_MM
from node.analysis.deposit.doubt import STREAK_MM, Doubt
from node.analysis.grid.spans import voxels_of
from node.analysis.limb.limbs import CLIPPED_HU, Limb

NOTABLE_SHIFT_MM = 0.5
UNSURE_MM3, PALE_MG_CC, PALE_MM3 = 2.0, 100.0, 20.0
"""What was missed away from bone in the cases and the suite of ``make accuracy``, not left to a reader, was smaller,
or was paler and smaller. Mixtures of changes, pale bones in coarse voxels, lost a few larger ones beside bone."""
FLOOR_WORDS = (
    f"May be missed: bodies under {UNSURE_MM3:g} mm³; calcium under {PALE_MG_CC:g} mg/cm³ in less than {PALE_MM3:g} "
    f"mm³; layers that raise the surface of a bone by less than {OUTLIER_MM:g} mm."
)
"""What any result is silent about, told with each."""


def find_limits(
    anatomy: HandAnatomy, limb: Limb, shift_mm: float | None, doubt: Doubt, deposits: NDArray[np.int32]
) -> tuple[str, ...]:
    """All limits of a limb.

    ``shift_mm`` is how far the energies were displaced, None where it is not known. ``deposits`` int32 (z, y, x): above
    0 in what was found.
    """
    limits = [*anatomy.limits, *_shift_words(shift_mm)]
    if _leaves_at_side(limb):
        limits.append("The limb leaves the field of view at a side; what lies outside was not assessed.")
    if _ends_in_hand(anatomy, limb):
        limits.append("The scan ends within the hand; what lies beyond was not assessed.")
    limits += _cut_words(_cut_deposits(limb, deposits))
    if limb.is_coarse:
        limits.append(
            f"Voxels are {max(limb.spacing_mm):.1f} mm long: small bones and deposits are not told apart for sure."
        )
    if doubt.metal.any():
        limits.append(f"There is metal: within {STREAK_MM:g} mm of it nothing was assessed with certainty.")
    if limb.clipped(voxels_of(deposits > 0, limb.spans)).any():
        limits.append(f"Deposits reach the largest CT number, {CLIPPED_HU:g} HU: the mass is a lower bound.")
    return tuple(limits)


def _shift_words(shift_mm: float | None) -> list[str]:
    if shift_mm is None:
        return ["Whether the two energies are displaced could not be told: there is hardly an edge of bone."]
    if shift_mm > NOTABLE_SHIFT_MM:
        return [f"The two energies were displaced by {shift_mm:.1f} mm; the displacement was mended."]
    return []


def is_covered(anatomy: HandAnatomy, limb: Limb) -> bool:
    """False where the hand leaves the scan, or may do so."""
    return not (_leaves_at_side(limb) or _ends_in_hand(anatomy, limb))


def _leaves_at_side(limb: Limb) -> bool:
    return any(any(ends) for ends in limb.cut[1:])


def _cut_deposits(limb: Limb, deposits: NDArray[np.int32]) -> int:
    """How many deposits reach an end of the scan that cuts the limb."""
    faces = [np.take(deposits, end, axis) for axis in range(3) for end in (0, -1) if limb.cut[axis][end]]
    return len({int(number) for face in faces for number in np.unique(face) if number})


def _cut_words(count: int) -> list[str]:
    if count == 0:
        return []
    if count == 1:
        return ["A deposit reaches the end of the scan: its volume and mass are lower bounds."]
    return [f"{count} deposits reach the end of the scan: their volumes and masses are lower bounds."]


def _ends_in_hand(anatomy: HandAnatomy, limb: Limb) -> bool:
    """True where the first or last slice cuts through what lies beyond the wrist, or through what has no name."""
    ends = [end for end, cut in zip((0, limb.body.shape[0] - 1), limb.cut[0], strict=True) if cut]
    if anatomy.frame is None:
        bones = [bone for ray in anatomy.rays for bone in ray.bones]
        return bool(ends) and (not bones or any(bone.part.cut for bone in bones))
    return any(_distal_mm(anatomy.frame, limb, end) > FOREARM_MM for end in ends)


def _distal_mm(frame: Frame, limb: Limb, end: int) -> float:
    """How far most of a slice lies beyond the bases of the metacarpals, in mm of a mean hand."""
    inside = np.argwhere(limb.body[end])
    points = limb.geometry.to_lps_mm(np.column_stack([np.full(len(inside), end), inside]).astype(np.float64))
    return float(np.median(frame.place(points)[:, 0]))
