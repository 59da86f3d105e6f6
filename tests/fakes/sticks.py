"""The hand of sticks, straight, with its names and places; and measures of a made-up deposit."""

from functools import cache

import numpy as np
from node.analysis.anatomy.model import HandAnatomy
from node.analysis.anatomy.naming import name_hand
from node.analysis.anatomy.place import PlaceFinder, find_places
from node.analysis.deposit.measure import Measures
from node.domain.volume import Geometry
from tests.fakes.bone_hand import bone_hand
from tests.fakes.listed import listed

HAND = bone_hand(bend_degrees=0.0)
GEOMETRY = Geometry(HAND.labels.shape, (1.0, 1.0, 1.0), HAND.affine)
MEASURES = Measures(
    voxels=np.zeros((1, 3), np.int64),
    centroid_lps_mm=(0.0, 0.0, 0.0),
    volume_mm3=50.0,
    mass_mg=20.0,
    mean_low_hu=900.0,
    mean_high_hu=500.0,
    sd_low_hu=10.0,
    max_low_hu=1000.0,
    contrast_low_hu=850.0,
    contrast_high_hu=450.0,
    slope=1.9,
    long_axis_mm=12.0,
    short_axis_mm=4.0,
    distance_to_skin_mm=2.0,
    distance_to_bone_mm=0.2,
    touches_bone=True,
    key_slice=0,
    shape="stone",
    radius_mm=2.0,
    depth_mm=4.0,
)


@cache
def places() -> PlaceFinder:
    return find_places(name_hand(listed(HAND.labels), HAND.body, HAND.affine), HAND.labels, HAND.body, HAND.affine)


def anatomy() -> HandAnatomy:
    return places().anatomy


def beside(name: str, offset_mm: tuple[float, float, float], along: float = 0.5, radius_mm: float = 1.5) -> np.ndarray:
    """Indices (n, 3) of a ball beside a bone; the offset is x radial, y dorsal, z distal."""
    start, end = HAND.axes[name]
    grid = np.argwhere(np.ones((9, 9, 9))) - 4
    ball = grid[np.linalg.norm(grid, axis=1) <= radius_mm]
    centre = start + along * (end - start) + np.array(offset_mm)
    return np.rint((centre - HAND.affine[:3, 3])[::-1]).astype(np.int64) + ball
