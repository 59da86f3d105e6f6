"""Between two parts in line: a joint of two bones, or a break in one?

A phalanx or metacarpal is widest at its ends and narrowest at its waist. Where a noisy or coarse scan parts one at
the waist, the ends that face each other are the narrowest sections of their parts; at a joint the next base flares.
"""

from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.parts import Part, Points

INSIDE_MM, WINDOW_MM, STEP_MM = 1.5, 1.0, 0.5
"""Sections are taken from this far inside an end on, through a Gaussian window, this far apart."""
LEAST_SECTIONS = 3
NARROW, WAISTED = 0.6, 1.15
"""Section at the end of the near part over the median along it, and at the base of the far part over the least along
it: most breaks have 0.4 to 0.6 and 1.0, joints 0.65 to 1.05 and 1.3 to 3.5 [measured on mixtures of the development
cases]."""
Reach = tuple[Points, Points]


class Seam(Enum):
    """What parts two parts in line."""

    JOINT = auto()
    BREAK = auto()
    UNKNOWN = auto()


def seam(before: Part, reach_before: Reach, after: Part, reach_after: Reach) -> Seam:
    """What lies between the far end of one part and the near end of the next; ``reach``: near and far end, mm."""
    end, base = _sections(before, reach_before), _sections(after, reach_after)
    if min(len(end), len(base)) < LEAST_SECTIONS:
        return Seam.UNKNOWN
    narrow = end[-1] < NARROW * float(np.median(end))
    waisted = base[0] > WAISTED * base.min()
    if narrow == waisted:
        return Seam.UNKNOWN
    return Seam.JOINT if waisted else Seam.BREAK


def _sections(part: Part, reach: Reach) -> NDArray[np.float64]:
    """Sections along a part from its near end to its far one, in points; empty for a stub."""
    near, far = reach
    length_mm = float(np.linalg.norm(far - near))
    places = np.arange(INSIDE_MM, length_mm - INSIDE_MM, STEP_MM)
    if not len(places):
        return places
    along = (part.points - near) @ ((far - near) / length_mm)
    return np.asarray(np.exp(-0.5 * ((along[:, None] - places) / WINDOW_MM) ** 2).sum(axis=0))
