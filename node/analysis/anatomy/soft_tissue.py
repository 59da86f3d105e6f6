"""The limb's body mask on a grid of about one millimetre: depth below the skin, and distances inside it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.parts import Points

GRID_MM = 1.0
REACH_MM = 30.0


@dataclass(frozen=True, eq=False)
class SoftTissue:
    """Body mask thinned to about 1 mm. ``inside`` uint8 (z, y, x); ``affine`` its own (x, y, z, 1) → LPS mm.

    ``step`` (z, y, x): voxels of the full grid to one of this one.
    """

    inside: NDArray[np.uint8]
    affine: NDArray[np.float64]
    step: tuple[int, int, int]

    def index(self, lps_mm: Points) -> NDArray[np.int64]:
        """Nearest indices (n, 3) in z, y, x order of points (n, 3)."""
        inverse = np.linalg.inv(self.affine[:3, :3])
        return np.rint(((np.atleast_2d(lps_mm) - self.affine[:3, 3]) @ inverse.T)[:, ::-1]).astype(np.int64)

    def depth_mm(self, start: Points, direction: Points) -> float | None:
        """Distance from ``start`` along the unit ``direction`` to the first place outside the body, at most 30 mm.

        None where the ray leaves the crop first or starts outside.
        """
        along = np.arange(0.0, REACH_MM + 0.25, 0.5)
        places = self.index(start + along[:, None] * direction)
        within = np.all((places >= 0) & (places < np.array(self.inside.shape)), axis=1)
        held = np.zeros(along.size, bool)
        held[within] = self.inside[tuple(places[within].T)] > 0
        if not held[0]:
            return None
        out = np.flatnonzero(~held)
        if out.size == 0:
            return REACH_MM
        return float(along[out[0]]) if within[out[0]] else None


def thin(body: NDArray[np.uint8] | NDArray[np.bool_], affine: NDArray[np.float64]) -> SoftTissue:
    """Body mask (z, y, x) on every n-th voxel of each axis, n chosen for a step near 1 mm."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)[::-1]
    step = tuple(max(1, int(np.floor(GRID_MM / s + 0.25))) for s in spacing)
    inside = np.ascontiguousarray(body[:: step[0], :: step[1], :: step[2]] > 0, dtype=np.uint8)
    coarse = affine.copy()
    coarse[:3, :3] = affine[:3, :3] * np.array(step[::-1], float)
    return SoftTissue(inside, coarse, (step[0], step[1], step[2]))
