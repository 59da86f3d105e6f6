"""The place of a fingertip's bone: from its base as far as it usually reaches."""

import numpy as np

from node.analysis.anatomy.model import NamedBone, Vector
from node.analysis.anatomy.proportions import usual_length_mm

BESIDE_AXIS, FARTHEST = 0.25, 1.35
"""Distance from the axis, and from the base, over the usual length [K]."""


def aside(offset: Vector, bone: NamedBone) -> float:
    """Distance from the axis of a bone, mm, of what lies ``offset`` (3,) from one of its ends."""
    return float(np.linalg.norm(offset - (offset @ bone.axis) * bone.axis))


def is_in_tip(point: Vector, tip: NamedBone, scale: float, behind: float = 0.0) -> bool:
    """True for a point (3,) in mm where the distal phalanx ``tip`` is or would be; ``scale``: hand over mean hand.

    ``behind``: share of the usual length by which the base may lie farther back, where only the end has a name.
    """
    usual_mm, offset = usual_length_mm(tip.digit, tip.level, scale), point - tip.proximal
    far = float(offset @ tip.axis) / usual_mm
    return -behind < far < FARTHEST and aside(offset, tip) < BESIDE_AXIS * usual_mm
