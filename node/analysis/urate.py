"""Monosodium urate: soft, pale, and as bright at the low energy as at the high one.

Skin, nail and tendon plot with urate by physics; only place and size remove them (docs, step 7). So urate is called
only in depth, away from bone surface, as a body of some size, and with the slope of urate over its whole volume.
"""

import edt
import numpy as np
from numpy.typing import NDArray

from node.analysis.components import components, maximum_of, median_of, renumber
from node.analysis.limbs import Limb
from node.analysis.nearest import nearest_source
from node.analysis.noise import Anchors, smooth
from node.analysis.skeleton import Skeleton

SMOOTHING_MM = 0.8
CONTRAST_HU = (52.0, 450.0)
"""Over soft tissue at both energies: above tendon (81 to 98 HU), below the densest tophus."""
VOXEL_SLOPE = 1.35
REGION_SLOPE = 1.15
REGION_SLOPE_TIN = 1.25
SKIN_MM = 3.0
BONE_MM = 0.7
LEAST_MM3 = 15.0
LEAST_RADIUS_MM = 1.3
EDGE_HU = 30.0
GROWTH_MM = 1.5


def find_urate(
    limb: Limb, anchors: Anchors, skeleton: Skeleton, taken: NDArray[np.bool_], tin: bool
) -> NDArray[np.int32]:
    """Labels int32 (z, y, x) of urate bodies from 1, outside of ``taken`` (calcium and what lies next to it)."""
    low = smooth(limb.low, limb.spacing_mm, SMOOTHING_MM) - np.float32(anchors.soft_low_hu)
    high = smooth(limb.high, limb.spacing_mm, SMOOTHING_MM) - np.float32(anchors.soft_high_hu)
    depth = edt.edt(limb.body, anisotropy=limb.spacing_mm, black_border=False, parallel=0)
    free = (depth > SKIN_MM) & (skeleton.beyond_mm > BONE_MM) & (skeleton.marrow == 0) & ~taken
    first, last = CONTRAST_HU
    pale = free & (low > first) & (high > first) & (low < last) & (low < VOXEL_SLOPE * high)
    inner = edt.edt(pale, anisotropy=limb.spacing_mm, parallel=0)
    labels, count = components(pale)
    flat = labels.ravel()
    voxels = np.bincount(flat, minlength=count + 1)
    volume = voxels * limb.geometry.voxel_mm3
    radius = maximum_of(inner, labels, count)
    low_sum, high_sum = (np.bincount(flat, weights=e.ravel(), minlength=count + 1) for e in (low, high))
    slope = low_sum / np.maximum(high_sum, 1.0)
    limit = REGION_SLOPE_TIN if tin else REGION_SLOPE
    kept = (volume >= LEAST_MM3) & (radius >= LEAST_RADIUS_MM) & (slope < limit)
    kept[0] = False
    core = renumber(labels, kept)
    if not kept.any():
        return core
    return _out_to_half(core, low, high, free, limb)


def _out_to_half(
    core: NDArray[np.int32], low: NDArray[np.float32], high: NDArray[np.float32], free: NDArray[np.bool_], limb: Limb
) -> NDArray[np.int32]:
    """Grow each body to half of its own contrast, at most GROWTH_MM."""
    near = nearest_source(core, limb.spacing_mm)
    both = 0.5 * (low + high)
    count = int(core.max())
    level = np.nan_to_num(median_of(both, core, count, least=1)).astype(np.float32)
    grown = (near.distance_mm <= GROWTH_MM) & free & (both > np.maximum(0.5 * level, EDGE_HU)[near.label])
    return np.where(grown, near.label, 0).astype(np.int32)
