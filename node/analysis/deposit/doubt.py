"""Steps 8 and 12: where the scan itself is in doubt, so that nothing there is called with certainty."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from node.analysis.bone.skeleton import THICKEST_SHELL_MM
from node.analysis.grid.spans import mask_between
from node.analysis.limb.bony import METAL_HU
from node.analysis.limb.limbs import Limb
from node.analysis.limb.nearest import nearest_around
from node.analysis.mineral.candidates import Candidate
from node.analysis.mineral.reasons import Reason

STREAK_MM = 5.0
LEAST_REST_MM3 = 10.0
"""Less of a body that metal lies in may be a streak."""


class Doubt:
    """Metal, its streaks and the edges of the scan in one limb; ``metal`` and ``streaks`` bool (z, y, x)."""

    def __init__(self, limb: Limb) -> None:
        self.limb = limb
        at_low = mask_between(limb.low, METAL_HU + 1, None, limb.body, limb.spans)
        self.metal = mask_between(limb.high, METAL_HU + 1, None, at_low, limb.spans)
        self.streaks = self.metal
        if self.metal.any():
            self.streaks = nearest_around(self.metal, limb.spacing_mm, STREAK_MM).mask(self.metal.shape)

    def clear_of_metal(self, candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
        """The candidates without metal; of those that hold some, what is left beyond its streaks, doubted."""
        clear = []
        for candidate in candidates:
            if not self.metal[candidate.index].any():
                clear.append(candidate)
                continue
            rest = candidate.voxels[~self.streaks[candidate.index]]
            volume_mm3 = len(rest) * self.limb.geometry.voxel_mm3
            if volume_mm3 >= LEAST_REST_MM3:
                clear.append(replace(candidate, voxels=rest, volume_mm3=volume_mm3).doubted(Reason.METAL))
        return tuple(clear)

    def is_about(self, voxels: NDArray[np.int64], radius_mm: float) -> bool:
        """True for voxels (n, 3) among streaks, or cut by the edge of the scan and no thicker than a bone's shell.

        Of a bone that the edge cuts, a part of the shell may be seen without its marrow. ``radius_mm``: of the largest
        ball inside.
        """
        thin = radius_mm < 0.5 * THICKEST_SHELL_MM
        return bool(self.streaks[tuple(voxels.T)].any()) or (thin and self._is_cut(voxels))

    def _is_cut(self, voxels: NDArray[np.int64]) -> bool:
        last = np.array(self.limb.body.shape) - 1
        first_cut, last_cut = np.transpose(self.limb.cut)
        return bool((((voxels == 0) & first_cut) | ((voxels == last) & last_cut)).any())
