"""The place of a fingertip's bone: from its base as far as it usually reaches, and what lies in it."""

import numpy as np

from node.analysis.anatomy.model import HandAnatomy, NamedBone, Vector
from node.analysis.anatomy.parts import Part
from node.analysis.anatomy.proportions import usual_length_mm

BESIDE_AXIS, FARTHEST = 0.25, 1.35
"""Distance from the axis, and from the base, over the usual length [K]."""
STUB_SHARE, BESIDE_STUB = 0.5, 0.5
"""A base shorter than that share of the usual length is as wide as long: its axis is not sure, and what lies so far
from it, over the usual length, may still be in line."""
BASE_SHARE, BEYOND_MM = 0.5, 1.0
"""The middle of a base without a name lies no farther behind the rest, over the usual length [K]; about a voxel."""


def aside(offset: Vector, bone: NamedBone) -> float:
    """Distance from the axis of a bone, mm, of what lies ``offset`` (3,) from one of its ends."""
    return float(np.linalg.norm(offset - (offset @ bone.axis) * bone.axis))


def is_in_tip(point: Vector, tip: NamedBone, scale: float, behind: float = 0.0) -> bool:
    """True for a point (3,) in mm where the distal phalanx ``tip`` is or would be; ``scale``: hand over mean hand.

    ``behind``: share of the usual length by which the base may lie farther back, where only the end has a name.
    """
    usual_mm, offset = usual_length_mm(tip.digit, tip.level, scale), point - tip.proximal
    far = float(offset @ tip.axis) / usual_mm
    beside = BESIDE_STUB if tip.length_mm < STUB_SHARE * usual_mm else BESIDE_AXIS
    return -behind < far < FARTHEST and aside(offset, tip) < beside * usual_mm


def is_in_bits(tip: NamedBone, anatomy: HandAnatomy) -> bool:
    """True where bone without a name lies before or behind the distal phalanx in its place: it was not seen whole."""
    return any(
        is_in_tip(bit.centroid, tip, anatomy.scale, BASE_SHARE) and _goes_beyond(bit, tip) for bit in anatomy.loose
    )


def _goes_beyond(bit: Part, bone: NamedBone) -> bool:
    """True where a bone with that bit would be longer than it is without."""
    along = (bit.points - bone.proximal) @ bone.axis
    return bool(along.min() < -BEYOND_MM or along.max() > bone.length_mm + BEYOND_MM)
