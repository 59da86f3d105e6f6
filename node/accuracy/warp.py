"""Cases with other proportions: bones longer or shorter, thicker or slimmer than their neighbours, as hands differ."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.accuracy.field import Field, followed
from node.accuracy.regrid import Alteration
from node.domain.volume import Geometry

STRAIN: Final = 0.05
"""Standard deviation of how much longer or shorter a place becomes: as lengths of single bones vary in adults once the
hand's own size is taken out (8 to 15 % with it; Buryanov and Kotiuk, Int. J. Morphol. 28 (2010) 755-758)."""
SMOOTH_MM: Final = 25.0
"""Standard deviation of the smoothing of the field: about the length of a middle phalanx."""
CELL_MM: Final = 6.0
ENDS_MM: Final = 30.0
"""Near the first and last slice nothing moves along them, so that the scan cuts the forearm as before."""


def warped(seed: int) -> Alteration:
    """The same grid with a hand of other proportions on it; each ``seed`` gives another one."""
    return lambda pair, truth: followed(_smooth_field(pair.geometry, seed), pair, truth)


def _smooth_field(geometry: Geometry, seed: int) -> Field:
    """A smooth random displacement on a coarse grid."""
    size = np.ceil(np.asarray(geometry.shape) * geometry.spacing_mm / CELL_MM).astype(int) + 1
    moves = _smooth_noise(size, np.random.default_rng(seed))
    depth = np.arange(size[0]) * CELL_MM
    moves[0] *= np.clip(np.minimum(depth, depth[-1] - depth) / ENDS_MM, 0.0, 1.0)[:, None, None]
    return Field(moves, np.full(3, CELL_MM), geometry)


def _smooth_noise(size: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.float64]:
    """Random moves (3, z, y, x) in mm whose slopes along themselves scatter by STRAIN, 0 on average."""
    margin = round(2.0 * SMOOTH_MM / CELL_MM)
    white = random.standard_normal((3, *(size + 2 * margin)))
    noise = [ndimage.gaussian_filter(part, SMOOTH_MM / CELL_MM) for part in white]
    scatter = np.std([np.gradient(part, CELL_MM, axis=axis) for axis, part in enumerate(noise)])
    kept = np.stack(noise)[(slice(None), *[slice(margin, -margin)] * 3)] * (STRAIN / scatter)
    return np.asarray(kept - kept.mean(axis=(1, 2, 3), keepdims=True))
