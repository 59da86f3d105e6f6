"""Step 4, small bodies beside far brighter ones: each is seen above half of its own maximum.

Half of the local maximum is that of the neighbour, a fingertip perhaps, where that is more than twice as bright.
"""

from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.analysis.limb.limbs import Limb

LARGEST_MM: Final = 3.0
"""What extends farther than this from its maximum is no small body."""
Int16Array = NDArray[np.int16]
Int64Array = NDArray[np.int64]


def outshone(voxels: Int64Array, image: Int16Array, seed_hu: float, soft_hu: float, limb: Limb) -> Int64Array:
    """Flat indices of small bodies that hold one of ``voxels`` (flat indices) as their maximum, above ``seed_hu``.

    ``image``: the detection image, int16 (z, y, x), HU. A body is what is connected by faces to its maximum above
    half of it over soft tissue; brighter voxels there make it a part of something else.
    """
    bright = voxels[image.reshape(-1)[voxels] > seed_hu]
    bodies = [_body(top, image, soft_hu, limb) for top in _maxima(bright, image)]
    return np.unique(np.concatenate([*bodies, np.empty(0, np.int64)]))


def _maxima(voxels: Int64Array, image: Int16Array) -> Int64Array:
    """Those of ``voxels`` that no neighbour outshines; none at the border of the image."""
    places = np.stack(np.unravel_index(voxels, image.shape))
    inner = np.all((places > 0) & (places < np.array(image.shape)[:, None] - 1), axis=0)
    voxels, flat = voxels[inner], image.reshape(-1)
    highest = np.ones(len(voxels), bool)
    rows, columns = image.shape[1] * image.shape[2], image.shape[2]
    for z, y, x in product((-1, 0, 1), repeat=3):
        highest &= flat[voxels] >= flat[voxels + z * rows + y * columns + x]
    return voxels[highest]


def _body(top: int, image: Int16Array, soft_hu: float, limb: Limb) -> Int64Array:
    """Flat indices of the body below a maximum, none where that belongs to something brighter or larger."""
    place = np.unravel_index(top, image.shape)
    reach = [int(np.ceil(LARGEST_MM / s)) for s in limb.spacing_mm]
    box = tuple(slice(max(0, p - r), p + r + 1) for p, r in zip(place, reach, strict=True))
    level = image[box]
    bodies, _ = ndimage.label(level > 0.5 * (float(image[place]) + soft_hu))
    own = bodies == bodies[tuple(min(p, r) for p, r in zip(place, reach, strict=True))]
    rim = own.copy()
    rim[1:-1, 1:-1, 1:-1] = False
    if level[own].max() > image[place] or rim.any():
        return np.empty(0, np.int64)
    inside = np.argwhere(own) + [part.start for part in box]
    return np.asarray(np.ravel_multi_index(tuple(inside.T), image.shape))
