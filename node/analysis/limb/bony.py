"""Step 1: does a thing in the scan hold bone, or is it a cast, a cable, a cushion?"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.analysis.grid.components import Components

MINERAL_HU = 300
LEAST_BONE_MM3 = 200.0
"""Mineral of a part that is worth a word: about that of a fingertip's bone [K]."""
METAL_HU = 3000
"""At both energies: the densest mineral reaches this at the low one alone."""
MUSCLE_HU = 45.0
SOFT_HU = (-200, 200)
"""Fat to skin, with their noise."""
LEAST_SLOPE = 1.25
"""HU over muscle, low to high: 1.47 and more in bone at any pair of energies, 1.0 in plastic (docs: attenuation)."""
LEAST_SOFT_SHARE = 0.3
"""Soft tissue under the surface over mineral: about 1 in a fingertip, next to none in plaster [K]."""


def holds_bone(
    found: Components, number: int, low: NDArray[np.int16], high: NDArray[np.int16], voxel_mm3: float
) -> bool:
    """True where a component holds mineral as steep as calcium, and soft tissue under its surface.

    ``low`` and ``high`` int16 (z, y, x), HU, on the components' grid, whose voxels may be coarse. Plaster is mineral
    through and through, a cable metal; padding, plastic and tubes hold hardly any mineral.
    """
    box = found.boxes[number - 1]
    inside, at_low, at_high = found.labels[box] == number, low[box], high[box]
    mineral = inside & (at_low > MINERAL_HU) & ~((at_low > METAL_HU) & (at_high > METAL_HU))
    count = np.count_nonzero(mineral)
    if count * voxel_mm3 < LEAST_BONE_MM3:
        return False
    contrast_low, contrast_high = (float(np.median(image[mineral])) - MUSCLE_HU for image in (at_low, at_high))
    deep = ndimage.binary_erosion(inside, border_value=1)
    soft = np.count_nonzero(deep & (at_low > SOFT_HU[0]) & (at_low < SOFT_HU[1]))
    return contrast_low > LEAST_SLOPE * contrast_high and bool(soft > LEAST_SOFT_SHARE * count)
