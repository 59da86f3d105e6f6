"""Step 5: the skeleton, bone by bone, told from deposits that touch it.

A bone is a bright shell around a darker inside. Seen as a landscape, its marrow is a basin: the basins of the detection
image (``kernels.basins``) are one a bone, whatever the bone's density; a deposit, being solid, has none. Around each
basin the bone reaches outwards to its surface. How far is measured on the patient: the shell's thickness is sampled on
the whole surface, and where it suddenly exceeds what is usual around there, something is attached.
"""

from dataclasses import dataclass

import cc3d
import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.analysis.components import components, maximum_of, renumber
from node.analysis.limbs import Limb
from node.analysis.nearest import nearest_source
from node.analysis.noise import Anchors, smooth
from node.analysis.shell import usual_thickness
from node.kernels.basins import fill_basins
from node.kernels.watershed import flood_markers

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float32]
Int32Array = NDArray[np.int32]
Int16Array = NDArray[np.int16]

LOWEST_HU, HIGHEST_HU = -300, 3200
SMALLEST_BASIN_MM3 = 2.0
RIM_MM = 1.6
"""A cortex is looked for within this distance of the marrow."""
THICKEST_SHELL_MM = 3.2
PINHOLE_MM = 0.6
"""Half the width of a gap in a thin, undersampled cortex that does not open the marrow to the outside."""
WIDE_MM = 1.5
"""Half the width of a cavity that can only be the inside of a bone."""
LEAST_MARROW_SHARE = 0.05
"""A basin in a thicker shell than any cortex of the hand, with less marrow than this share of it, is a hole in a
deposit."""
CLOSING_MM = 0.8
"""Walls of spongiosa up to twice this thick belong to the inside; two cortices side by side are thicker."""


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Bones of one limb on its crop.

    ``labels`` int32 (z, y, x): bone components from 1, marrow and shell; ``marrow`` int32, the inside alone, the same
    labels; ``mineral``: all that is brighter than soft tissue, bones included; ``beyond_mm`` float32: distance outside
    of the usual bone surface, mm, negative inside.
    """

    labels: Int32Array
    marrow: Int32Array
    mineral: BoolArray
    beyond_mm: FloatArray


def find_skeleton(limb: Limb, image: FloatArray, anchors: Anchors) -> Skeleton:
    """Bones of a limb in its detection image (float32 (z, y, x), HU)."""
    floor = anchors.soft_hu + max(80.0, 3.0 * anchors.noise_hu)
    grey = np.clip(np.rint(smooth(image, limb.spacing_mm)), LOWEST_HU, HIGHEST_HU).astype(np.int16)
    basins = find_basins(grey, limb, anchors)
    marrow = _marrow(grey, basins, limb, floor)
    mineral = (image > floor) | (marrow > 0)
    while True:
        inner = nearest_source(marrow, limb.spacing_mm)
        usual = usual_thickness(inner, mineral, marrow, limb.spacing_mm)
        solid = _solid(usual.of_bone, basins, np.where(mineral, inner.label, 0))
        if not solid:
            break
        marrow[np.isin(marrow, solid)] = 0
    bone = mineral & (inner.distance_mm <= usual.thickness)
    labels = np.where(bone, inner.label, 0).astype(np.int32)
    return Skeleton(labels, marrow, mineral, inner.distance_mm - usual.thickness)


def _solid(thickness_mm: dict[int, float], basins: Int32Array, region: Int32Array) -> list[int]:
    """Bones that are none: too little marrow in too thick a shell."""
    count = max(thickness_mm, default=0) + 1
    marrow_voxels = np.bincount(basins.ravel(), minlength=count)
    all_voxels = np.bincount(region.ravel(), minlength=count)
    return [
        n
        for n, thickness in thickness_mm.items()
        if thickness > THICKEST_SHELL_MM and marrow_voxels[n] < LEAST_MARROW_SHARE * all_voxels[n]
    ]


def find_basins(grey: Int16Array, limb: Limb, anchors: Anchors) -> Int32Array:
    """Marrow cavities: basins enclosed by mineral. int32 (z, y, x), labels from 1.

    A second look with pinholes sealed adds the wide cavities of bones whose cortex is too thin to hold water here;
    only wide ones, since the gap between a bone and a deposit is sealed too.
    """
    plain = _enclosed(grey, grey, limb, anchors)
    sealed = ndimage.grey_closing(grey, [2 * max(1, round(PINHOLE_MM / s)) + 1 for s in limb.spacing_mm])
    more = _enclosed(grey, sealed, limb, anchors)
    room = edt.edt(more > 0, anisotropy=limb.spacing_mm, parallel=0)
    wide = maximum_of(room, more, int(more.max())) > WIDE_MM
    wide[np.unique(more[plain > 0])] = False
    wide[0] = False
    return np.where(plain > 0, plain, renumber(more, wide, int(plain.max()) + 1))


def _enclosed(grey: Int16Array, dam: Int16Array, limb: Limb, anchors: Anchors) -> Int32Array:
    """Basins of ``grey`` below the level at which they spill over ``dam``."""
    filled = np.empty_like(grey)
    head = np.empty(HIGHEST_HU - LOWEST_HU + 1, np.int32)
    outside = (~limb.body).astype(np.uint8)
    fill_basins(dam, outside, LOWEST_HU, HIGHEST_HU, filled, head, np.empty(grey.size, np.int32))
    depth = filled - grey
    wanted = max(50.0, 4.0 * anchors.noise_hu)
    labels, count = components((depth > wanted) & limb.body)
    voxels = np.bincount(labels.ravel(), minlength=count + 1)
    rim = _rim_brightness(grey, labels, limb.spacing_mm)
    mineral = anchors.soft_hu + max(130.0, 5.0 * anchors.noise_hu)
    deepest = maximum_of(depth, labels, count)
    spill = maximum_of(filled, labels, count)
    kept = (voxels * limb.geometry.voxel_mm3 >= SMALLEST_BASIN_MM3) & (rim > mineral) & (deepest > 1.5 * wanted)
    kept &= spill > anchors.soft_hu + wanted  # a pocket of fat spills over through muscle
    kept[np.unique(labels[ndimage.binary_dilation(outside)])] = False  # a fold of skin is no marrow; 0 lies there too
    return renumber(labels, kept)


def _rim_brightness(grey: Int16Array, labels: Int32Array, spacing_mm: tuple[float, ...]) -> FloatArray:
    """Mean over each basin of the brightest voxel within RIM_MM, HU."""
    size = [2 * max(1, round(RIM_MM / s)) + 1 for s in spacing_mm]
    brightest = ndimage.maximum_filter(grey, size)
    sums = np.bincount(labels.ravel(), weights=brightest.ravel())
    return np.asarray(sums / np.maximum(np.bincount(labels.ravel()), 1), dtype=np.float32)


def _marrow(grey: Int16Array, basins: Int32Array, limb: Limb, floor: float) -> Int32Array:
    """The inside of a bone: its basin's catchment up to the half-way level between local marrow and local shell."""
    outside = int(basins.max()) + 1
    catchment = basins.copy()
    catchment[(grey <= floor) & (basins == 0)] = outside
    head, tail = (np.empty(HIGHEST_HU - LOWEST_HU + 1, np.int32) for _ in range(2))
    flood_markers(grey, catchment, LOWEST_HU, HIGHEST_HU, head, tail, np.empty(grey.size, np.int32))
    catchment[catchment == outside] = 0
    size = [2 * max(1, round(RIM_MM / s)) + 1 for s in limb.spacing_mm]
    brightest = ndimage.maximum_filter(grey, size).astype(np.int32)
    halfway = (brightest + ndimage.minimum_filter(grey, size)) // 2
    inside = np.where((grey < halfway) | (basins > 0), catchment, 0)
    pieces = cc3d.connected_components(inside, connectivity=6)
    seeded = np.zeros(int(pieces.max()) + 1, bool)
    seeded[np.unique(pieces[basins > 0])] = True
    seeded[0] = False
    return _close(np.where(seeded[pieces], inside, 0).astype(np.int32), limb.spacing_mm)


def _close(marrow: Int32Array, spacing_mm: tuple[float, float, float]) -> Int32Array:
    """Morphological closing by a ball of CLOSING_MM, new voxels with the nearest label."""
    near = nearest_source(marrow, spacing_mm)
    wide = near.distance_mm <= CLOSING_MM
    back = nearest_source((~wide).astype(np.int32), spacing_mm).distance_mm
    return np.where((marrow > 0) | (back > CLOSING_MM), near.label, 0).astype(np.int32)
