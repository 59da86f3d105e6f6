"""Where the palmar side of the thumb is: it stands turned to the palm by a different angle in every hand."""

from collections.abc import Sequence

import numpy as np

from node.analysis.anatomy.model import NamedBone, Vector, unit
from node.analysis.anatomy.soft_tissue import SoftTissue

SECTIONS = (0.3, 0.5, 0.7)
"""Where along a phalanx the tissue around it is felt."""
DIRECTIONS = 24
LEAST_LEAN = 0.03
"""The pulp is thicker than the bed of the nail: the tissue's lean to one side over its mean thickness."""


def thumb_palmar(thumb: Sequence[NamedBone], tissue: SoftTissue) -> Vector | None:
    """Unit vector to the thumb's palmar side, square to its last phalanx; None where no phalanx tells it.

    The pulp lies palmar of the distal phalanx, and the flexor and its sheath palmar of the proximal one.
    """
    for bone in reversed(thumb):
        if bone.level != "MC" and (side := _fuller_side(bone, tissue)) is not None:
            return side
    return None


def _fuller_side(bone: NamedBone, tissue: SoftTissue) -> Vector | None:
    """First harmonic of the depth of tissue around a bone."""
    across = unit(np.cross(bone.axis, np.eye(3)[np.abs(bone.axis).argmin()]))
    beside = np.cross(bone.axis, across)
    lean, depths = np.zeros(3), []
    for share in SECTIONS:
        middle = bone.proximal + share * (bone.distal - bone.proximal)
        for angle in np.linspace(0.0, 2.0 * np.pi, DIRECTIONS, endpoint=False):
            direction = np.cos(angle) * across + np.sin(angle) * beside
            depth = tissue.depth_mm(middle, direction)
            if depth is None:
                return None
            lean += depth * direction
            depths.append(depth)
    strength = float(np.linalg.norm(lean)) / max(float(np.sum(depths)), 1e-9)
    return unit(lean) if strength > LEAST_LEAN else None
