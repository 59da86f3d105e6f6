"""What is too pale for mineral's threshold: both energies smoothed, and where a pale body may lie."""

import numpy as np
from numpy.typing import NDArray

from node.analysis.bone.skeleton import Skeleton
from node.analysis.grid.components import Components, median_of
from node.analysis.grid.filters import smooth
from node.analysis.grid.spans import spans_of
from node.analysis.limb.limbs import Limb
from node.analysis.limb.nearest import nearest_around, nearest_source
from node.analysis.limb.noise import Anchors

SMOOTHING_MM = 0.8
SKIN_MM, SKIN_GRID_MM = 3.0, 1.0
"""Skin and nail plot with urate to that depth (docs, step 7); their surface is known on a grid as fine as that."""
BONE_MM = 0.7
"""From the usual surface of bone, beyond which its blur is no brighter than a pale body."""
EDGE_HU, GROWTH_MM = 30.0, 1.5
"""What is paler is no edge of a body; its smoothed edge lies no farther out from the voxels that were sure."""
BoolArray = NDArray[np.bool_]
Int64Array = NDArray[np.int64]


class PaleImages:
    """A limb smoothed by SMOOTHING_MM: ``low`` and ``high`` int16 (z, y, x), HU over soft tissue.

    No bone need be known for it.
    """

    def __init__(self, limb: Limb, anchors: Anchors) -> None:
        self.low, self.high = (
            smooth(image, limb.spacing_mm, limb.spans, SMOOTHING_MM) for image in (limb.low, limb.high)
        )
        self.low -= np.int16(round(anchors.soft_low_hu))
        self.high -= np.int16(round(anchors.soft_high_hu))
        stride = np.array([max(1, round(SKIN_GRID_MM / s)) for s in limb.spacing_mm])
        inside = np.ascontiguousarray(limb.body[tuple(slice(None, None, k) for k in stride)])
        z_mm, y_mm, x_mm = (stride * limb.spacing_mm).tolist()
        skin = nearest_source(~inside, (z_mm, y_mm, x_mm), SKIN_MM, spans_of(inside)).found
        self._deep = inside & ~skin.mask(inside.shape)
        self._cell = [  # a bool is one byte, so strides count cells
            np.arange(n) // k * step for n, k, step in zip(limb.body.shape, stride, inside.strides, strict=True)
        ]

    def is_deep(self, voxels: Int64Array) -> BoolArray:
        """True for voxels, flat indices, deeper than SKIN_MM; the skin is known to SKIN_GRID_MM."""
        z, y, x = (
            cell[place] for cell, place in zip(self._cell, np.unravel_index(voxels, self.low.shape), strict=True)
        )
        return np.asarray(self._deep.reshape(-1)[z + y + x])


class Pale:
    """The images of a limb in which pale bodies are looked for, and where they may lie.

    ``taken``: calcium and what lies next to it, where nothing pale is looked for. ``noise_low_hu``: standard deviation
    before the smoothing.
    """

    def __init__(
        self, limb: Limb, images: PaleImages, skeleton: Skeleton, taken: BoolArray, noise_low_hu: float
    ) -> None:
        self.limb, self.images, self.skeleton, self.taken = limb, images, skeleton, taken
        self.low, self.high, self.noise_low_hu = images.low, images.high, noise_low_hu

    def is_free(self, voxels: Int64Array) -> BoolArray:
        """True for voxels, flat indices, in depth, off bone and not taken."""
        off_bone = self.skeleton.beyond_mm(voxels) > BONE_MM
        off_taken = self.limb.body.reshape(-1)[voxels] & ~self.taken.reshape(-1)[voxels]
        return np.asarray(self.images.is_deep(voxels) & off_bone & off_taken)

    def slope(self, bodies: Components) -> NDArray[np.float64]:
        """Contrast at the low energy over that at the high one, of each label 0 … count."""
        return np.asarray(bodies.total(self.low) / np.maximum(bodies.total(self.high), 1.0))

    def out_to_half(self, core: Components) -> Components:
        """Each body grown to half of its own contrast, at most GROWTH_MM."""
        if not core.count:
            return core
        near = nearest_around(core.labels, self.limb.spacing_mm, GROWTH_MM)
        kept = self.is_free(near.voxels)
        voxels, label = near.voxels[kept], near.label[kept]
        both = 0.5 * self.low.reshape(-1)[voxels] + 0.5 * self.high.reshape(-1)[voxels]
        inside = near.distance_mm[kept] == 0.0
        level = np.nan_to_num(median_of(both[inside], label[inside], core.count, least=1))
        grown = both > np.maximum(0.5 * level, EDGE_HU)[label]
        return Components(voxels[grown], label[grown], core.count, core.shape)
