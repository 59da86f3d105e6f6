"""Step 5, last part: the skeleton, bone by bone, told from deposits that touch it.

A bone is a bright shell around a darker inside. Around its marrow (``bone.marrow``) the bone reaches outwards to
its surface. How far is measured on the patient: the shell's thickness is sampled on the whole surface, and where it
suddenly exceeds what is usual around there, something is attached.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from node.analysis.bone.marrow import find_marrow
from node.analysis.bone.shell import usual_thickness
from node.analysis.grid.components import Components
from node.analysis.grid.spans import mask_between, read_list, spans_of, voxels_of
from node.analysis.grid.together import both
from node.analysis.limb.limbs import Limb
from node.analysis.limb.nearest import nearest_source
from node.analysis.limb.noise import Anchors

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float32]
Int16Array = NDArray[np.int16]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]

REACH_MM = 8.0
"""Mineral farther from all marrow belongs to no bone."""
THICKEST_SHELL_MM = 3.2
LEAST_MARROW_SHARE = 0.05
"""A basin in a thicker shell than any cortex of the hand, with less marrow than this share of it, is a hole in a
deposit."""


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Bones of one limb on its crop.

    ``labels`` int32 (z, y, x): bone components from 1, marrow and shell; ``marrow``: their inside alone; ``mineral``:
    all that is brighter than soft tissue, bones included; ``mineral_voxels``: its flat indices, in scan order;
    ``nearness_mm`` float32, of each of them: REACH_MM less ``beyond_mm``, 0 where nothing is known.
    """

    labels: Int32Array
    marrow: BoolArray
    mineral: BoolArray
    mineral_voxels: Int64Array
    nearness_mm: FloatArray

    def beyond_mm(self, where: tuple[slice, ...] | Int64Array) -> FloatArray:
        """Distance outside of the usual bone surface, mm, negative inside, of a box or of flat indices.

        Infinite outside of mineral and where no bone is within REACH_MM.
        """
        if not isinstance(where, np.ndarray):
            ranges = (np.arange(n)[part] for n, part in zip(self.labels.shape, where, strict=True))
            where = np.ravel_multi_index(np.ix_(*ranges), self.labels.shape)
        nearness = read_list(self.mineral_voxels, self.nearness_mm, where)
        return np.where(nearness > 0.0, np.float32(REACH_MM) - nearness, np.float32(np.inf))

    @cached_property
    def bone(self) -> Components:
        """All bone voxels, each with its bone's label; bone is mineral."""
        owner = self.labels.reshape(-1)[self.mineral_voxels]
        held = owner > 0
        z, y, x = self.labels.shape
        return Components(self.mineral_voxels[held], owner[held], int(owner.max(initial=0)), (z, y, x))

    @cached_property
    def bones(self) -> list[int]:
        """The labels of its bones, ascending."""
        return np.flatnonzero(self.bone.sizes).tolist()

    @cached_property
    def shell(self) -> Int64Array:
        """Flat indices of all bone voxels that are not marrow, in scan order."""
        voxels = self.bone.voxels
        return voxels[~self.marrow.reshape(-1)[voxels]]

    @cached_property
    def attached(self) -> Int64Array:
        """Flat indices of all bone voxels beyond their bone's usual surface: pieces that were told to be bone."""
        voxels = self.bone.voxels
        return voxels[self.beyond_mm(voxels) > 0.0]


def find_skeleton(limb: Limb, image: Int16Array, smoothed: Int16Array, anchors: Anchors) -> Skeleton:
    """Bones of a limb in its detection image and the same smoothed, int16 (z, y, x), HU."""
    found = find_marrow(limb, smoothed, anchors, _floor(anchors))
    marrow = found.labels
    while True:
        skeleton, solid = _grown(marrow, limb, image, anchors, found.basin_voxels)
        if not solid:
            return skeleton
        marrow[np.isin(marrow, solid)] = 0


def without_bones(
    skeleton: Skeleton, labels: Sequence[int], limb: Limb, image: Int16Array, anchors: Anchors
) -> Skeleton:
    """The skeleton without some of its bones, whose mineral may then be anything."""
    kept = skeleton.marrow & ~np.isin(skeleton.labels, labels)
    return _grown(np.where(kept, skeleton.labels, np.int32(0)), limb, image, anchors)[0]


def _floor(anchors: Anchors) -> int:
    return round(anchors.soft_hu + max(80.0, 3.0 * anchors.noise_hu))


def _grown(
    marrow: Int32Array,
    limb: Limb,
    image: Int16Array,
    anchors: Anchors,
    basin_voxels: Int64Array | None = None,
) -> tuple[Skeleton, list[int]]:
    """(bones from their labelled insides out to their usual surface, those of them that are none)."""
    mineral, inside = both(
        lambda: mask_between(image, _floor(anchors) + 1, None, limb.body, limb.spans), lambda: marrow > 0
    )
    mineral |= inside
    spans = spans_of(mineral)
    voxels = voxels_of(mineral, spans)
    owner, distance = nearest_source(marrow, limb.spacing_mm, REACH_MM, spans).at(voxels)
    usual = usual_thickness(owner, distance, inside, voxels, limb.spacing_mm)
    solid = _solid(usual.of_bone, owner, basin_voxels) if basin_voxels is not None else []
    return _skeleton(owner, distance - usual.thickness_mm, inside, mineral, voxels), solid


def _skeleton(
    owner: Int32Array, beyond: FloatArray, marrow: BoolArray, mineral: BoolArray, voxels: Int64Array
) -> Skeleton:
    """``owner``: the bone nearest to each of ``voxels``, the mineral; ``beyond``: how far outside of it, mm."""
    nearness = np.where(owner > 0, np.float32(REACH_MM) - beyond, np.float32(0.0))
    labels = np.zeros(mineral.shape, np.int32)
    labels.reshape(-1)[voxels] = np.where(beyond <= 0.0, owner, 0)
    return Skeleton(labels, marrow, mineral, voxels, nearness)


def _solid(thickness_mm: dict[int, float], owner: Int32Array, basin_voxels: Int64Array) -> list[int]:
    """Bones that are none: too little marrow in too thick a shell."""
    count = max(thickness_mm, default=0) + 1
    all_voxels = np.bincount(owner, minlength=count)
    return [
        n
        for n, thickness in thickness_mm.items()
        if thickness > THICKEST_SHELL_MM
        and (np.isinf(thickness) or basin_voxels[n] < LEAST_MARROW_SHARE * all_voxels[n])
    ]
