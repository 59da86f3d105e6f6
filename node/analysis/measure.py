"""Step 10: the measures of each deposit."""

from dataclasses import dataclass

import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from node.analysis.limbs import Limb
from node.analysis.lookalikes import principal_axes
from node.analysis.nearest import nearest_source
from node.analysis.noise import Anchors
from node.analysis.outline import SKIRT_MM
from node.analysis.physics import Scale
from node.analysis.skeleton import Skeleton

MASS_MARGIN_MM = 1.3
"""Blur carries mineral this far out of its boundary; less would miss the neighbouring slice of a coarse scan."""
SKIN_MM = 0.8
SURROUNDINGS_MM = (1.0, 2.5)
TOUCHING_MM = 0.5
LOW_DENSITY_MG_CC = 180.0
Box = tuple[slice, ...]


@dataclass(frozen=True, eq=False)
class Measures:
    """Measures of one deposit; names as in ``domain.findings.Deposit``. ``voxels`` (n, 3) z, y, x in the limb.

    ``radius_mm`` is that of its largest ball, ``depth_mm`` the depth below the skin of its deepest point.
    """

    voxels: NDArray[np.int64]
    centroid_lps_mm: tuple[float, float, float]
    volume_mm3: float
    mass_mg: float
    mean_low_hu: float
    mean_high_hu: float
    sd_low_hu: float
    max_low_hu: float
    contrast_low_hu: float
    contrast_high_hu: float
    slope: float | None
    long_axis_mm: float
    short_axis_mm: float
    distance_to_skin_mm: float
    distance_to_bone_mm: float | None
    touches_bone: bool
    key_slice: int
    shape: str
    radius_mm: float
    depth_mm: float


class Measurer:
    """Measures deposits of one limb; holds what is common to all of them."""

    def __init__(
        self, limb: Limb, anchors: Anchors, skeleton: Skeleton, labels: NDArray[np.int32], scale: Scale
    ) -> None:
        self.limb, self.anchors, self.skeleton, self.labels, self.scale = limb, anchors, skeleton, labels, scale
        self.near = nearest_source(labels, limb.spacing_mm)
        self.depth = edt.edt(limb.body, anisotropy=limb.spacing_mm, black_border=False, parallel=0)
        self.boxes = ndimage.find_objects(labels)

    def measure(self, number: int) -> Measures | None:
        """Measures of the deposit with this label; None where it has no voxel."""
        box = self.boxes[number - 1] if number <= len(self.boxes) else None
        if box is None:
            return None
        reach = [round((SURROUNDINGS_MM[1] + 0.5) / s) + 1 for s in self.limb.spacing_mm]
        wide = tuple(slice(max(0, b.start - r), b.stop + r) for b, r in zip(box, reach, strict=True))
        mask = self.labels[wide] == number
        voxels = np.argwhere(mask) + [b.start for b in wide]
        low, high = self.limb.low[wide], self.limb.high[wide]
        around_low, around_high = self._surroundings(wide, number)
        inside = edt.edt(np.pad(mask, 1), anisotropy=self.limb.spacing_mm)[1:-1, 1:-1, 1:-1]
        core = mask & (inside >= min(0.8, np.quantile(inside[mask], 0.6)))
        contrast_low = float(low[core].mean()) - self.anchors.soft_low_hu
        contrast_high = float(high[core].mean()) - self.anchors.soft_high_hu
        mass = self._mass(wide, mask, core, number, around_low, around_high)
        volume = float(mask.sum()) * self.limb.geometry.voxel_mm3
        bone = self._distance_to_bone(wide, mask)
        long_mm, short_mm = self._axes(voxels)
        centre = self.limb.geometry.to_lps_mm(voxels.astype(np.float64)).mean(axis=0)
        return Measures(
            voxels=voxels,
            centroid_lps_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
            volume_mm3=volume,
            mass_mg=mass,
            mean_low_hu=float(low[mask].mean()),
            mean_high_hu=float(high[mask].mean()),
            sd_low_hu=float(low[mask].std()),
            max_low_hu=float(low[mask].max()),
            contrast_low_hu=contrast_low,
            contrast_high_hu=contrast_high,
            slope=contrast_low / contrast_high
            if contrast_high > 3.0 * self.anchors.noise_high_hu / np.sqrt(core.sum())
            else None,
            long_axis_mm=long_mm,
            short_axis_mm=short_mm,
            distance_to_skin_mm=float(self.depth[wide][mask].min()),
            distance_to_bone_mm=bone,
            touches_bone=bone is not None and bone < TOUCHING_MM,
            key_slice=int(np.bincount(voxels[:, 0]).argmax()),
            shape=self._shape(voxels, volume, mass),
            radius_mm=float(inside.max()),
            depth_mm=float(self.depth[wide][mask].max()),
        )

    def _surroundings(self, wide: Box, number: int) -> tuple[float, float]:
        """Median HU (low, high) of unmineralised tissue 1 to 2.5 mm around."""
        first, last = SURROUNDINGS_MM
        distance = self.near.distance_mm[wide]
        around = (self.near.label[wide] == number) & (distance > first) & (distance < last)
        around &= ~self.skeleton.mineral[wide] & self.limb.body[wide] & (self.skeleton.marrow[wide] == 0)
        if around.sum() < 10:
            return self.anchors.soft_low_hu, self.anchors.soft_high_hu
        return float(np.median(self.limb.low[wide][around])), float(np.median(self.limb.high[wide][around]))

    def _mass(
        self, wide: Box, mask: NDArray[np.bool_], core: NDArray[np.bool_], number: int, low: float, high: float
    ) -> float:
        """HA in mg: excess over the surroundings (``low``, ``high`` HU), less what the deposit's matrix adds to them.

        A voxel that a deposit of level p fills to a share f reads f p + (1 - f) b over surroundings b; of its excess
        f (p - b) the share (p - soft) / (p - b) is HA, since the matrix of a deposit is soft tissue also where it lies
        in fat (docs, step 10). The two energies are mixed as in the detection image; the sum does not depend on where
        the boundary lies.
        """
        weight = self.anchors.weight_low
        scale = weight * self.scale.low + (1.0 - weight) * self.scale.high
        image = self.anchors.detection_image(self.limb.low[wide], self.limb.high[wide])
        around = weight * low + (1.0 - weight) * high
        level = float(image[core].mean())
        if level <= max(around, self.anchors.soft_hu):
            return 0.0
        share = (level - self.anchors.soft_hu) / (level - around)
        edge = ~mask & (self.near.label[wide] == number) & (self.near.distance_mm[wide] <= MASS_MARGIN_MM)
        edge &= (self.skeleton.beyond_mm[wide] > 0.0) & self.limb.body[wide] & (self.labels[wide] == 0)
        edge &= self.depth[wide] > SKIN_MM
        excess = float((image[mask | edge] - around).sum())
        return max(0.0, share * excess * self.limb.geometry.voxel_mm3 / (1000.0 * scale))

    def _distance_to_bone(self, wide: Box, mask: NDArray[np.bool_]) -> float | None:
        """Least distance to the true bone surface, mm; None farther than 50 mm."""
        nearest = float(self.skeleton.beyond_mm[wide][mask].min()) + abs(SKIRT_MM)
        return max(0.0, nearest) if nearest < 50.0 else None

    def _axes(self, voxels: NDArray[np.int64]) -> tuple[float, float]:
        """Largest diameter, and largest diameter across it (mm)."""
        points = self.limb.geometry.to_lps_mm(voxels.astype(np.float64))
        cell = float(np.mean(self.limb.spacing_mm))
        hull = _hull_points(points)
        distances = pdist(hull) if len(hull) > 1 else np.zeros(1)
        pair = np.transpose(np.triu_indices(len(hull), 1))[distances.argmax()] if len(hull) > 1 else (0, 0)
        along = hull[pair[1]] - hull[pair[0]]
        length = float(np.linalg.norm(along))
        unit = along / length if length > 0 else np.array([1.0, 0.0, 0.0])
        across = hull - np.outer(hull @ unit, unit)
        width = float(pdist(across).max()) if len(hull) > 1 else 0.0
        return length + cell, width + cell

    def _shape(self, voxels: NDArray[np.int64], volume: float, mass: float) -> str:
        """Stone, popcorn, plate, net, cord or faint body, by the deposit's extents, solidity and density."""
        axes = principal_axes(voxels, self.limb.geometry)
        a, b, c = axes.spread_mm
        if volume >= 20.0 and 1000.0 * mass / volume < LOW_DENSITY_MG_CC:
            return "low density"
        solid = volume / _hull_volume(self.limb.geometry.to_lps_mm(voxels.astype(np.float64)), volume)
        if solid < 0.4 and volume >= 20.0:
            return "net"
        if b > 2.2 * c:
            return "plate"
        if a > 2.2 * b:
            return "cord"
        return "lobulated" if solid < 0.75 and volume >= 20.0 else "stone"


def _hull_points(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners of the convex hull; the points themselves where they are flat or few."""
    if len(points) < 5:
        return points
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except QhullError:
        return points[:: max(1, len(points) // 500)]


def _hull_volume(points: NDArray[np.float64], least: float) -> float:
    if len(points) < 5:
        return least
    try:
        return max(float(ConvexHull(points).volume), least)
    except QhullError:
        return least
