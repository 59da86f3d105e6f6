"""Chains of rods in one line, in place of the bones of a ray."""

import numpy as np
from node.analysis.anatomy.chains import Chain
from node.analysis.anatomy.parts import make_part

WIDTH_MM = 6.0


def chain(*stretches: tuple[float, float]) -> Chain:
    """Rods along z, each a gap and a length in mm."""
    parts, at = [], 0.0
    for label, (gap, length) in enumerate(stretches, start=1):
        at += gap
        z, x, y = np.meshgrid(np.linspace(at, at + length, 40), *[np.linspace(0, WIDTH_MM, 7)] * 2, indexing="ij")
        points = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
        parts.append(make_part(label, length * WIDTH_MM**2, points, False, 0.5))
        at += length
    ends = tuple(int(part.ends[0][2] > part.ends[1][2]) for part in parts)
    return Chain(tuple(parts), ends)
