"""Monosodium urate: soft, pale, and as bright at the low energy as at the high one.

Skin, nail and tendon plot with urate by physics; only place and size remove them (docs, step 7). So urate is called
only in depth, away from bone surface, as a body of some size, and with the slope of urate over its whole volume.
"""

import numpy as np

from node.analysis.grid.components import Components, components
from node.analysis.grid.spans import mask_between, voxels_of
from node.analysis.mineral.pale import Pale

CONTRAST_HU = (52.0, 450.0)
"""Over soft tissue at both energies: above tendon (81 to 98 HU), below the densest tophus."""
VOXEL_SLOPE = 1.35
REGION_SLOPE = 1.15
REGION_SLOPE_TIN = 1.25
LEAST_MM3 = 15.0
LEAST_RADIUS_MM = 1.3


def find_urate(pale: Pale, tin: bool) -> Components:
    """Urate bodies; ``tin``: the high energy has a tin filter."""
    limb, low, high = pale.limb, pale.low, pale.high
    least, most = (int(c) for c in CONTRAST_HU)
    voxels = voxels_of(mask_between(low, least + 1, most - 1, limb.body, limb.spans), limb.spans)
    at_high = high.reshape(-1)[voxels]
    voxels = voxels[(at_high > least) & (low.reshape(-1)[voxels] < np.float32(VOXEL_SLOPE) * at_high)]
    shallow = np.zeros(limb.body.shape, bool)
    shallow.reshape(-1)[voxels[pale.is_free(voxels)]] = True
    found = components(shallow, limb.spans)
    found = found.only(found.sizes * limb.geometry.voxel_mm3 >= LEAST_MM3)
    thick = found.radius_mm(limb.spacing_mm) >= LEAST_RADIUS_MM
    return pale.out_to_half(found.only(thick & (pale.slope(found) < (REGION_SLOPE_TIN if tin else REGION_SLOPE))))
