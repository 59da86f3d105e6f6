"""Chains of rods in one line, in place of the bones of a ray."""

import numpy as np
from node.analysis.anatomy.chains import Chain
from node.analysis.anatomy.parts import Part, make_part

WIDTH_MM, WAIST = 6.0, 0.35
"""Width of a rod, and of the waist of a waisted one over that of its ends."""


def chain(*stretches: tuple[float, float]) -> Chain:
    """Rods of one width along z, each a gap and a length in mm."""
    return waisted_chain(*((gap, length, (1.0, 1.0)) for gap, length in stretches))


def waisted_chain(*stretches: tuple[float, float, tuple[float, float]]) -> Chain:
    """Bones along z that are narrowest at their waist, each a gap and a length in mm and which stretch of a bone it is.

    ``(0.0, 1.0)`` is a whole one, ``(0.0, 0.5)`` its proximal half.
    """
    parts, at = [], 0.0
    for label, (gap, length, shares) in enumerate(stretches, start=1):
        at += gap
        parts.append(_rod(label, at, length, shares))
        at += length
    ends = tuple(int(part.ends[0][2] > part.ends[1][2]) for part in parts)
    return Chain(tuple(parts), ends)


def _rod(label: int, start: float, length: float, shares: tuple[float, float]) -> Part:
    grid = np.linspace(-0.5, 0.5, 25)
    share = np.linspace(*shares, 40)
    width = WIDTH_MM * (WAIST + (1.0 - WAIST) * (2.0 * share - 1.0) ** 2)
    z, x, y = np.meshgrid(np.linspace(start, start + length, 40), grid, grid, indexing="ij")
    inside = np.maximum(abs(x), abs(y)) * WIDTH_MM <= 0.5 * width[:, None, None] + 1e-9
    points = np.column_stack([x[inside] * WIDTH_MM, y[inside] * WIDTH_MM, z[inside]])
    return make_part(label, length * WIDTH_MM**2, points, False, 0.5)
