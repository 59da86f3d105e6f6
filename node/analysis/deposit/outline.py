"""Step 10, boundary: each deposit out to half of its own level above its own surroundings."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from node.analysis.bone.skeleton import Skeleton
from node.analysis.grid.components import median_of
from node.analysis.limb.limbs import Limb
from node.analysis.limb.nearest import nearest_around
from node.analysis.mineral.candidates import Candidate

REACH_MM = 1.3
CONTACT_REACH_MM = 0.7
"""Along bone the boundary is looked for only this far: the blur of the cortex is bright too."""
SKIRT_MM = -0.45
"""The usual surface of a bone is where its blur fades; its true surface lies about this far inside (half of the full
width of a CT point spread of 0.9 mm)."""
THIN_RADIUS_MM = 1.4
THIN_SHARE = 0.35
THIN_QUANTILE = 0.9
"""Plates, nets and cords no thicker than the point spread: their largest ball holds little of their volume."""
SURROUNDINGS_MM = (1.0, 2.5)
Int16Array = NDArray[np.int16]


def outline_deposits(
    candidates: Sequence[Candidate], limb: Limb, image: Int16Array, skeleton: Skeleton, soft_hu: float
) -> NDArray[np.int32]:
    """Labels int32 (z, y, x), n for candidates[n - 1], grown or shrunk to the half-maximum boundary.

    What lies nearer to a piece of bone beyond its usual surface is that piece's blur.
    """
    seeds = np.zeros(image.shape, np.int32)
    for number, candidate in enumerate(candidates, start=1):
        seeds[candidate.index] = number
    bone = len(candidates) + 1
    seeds.reshape(-1)[skeleton.attached] = bone
    near = nearest_around(seeds, limb.spacing_mm, SURROUNDINGS_MM[1])
    del seeds  # room for the outlines
    ours = near.label != bone
    voxels, label, distance = near.voxels[ours], near.label[ours], near.distance_mm[ours]
    level = image.reshape(-1)[voxels]
    marrow, body = skeleton.marrow.reshape(-1)[voxels], limb.body.reshape(-1)[voxels]
    beyond = skeleton.beyond_mm(voxels)
    soft = body & ~marrow & ~skeleton.mineral.reshape(-1)[voxels]
    background = local_background(label, distance, level, soft, len(candidates), soft_hu)
    own = np.array([0.0, *(_level(c, image) for c in candidates)])
    bright = level > (0.5 * (own + background))[label]
    reach = np.where(beyond > 0.3, REACH_MM, CONTACT_REACH_MM)
    grown = (distance <= reach) & (beyond > SKIRT_MM) & body & ~marrow
    kept = bright & (grown | (distance == 0.0))
    outlined = np.zeros(image.shape, np.int32)
    outlined.reshape(-1)[voxels[kept]] = label[kept]
    return outlined


def _level(candidate: Candidate, image: Int16Array) -> float:
    """The deposit's own level, HU: its median; a high quantile where it is so thin that blur lowers all of it."""
    thin = candidate.radius_mm < THIN_RADIUS_MM and candidate.ball_share < THIN_SHARE
    return float(np.quantile(image[candidate.index], THIN_QUANTILE if thin else 0.5))


def local_background(
    label: NDArray[np.int32],
    distance_mm: NDArray[np.float32],
    value: Int16Array,
    soft: NDArray[np.bool_],
    count: int,
    soft_hu: float,
) -> NDArray[np.float64]:
    """Median HU of the unmineralised tissue 1 to 2.5 mm around each deposit; index 0 unused; soft tissue where none.

    The arrays hold, voxel by voxel, the nearest deposit, its distance, the image, and whether this is soft tissue.
    """
    first, last = SURROUNDINGS_MM
    around = soft & (distance_mm > first) & (distance_mm < last)
    medians = median_of(value[around], label[around], count, least=10)
    return np.where(np.isfinite(medians), medians, soft_hu)
