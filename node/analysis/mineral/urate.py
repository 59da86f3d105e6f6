"""Monosodium urate: soft, pale, and as bright at the low energy as at the high one.

Skin, nail and tendon plot with urate by physics; only place and size remove them (docs, step 7). So urate is called
only in depth, away from bone surface, as a body of some size, and with the slope of urate over its whole volume.
"""

import edt
import numpy as np
from numpy.typing import NDArray

from node.analysis.bone.skeleton import Skeleton
from node.analysis.grid.components import Components, components, median_of
from node.analysis.grid.filters import smooth
from node.analysis.grid.spans import voxels_of
from node.analysis.limb.limbs import Limb
from node.analysis.limb.nearest import nearest_around
from node.analysis.limb.noise import Anchors

SMOOTHING_MM = 0.8
CONTRAST_HU = (52.0, 450.0)
"""Over soft tissue at both energies: above tendon (81 to 98 HU), below the densest tophus."""
VOXEL_SLOPE = 1.35
REGION_SLOPE = 1.15
REGION_SLOPE_TIN = 1.25
SKIN_MM = 3.0
SKIN_GRID_MM = 1.0
BONE_MM = 0.7
LEAST_MM3 = 15.0
LEAST_RADIUS_MM = 1.3
EDGE_HU = 30.0
GROWTH_MM = 1.5
BoolArray = NDArray[np.bool_]
Int16Array = NDArray[np.int16]
Int64Array = NDArray[np.int64]


def find_urate(limb: Limb, anchors: Anchors, skeleton: Skeleton, taken: BoolArray, tin: bool) -> Components:
    """Urate bodies outside of ``taken`` (calcium and what lies next to it)."""
    low, high = (smooth(image, limb.spacing_mm, limb.spans, SMOOTHING_MM) for image in (limb.low, limb.high))
    low -= np.int16(round(anchors.soft_low_hu))
    high -= np.int16(round(anchors.soft_high_hu))
    least, most = (np.int16(c) for c in CONTRAST_HU)
    voxels = voxels_of((low > least) & (high > least) & (low < most) & limb.body, limb.spans)
    shallow = low.reshape(-1)[voxels] < np.float32(VOXEL_SLOPE) * high.reshape(-1)[voxels]
    free = Free(limb, skeleton, taken)
    voxels = voxels[shallow]
    pale = np.zeros(limb.body.shape, bool)
    pale.reshape(-1)[voxels[free.at(voxels)]] = True
    found = components(pale, limb.spans)
    found = found.only(found.sizes * limb.geometry.voxel_mm3 >= LEAST_MM3)
    slope = found.total(low) / np.maximum(found.total(high), 1.0)
    thick = found.radius_mm(limb.spacing_mm) >= LEAST_RADIUS_MM
    core = found.only(thick & (slope < (REGION_SLOPE_TIN if tin else REGION_SLOPE)))
    return _out_to_half(core, low, high, free, limb) if core.count else core


class Free:
    """Where urate may be: in depth, off bone, outside of what is ``taken``."""

    def __init__(self, limb: Limb, skeleton: Skeleton, taken: BoolArray) -> None:
        self.limb, self.skeleton, self.taken = limb, skeleton, taken
        self.stride = np.array([max(1, round(SKIN_GRID_MM / s)) for s in limb.spacing_mm])
        inside = limb.body[tuple(slice(None, None, k) for k in self.stride)]
        spacing = tuple((self.stride * limb.spacing_mm).tolist())
        self.depth_mm = edt.edt(np.ascontiguousarray(inside), anisotropy=spacing, black_border=False, parallel=0)

    def at(self, voxels: Int64Array) -> BoolArray:
        """For each voxel, flat indices. The skin is known on a grid of SKIN_GRID_MM."""
        place = np.unravel_index(voxels, self.limb.body.shape)
        lattice = tuple(p // k for p, k in zip(place, self.stride, strict=True))
        off_bone = self.skeleton.beyond_mm(voxels) > BONE_MM
        deep = self.depth_mm[lattice] > SKIN_MM
        return np.asarray(deep & off_bone & ~self.taken.reshape(-1)[voxels] & self.limb.body.reshape(-1)[voxels])


def _out_to_half(core: Components, low: Int16Array, high: Int16Array, free: Free, limb: Limb) -> Components:
    """Grow each body to half of its own contrast, at most GROWTH_MM."""
    near = nearest_around(core.labels, limb, GROWTH_MM)
    kept = free.at(near.voxels)
    voxels, label = near.voxels[kept], near.label[kept]
    both = 0.5 * low.reshape(-1)[voxels] + 0.5 * high.reshape(-1)[voxels]
    inside = near.distance_mm[kept] == 0.0
    level = np.nan_to_num(median_of(both[inside], label[inside], core.count, least=1))
    grown = both > np.maximum(0.5 * level, EDGE_HU)[label]
    return Components(voxels[grown], label[grown], core.count, core.shape)
