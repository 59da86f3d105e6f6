"""Dilute calcium: milk of calcium so thin that no voxel of it reaches mineral's threshold, but a body of some size.

A voxel of it is no brighter than tendon or noise may be; a smoothed body of a thick ball is, and has the slope of
calcium. The blur of bone has both too: it is told by its place, and what is brighter has been judged as mineral.
"""

import numpy as np

from node.analysis.grid.components import Components, components
from node.analysis.grid.spans import mask_between, spans_of, voxels_of
from node.analysis.limb.nearest import nearest_source
from node.analysis.mineral.pale import Pale

CONTRAST_HU = (60.0, 250.0)
"""Smoothed, over soft tissue at the low energy: of each voxel at least, of the brightest at most; about 33 to 140
mg/cm³ of HA at 80 kV."""
LEAST_TO_NOISE = 1.5
"""The same over the noise of single voxels; that of a CT, alike in neighbours, is left by a third or so [K]."""
VOXEL_SLOPE = 1.35
"""Of urate and calcium, in between: half of the voxels of a body of calcium lie on its side whatever the noise."""
MOST_SLOPE = 1.25
"""Over that of calcium: mineral in fat, as in marrow, is steeper."""
BONE_MM = 1.4
"""From bone: as far as its blur, smoothed once more, reaches with the contrast looked for."""
LEAST_MM3 = 15.0
LEAST_RADIUS_MM, LEAST_RADIUS_VOXELS = 1.2, 1.3
"""Of the largest ball inside, in mm and in the longest edge of a voxel: blur between bones, which is as wide as voxels
are, is thinner, and so are cords."""


def find_dilute(pale: Pale, calcium_slope: float) -> Components:
    """Bodies of dilute calcium; ``calcium_slope``: contrast of calcium in this limb, low energy over high."""
    limb, low, high = pale.limb, pale.low, pale.high
    least = int(max(CONTRAST_HU[0], LEAST_TO_NOISE * pale.noise_low_hu))
    voxels = voxels_of(mask_between(low, least + 1, None, limb.body, limb.spans), limb.spans)
    voxels = voxels[low.reshape(-1)[voxels] > np.float32(VOXEL_SLOPE) * high.reshape(-1)[voxels]]
    voxels = voxels[pale.is_free(voxels)]
    steep = np.zeros(limb.body.shape, bool)
    steep.reshape(-1)[voxels] = True
    bone = nearest_source(pale.skeleton.labels, limb.spacing_mm, BONE_MM, spans_of(steep))
    steep.reshape(-1)[voxels[bone.at(voxels)[0] > 0]] = False
    found = components(steep, limb.spans)
    pale_all_over = found.maximum(low) < CONTRAST_HU[1]
    found = found.only(pale_all_over & (found.sizes * limb.geometry.voxel_mm3 >= LEAST_MM3))
    thick = found.radius_mm(limb.spacing_mm) >= max(LEAST_RADIUS_MM, LEAST_RADIUS_VOXELS * max(limb.spacing_mm))
    return pale.out_to_half(found.only(thick & (pale.slope(found) < MOST_SLOPE * calcium_slope)))
