"""Principal axes of a set of voxels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.domain.volume import Geometry


@dataclass(frozen=True, eq=False)
class Axes:
    """Principal axes of a set of voxels in LPS mm: root mean square extents, longest first, and directions as rows."""

    centre: NDArray[np.float64]
    spread_mm: NDArray[np.float64]
    direction: NDArray[np.float64]
    length_mm: float


def principal_axes(voxels: NDArray[np.int64], geometry: Geometry) -> Axes:
    """Axes of voxels (n, 3) z, y, x; each voxel counts with its own extent, so that a single one has one too."""
    points = geometry.to_lps_mm(voxels.astype(np.float64))
    centre = points.mean(axis=0)
    spread = np.atleast_2d(np.cov((points - centre).T, bias=True)) if len(points) > 1 else np.zeros((3, 3))
    cell = geometry.affine[:3, :3] @ geometry.affine[:3, :3].T / 12.0
    variance, directions = np.linalg.eigh(spread + cell)
    along = (points - centre) @ directions[:, -1]
    return Axes(centre, np.sqrt(variance[::-1]), directions[:, ::-1].T, float(np.ptp(along)))
