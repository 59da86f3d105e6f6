"""Cases in another pose: each bone moves as it is, and what lies between follows its neighbours.

Other pictures than a smooth warp makes: joints are bent and their spaces narrowed, and no bone changes its shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.accuracy.field import Field, followed
from node.accuracy.joints import Motion, pose
from node.accuracy.regrid import Case
from node.accuracy.truth import NO_BONE, CaseTruth
from node.domain.volume import EnergyPair, Geometry
from node.kernels.depth import depth_inside

CELL_MM: Final = 0.8
RIGID_MM, STEEPNESS = 0.3, 4.0
"""A place follows each bone by its distance + RIGID_MM to the power of -STEEPNESS: inside of one, that one alone."""
FARTHEST_MM: Final = 30.0
"""A place farther from all bones, which is in the air, stays."""
LEAST_VOXELS: Final = 30
Labels = NDArray[np.uint16]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """A random pose; each ``number`` is another one, and another one for each case."""

    number: int

    def __str__(self) -> str:
        return f"pose {self.number}"


def posed(pair: EnergyPair, truth: CaseTruth, which: Pose) -> Case:
    """The case in another pose, with its truth, on the grid that it has."""
    random = np.random.default_rng([which.number, crc32(truth.name.encode())])
    bones = _bones(truth.labels, truth.geometry)
    field = _field(truth.labels, bones, pose(bones, random), truth.geometry)
    new, moved = followed(field, pair, truth)
    return new, replace(moved, name=f"{truth.name}, {which}")


def _bones(labels: Labels, geometry: Geometry) -> dict[int, Points]:
    """Voxels (n, 3) of each bone by label, in mm from the first voxel along the axes of the grid."""
    found = {}
    for n, box in enumerate(ndimage.find_objects(np.where(labels < NO_BONE, labels, 0)), start=1):
        if box and len(places := np.argwhere(labels[box] == n)) >= LEAST_VOXELS:
            found[n] = (places + [part.start for part in box]) * np.asarray(geometry.spacing_mm)
    return found


def _field(labels: Labels, bones: Mapping[int, Points], motions: Mapping[int, Motion], geometry: Geometry) -> Field:
    """Moves back to the case: of each place those of the bones around it, the nearest most of all."""
    step = np.maximum(np.rint(CELL_MM / np.asarray(geometry.spacing_mm)), 1.0)
    cell_mm = step * geometry.spacing_mm
    z_mm, y_mm, x_mm = cell_mm.tolist()
    shape = np.ceil(np.asarray(labels.shape) / step).astype(int) + 1
    total, moves = np.full(shape, np.finfo(np.float32).tiny, np.float32), np.zeros((3, *shape), np.float32)
    for label, motion in motions.items():
        box = _around(motion.of(bones[label]), cell_mm, shape)
        places = np.stack(np.meshgrid(*(np.arange(part.start, part.stop) for part in box), indexing="ij"))
        places = (places * cell_mm.reshape(3, 1, 1, 1)).astype(np.float32)
        source = np.tensordot(motion.turn.T, places - motion.shift_mm.reshape(3, 1, 1, 1), 1).astype(np.float32)
        inside = _is(labels, label, source, geometry)
        if inside.any():
            far = np.empty(inside.shape, np.float32)
            depth_inside(~inside, z_mm, y_mm, x_mm, far)
            weight = (far + np.float32(RIGID_MM)) ** np.float32(-STEEPNESS) * (far < FARTHEST_MM)
            total[box] += weight
            moves[(slice(None), *box)] += weight * (source - places)
    return Field(moves / total, cell_mm, geometry)


def _around(points: Points, cell_mm: Points, shape: NDArray[np.int64]) -> tuple[slice, ...]:
    """The cells within FARTHEST_MM of points (n, 3), in mm; none where they lie outside of the grid."""
    first = np.clip(np.floor((points.min(axis=0) - FARTHEST_MM) / cell_mm), 0, shape).astype(int)
    last = np.clip(np.ceil((points.max(axis=0) + FARTHEST_MM) / cell_mm) + 1, 0, shape).astype(int)
    return tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))


def _is(labels: Labels, label: int, places_mm: NDArray[np.float32], geometry: Geometry) -> NDArray[np.bool_]:
    """Whether ``label`` is at places (3, …) in mm, nothing being outside of the grid."""
    spacing = np.asarray(geometry.spacing_mm, np.float32)[:, None, None, None]
    index = np.rint(places_mm / spacing).astype(np.int32)
    last = np.asarray(labels.shape, np.int32)[:, None, None, None] - 1
    within = np.all((index >= 0) & (index <= last), axis=0)
    return np.asarray(within & (labels[tuple(np.clip(index, 0, last))] == label))
