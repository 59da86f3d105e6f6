"""Steps 8 and 12: where the scan itself is in doubt, so that nothing there is called with certainty."""

import numpy as np
from numpy.typing import NDArray

from node.analysis.limbs import Limb
from node.analysis.nearest import nearest_around

METAL_HU = 3000
"""At both energies: the densest mineral reaches this at the low one alone."""
STREAK_MM = 5.0


class Doubt:
    """Metal and its streaks in one limb; ``metal`` and ``streaks`` bool (z, y, x)."""

    def __init__(self, limb: Limb) -> None:
        self.limb = limb
        self.metal = limb.body & (limb.low > METAL_HU) & (limb.high > METAL_HU)
        self.streaks = self.metal
        if self.metal.any():
            self.streaks = nearest_around(self.metal, limb, STREAK_MM).mask(self.metal.shape)

    def is_about(self, voxels: NDArray[np.int64]) -> bool:
        """True for voxels (n, 3) among streaks."""
        return bool(self.streaks[tuple(voxels.T)].any())
