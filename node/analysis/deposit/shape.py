"""Step 10: size and shape of a set of voxels."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from node.analysis.grid.axes import principal_axes
from node.domain.volume import Geometry
from node.domain.wording import NET

LOW_DENSITY, LOW_DENSITY_MG_CC = "low density", 180.0
LEAST_MM3 = 20.0
"""Smaller deposits have too few voxels to tell a net, a cord or lobules."""
NET_SOLIDITY, LOBULATED_SOLIDITY = 0.4, 0.75
FLAT, LONG = 2.2, 1.75
"""Root mean square extents of a plate, second over third, and of a cord, first over second. Sheath deposits of our
phantoms have 1.8 to 2.2 of the latter, stones and lobulated ones at most 1.7 from LEAST_MM3 on."""
Points = NDArray[np.float64]


def diameters_mm(points: Points, spacing_mm: tuple[float, float, float]) -> tuple[float, float]:
    """Largest diameter of voxel centres (n, 3) in mm, and the largest across it, each with the width of a voxel."""
    cell = float(np.mean(spacing_mm))
    corners = _corners(points)
    if len(corners) < 2:
        return cell, cell
    pair = np.transpose(np.triu_indices(len(corners), 1))[pdist(corners).argmax()]
    along = corners[pair[1]] - corners[pair[0]]
    length = float(np.linalg.norm(along))
    unit = along / length
    across = corners - np.outer(corners @ unit, unit)
    return length + cell, float(pdist(across).max()) + cell


def name_shape(voxels: NDArray[np.int64], geometry: Geometry, volume_mm3: float, mass_mg: float) -> str:
    """Stone, lobulated, plate, net or cord by the extents and solidity of voxels (n, 3); low density is said as such.

    A compact deposit of low density is called that and nothing more: it is no stone, and "mousse" is a clinical class
    that no CT shows (docs/analysis.md, section 2).
    """
    large = volume_mm3 >= LEAST_MM3
    form = _form(voxels, geometry, volume_mm3, large)
    if large and 1000.0 * mass_mg / volume_mm3 < LOW_DENSITY_MG_CC:
        return LOW_DENSITY if form == "stone" else f"{form}, {LOW_DENSITY}"
    return form


def _form(voxels: NDArray[np.int64], geometry: Geometry, volume_mm3: float, large: bool) -> str:
    a, b, c = principal_axes(voxels, geometry).spread_mm
    solidity = volume_mm3 / _hull_mm3(geometry.to_lps_mm(voxels.astype(np.float64)), volume_mm3)
    if large and solidity < NET_SOLIDITY:
        return NET
    if b > FLAT * c:
        return "plate"
    if large and a > LONG * b:
        return "cord"
    return "lobulated" if large and solidity < LOBULATED_SOLIDITY else "stone"


def _corners(points: Points) -> Points:
    """Corners of the convex hull; the points themselves where they are flat or few."""
    if len(points) < 5:
        return points
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except QhullError:
        return points[:: max(1, len(points) // 500)]


def _hull_mm3(points: Points, least: float) -> float:
    if len(points) < 5:
        return least
    try:
        return max(float(ConvexHull(points).volume), least)
    except QhullError:
        return least
