"""One bone by itself, for rules that look at no other."""

import numpy as np
from node.analysis.anatomy.model import NamedBone
from node.analysis.anatomy.parts import make_part
from node.analysis.anatomy.proportions import usual_length_mm


def bone(level: str, share: float) -> NamedBone:
    """A bone of digit 3 along z from the origin, of that share of its usual length."""
    start, far = np.zeros(3), share * usual_length_mm(3, level, 1.0) * np.eye(3)[2]
    part = make_part(1, 300.0, np.linspace(start, far, 30), False, 0.5)
    return NamedBone(f"{level}3", 3, level, start, far, (1,), part)
