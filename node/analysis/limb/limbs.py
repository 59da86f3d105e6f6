"""Step 1: find the limbs in the scan and crop to them, so that all further work is on tissue, not on air."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.components import Components, components
from node.analysis.grid.depth import depth_inside_mm
from node.analysis.grid.spans import Spans, read_list, spans_of, with_neighbours
from node.analysis.grid.together import each
from node.analysis.limb.bony import LEAST_BONE_MM3, MINERAL_HU, holds_bone
from node.domain.errors import Refused
from node.domain.volume import EnergyPair, Geometry
from node.kernels.body import refine_body

BODY_HU = -300
"""Air and tissue part half-way between air and fat."""
CLIPPED_HU = 3071
"""Largest value of 12 stored bits; what stands there may have been brighter."""
SMALLEST_LIMB_MM3 = 20_000.0
"""A finger of an adult; smaller things are fixation aids and cables."""
SMALLEST_SKELETON_MM3 = 1_000.0
THICKEST_LIMB_MM = 125.0
"""Across the largest ball inside: no forearm or fist of an adult holds it, a head, a thigh or a trunk does [K]."""
LONGEST_VOXEL_MM = 2.0
"""Longer voxels hide the marrow of fingertips and carpal bones, and with it that they are bone."""
MARGIN_MM = 3.0
COARSE_VOXEL_MM = 1.5
"""Fingertips and pisiform are so thin that longer voxels hide some of their marrow."""
STRIDE_MM = 1.5
"""Of the first look, which finds limbs."""

BoolArray = NDArray[np.bool_]
Int16Array = NDArray[np.int16]
Int64Array = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Limb:
    """One connected limb: both energies, int16 (z, y, x) in HU, and its body mask, on a crop of the scan.

    ``offset`` is the crop's first voxel in the scan, ``cut`` says whether the limb leaves the scanned volume at
    the low or the high end of each axis. ``high_clipped``: where the high image is not as it was stored, flat indices,
    ascending, of its voxels that come from clipped ones.
    """

    low: Int16Array
    high: Int16Array
    body: BoolArray
    geometry: Geometry
    offset: tuple[int, int, int]
    cut: tuple[tuple[bool, bool], ...]
    high_clipped: Int64Array | None = None

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Voxel size (z, y, x) in mm."""
        return self.geometry.spacing_mm

    @property
    def is_coarse(self) -> bool:
        """True where small bones and deposits are not told apart for sure."""
        return max(self.spacing_mm) > COARSE_VOXEL_MM

    @cached_property
    def spans(self) -> Spans:
        """The rows of the body."""
        return spans_of(self.body)

    def with_high(self, high: Int16Array, clipped: Int64Array) -> "Limb":
        """The same limb with another high-energy image; ``clipped``: what in it comes from clipped voxels."""
        return replace(self, high=high, high_clipped=clipped)

    def clipped(self, voxels: Int64Array) -> BoolArray:
        """Which voxels (flat indices) stand at the largest value that was stored at either energy, or come from it."""
        found = np.zeros(len(voxels), bool)
        for image in self._clipped_images:
            found |= image.reshape(-1)[voxels] == CLIPPED_HU
        if self.high_clipped is not None:
            found |= read_list(self.high_clipped, np.ones(len(self.high_clipped), np.int32), voxels) > 0
        return found

    def clipped_high(self) -> Int64Array:
        """Flat indices, ascending, of the voxels of the high-energy image that are clipped or come from such."""
        if self.high_clipped is not None:
            return self.high_clipped
        stored = any(image is self.high for image in self._clipped_images)
        return np.flatnonzero(self.high == CLIPPED_HU) if stored else np.zeros(0, np.int64)

    @cached_property
    def _clipped_images(self) -> list[Int16Array]:
        """Those as they were stored that hold no larger value."""
        stored = (self.low, self.high) if self.high_clipped is None else (self.low,)
        return [image for image in stored if int(image.max()) == CLIPPED_HU]

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """The crop's place in the scan."""
        z, y, x = (slice(o, o + n) for o, n in zip(self.offset, self.body.shape, strict=True))
        return z, y, x


@dataclass(frozen=True, eq=False)
class Parts:
    """What of a scan holds bone: the limbs to look at, and how many ``further`` parts there are beside them."""

    limbs: tuple[Limb, ...]
    further: int


def find_limbs(pair: EnergyPair) -> tuple[Limb, ...]:
    """The limbs of a scan that hold bone, largest first. Raises Refused as ``find_parts`` does."""
    return find_parts(pair).limbs


def find_parts(pair: EnergyPair, most: int | None = None) -> Parts:
    """The limbs of a scan that hold bone, largest first, at most so many, and the number of further parts with bone.

    Further parts are limbs beyond ``most`` and what is too small or too thick for one. A cast or a splint, however
    large, is no limb where there is one, nor a further part.

    Raises:
        Refused: the voxels are too long; nothing of the size of a limb with bone in it is in the scan, or only what is
            too thick for one.
    """
    stride = tuple(max(1, round(STRIDE_MM / s)) for s in pair.geometry.spacing_mm)
    sparse = tuple(slice(None, None, k) for k in stride)
    coarse = np.ascontiguousarray(pair.low.hu[sparse])
    tissue = coarse > BODY_HU
    found = components(tissue, spans_of(tissue))
    voxel_mm3 = pair.geometry.voxel_mm3 * float(np.prod(stride))
    mineral = found.owner[coarse.reshape(-1)[found.voxels] > MINERAL_HU]
    mineral_mm3 = np.bincount(mineral, minlength=found.count + 1) * voxel_mm3
    size_mm3 = found.sizes * voxel_mm3
    kept = np.flatnonzero((size_mm3 >= SMALLEST_LIMB_MM3) & (mineral_mm3 >= SMALLEST_SKELETON_MM3)).tolist()
    if not kept:
        raise Refused(
            "No limb with bone was found in the scan; a hand or forearm was expected.",
            hint="Check that the series shows the hands and that its rescale slope and intercept give HU.",
        )
    z_mm, y_mm, x_mm = (s * k for s, k in zip(pair.geometry.spacing_mm, stride, strict=True))
    limbs = [n for n in kept if _thickness_mm(found, n, (z_mm, y_mm, x_mm)) < THICKEST_LIMB_MM]
    if not limbs:
        raise Refused(
            f"What was scanned is thicker than {THICKEST_LIMB_MM:g} mm; a hand or forearm was expected.",
            hint="Check the body part of the series: heads, trunks and legs are not analysed, nor hands lying on them.",
        )
    _check_voxels(pair.geometry)
    high = pair.high.hu[sparse]
    some = np.flatnonzero(mineral_mm3 >= LEAST_BONE_MM3).tolist()
    bony = {n for n in some if holds_bone(found, n, coarse, high, voxel_mm3)}
    limbs = [n for n in limbs if n in bony] or limbs
    limbs = sorted(limbs, key=lambda n: -size_mm3[n])[:most]
    crops = tuple(_crop(pair, found.labels == n, found.boxes[n - 1], stride) for n in limbs)
    return Parts(crops, len(bony.difference(limbs)))


def _check_voxels(grid: Geometry) -> None:
    """Raises Refused where small bones cannot be told from deposits."""
    longest_mm = max(grid.spacing_mm)
    if longest_mm > LONGEST_VOXEL_MM:
        raise Refused(
            f"Voxels are {longest_mm:.1f} mm long; at most {LONGEST_VOXEL_MM:g} mm are expected: in longer ones small "
            "bones and deposits look alike.",
            hint="Send a reconstruction with slices of 1 mm or less, without gaps.",
        )


def _thickness_mm(found: Components, number: int, spacing_mm: tuple[float, float, float]) -> float:
    """Diameter of the largest ball inside a component, as if it went on beyond the scan's border."""
    return 2.0 * float(depth_inside_mm(found.labels[found.boxes[number - 1]] == number, spacing_mm).max())


def _crop(pair: EnergyPair, coarse: BoolArray, box: tuple[slice, ...], stride: tuple[int, ...]) -> Limb:
    """Cut one limb out at full resolution; other limbs that reach into its box do not belong to its body."""
    spacing, shape = pair.geometry.spacing_mm, pair.geometry.shape
    start = [max(0, b.start * k - k - round(MARGIN_MM / s)) for b, k, s in zip(box, stride, spacing, strict=True)]
    stop = [
        min(n, b.stop * k + k + round(MARGIN_MM / s)) for b, k, s, n in zip(box, stride, spacing, shape, strict=True)
    ]
    full = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    low, high = each(lambda hu: np.ascontiguousarray(hu[full]), (pair.low.hu, pair.high.hu))
    body = np.zeros(low.shape, bool)
    near, _ = with_neighbours(coarse)
    refine_body(low, BODY_HU, near, np.array(stride), np.array(start), body)
    affine = pair.geometry.affine.copy()
    affine[:3, 3] = pair.geometry.to_lps_mm(np.array([start], float))[0]
    cut = tuple((a == 0, b == n) for a, b, n in zip(start, stop, shape, strict=True))
    return Limb(
        low=low,
        high=high,
        body=body,
        geometry=Geometry(low.shape, spacing, affine),
        offset=(start[0], start[1], start[2]),
        cut=tuple(
            (first and bool(np.take(body, 0, a).any()), last and bool(np.take(body, -1, a).any()))
            for a, (first, last) in enumerate(cut)
        ),
    )
