"""Bone components as point samples with principal axes: the only thing the naming looks at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.components import Components

Points = NDArray[np.float64]

SAMPLES = 1500
"""Points kept of each component; enough for axes within a degree and ends within half a voxel."""
LEAST_VOXELS = 8
OUTERMOST = (0.002, 0.998)
"""Quantiles of the points along an axis that are taken for the ends."""


@dataclass(frozen=True, eq=False)
class Part:
    """One bone component in patient coordinates (LPS, mm).

    ``points`` (n, 3) sample; ``axes`` rows are unit principal axes, longest first; ``size_mm`` extents along them;
    ``ends`` (2, 3) centres of the two ends along the first axis; ``cut`` where it reaches the border of the crop.
    """

    label: int
    volume_mm3: float
    points: Points
    centroid: Points
    axes: Points
    size_mm: tuple[float, float, float]
    ends: Points
    cut: bool = False

    @property
    def length_mm(self) -> float:
        """Extent along the long axis."""
        return self.size_mm[0]

    @property
    def width_mm(self) -> float:
        """Mean extent across the long axis."""
        return 0.5 * (self.size_mm[1] + self.size_mm[2])

    @property
    def slenderness(self) -> float:
        """Length over mean width: about 2.3 to 5 in long bones of the hand, below 1.9 in carpals."""
        return self.length_mm / max(self.width_mm, 1e-6)

    def extremes(self, axis: Points) -> tuple[Points, Points]:
        """The two ends (3,) on the line through its centre along a unit vector."""
        low, high = np.quantile((self.points - self.centroid) @ axis, OUTERMOST)
        return self.centroid + low * axis, self.centroid + high * axis

    def outward(self, end: int) -> Points:
        """Unit vector along the axis that leaves the bone at ``end`` (0 or 1)."""
        along = self.ends[end] - self.ends[1 - end]
        return np.asarray(along / max(float(np.linalg.norm(along)), 1e-9))


def make_part(label: int, volume_mm3: float, points: Points, cut: bool, grain_mm: float) -> Part:
    """Principal axes, extents and end centres of a sample of points; ``grain_mm`` is the size of a voxel."""
    centroid = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points - centroid).T) + 1e-9 * np.eye(3))
    axes = axes[:, ::-1].T.copy()
    along = (points - centroid) @ axes.T
    low, high = np.quantile(along, OUTERMOST, axis=0)
    size = np.maximum(high - low, 0.0) + grain_mm
    zone = min(3.0, 0.2 * size[0])
    ends = []
    for limit, beyond in ((low[0], along[:, 0] <= low[0] + zone), (high[0], along[:, 0] >= high[0] - zone)):
        across = along[beyond].mean(axis=0)
        ends.append(centroid + np.array([limit, across[1], across[2]]) @ axes)
    return Part(
        label,
        volume_mm3,
        points,
        centroid,
        axes,
        (float(size[0]), float(size[1]), float(size[2])),
        np.array(ends),
        cut,
    )


def measure_parts(bone: Components, affine: NDArray[np.float64]) -> list[Part]:
    """Parts of all bone voxels, a bone a label, in their order; ``affine`` (x, y, z, 1) → LPS mm."""
    held = np.flatnonzero(bone.sizes >= LEAST_VOXELS).tolist()
    return [_measured(label, bone.voxels_of(label), bone.shape, affine) for label in held]


def _measured(label: int, voxels: NDArray[np.int64], shape: tuple[int, int, int], affine: NDArray[np.float64]) -> Part:
    """The part of the voxels of a label, flat indices: every n-th of them is its sample."""
    places = np.unravel_index(voxels, shape)
    cut = any(place.min() == 0 or place.max() == n - 1 for place, n in zip(places, shape, strict=True))
    sample = np.stack([place[:: max(1, len(voxels) // SAMPLES)] for place in places], axis=1)
    voxel_mm3 = float(abs(np.linalg.det(affine[:3, :3])))
    points = sample[:, ::-1] @ affine[:3, :3].T + affine[:3, 3]
    return make_part(label, len(voxels) * voxel_mm3, points, cut, voxel_mm3 ** (1 / 3))
