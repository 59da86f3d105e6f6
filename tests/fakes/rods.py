"""Rods with rounded ends, balls among them, put into images with partial volume."""

from dataclasses import dataclass

import numpy as np
from node.domain.volume import Geometry
from numpy.typing import NDArray

Points = NDArray[np.float64]
Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Rod:
    """All within ``radius_mm`` of the line from ``start`` to ``end`` (LPS mm)."""

    start: Points
    end: Points
    radius_mm: float

    def beyond_mm(self, points: Points) -> Points:
        """Distance of points (..., 3) outside of the surface, negative inside."""
        along = self.end - self.start
        share = np.clip((points - self.start) @ along / max(float(along @ along), 1e-9), 0.0, 1.0)
        return np.asarray(np.linalg.norm(points - self.start - share[..., None] * along, axis=-1) - self.radius_mm)

    def bounds_mm(self, margin_mm: float) -> Points:
        """Opposite corners (2, 3) of a box around it."""
        reach = self.radius_mm + margin_mm
        return np.stack([np.minimum(self.start, self.end) - reach, np.maximum(self.start, self.end) + reach])

    def box(self, geometry: Geometry, margin_mm: float) -> Box:
        """The part of a grid that holds it."""
        ends = self.bounds_mm(margin_mm)
        corners = np.array([[ends[a, 0], ends[b, 1], ends[c, 2]] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
        index = geometry.to_index_zyx(corners)
        first = np.maximum(np.floor(index.min(axis=0)), 0).astype(int).tolist()
        last = np.minimum(np.ceil(index.max(axis=0)) + 1, geometry.shape).astype(int).tolist()
        z, y, x = (slice(a, max(a, b)) for a, b in zip(first, last, strict=True))
        return z, y, x

    def share(self, geometry: Geometry, box: Box) -> Points:
        """Share of each voxel of a box that it fills: a ramp over the width of a voxel."""
        corner = np.array([s.start for s in box])
        index = np.stack(np.indices([s.stop - s.start for s in box]), axis=-1) + corner
        beyond = self.beyond_mm(geometry.to_lps_mm(index.astype(float)))
        return np.clip(0.5 - beyond / float(np.mean(geometry.spacing_mm)), 0.0, 1.0)


def ball(centre: Points, radius_mm: float) -> Rod:
    return Rod(centre, centre, radius_mm)


def thinner(rod: Rod, shell_mm: float) -> Rod:
    """What a shell of this thickness encloses."""
    return Rod(rod.start, rod.end, rod.radius_mm - shell_mm)
