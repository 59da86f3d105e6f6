"""Step 2: the scan's own yardsticks (soft tissue, fat, noise) and the image in which mineral is looked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.together import each
from node.analysis.limb.limbs import Limb
from node.domain.errors import Refused
from node.kernels.convolve import mix
from node.kernels.sampling import lattice_means

Int16Array = NDArray[np.int16]
SOFT_HU = (0.0, 100.0)
"""Muscle, tendon and skin at any tube voltage (docs: attenuation table)."""
CONTRAST_LOW_TO_HIGH = 2.0
"""Typical HA slope; only weights the mixture, results do not hang on it."""
LATTICE_MM = 1.5
LEAST_POINTS, MOST_POINTS = 50, 10_000
"""Of the lattice: fewer tell neither level nor noise to a few HU; more tell nothing new."""


@dataclass(frozen=True)
class Anchors:
    """Soft-tissue level and noise (standard deviation), HU, at each energy and in the detection image."""

    soft_low_hu: float
    soft_high_hu: float
    noise_low_hu: float
    noise_high_hu: float
    weight_low: float
    soft_hu: float
    noise_hu: float

    def detection_image(self, limb: Limb) -> Int16Array:
        """D = w·low + (1 - w)·high, the best contrast of calcium to noise; 0 HU outside of the body."""
        image = np.zeros(limb.low.shape, limb.low.dtype)
        mix(limb.low, limb.high, self.weight_low, limb.spans, image)
        return image


def measure_anchors(limb: Limb) -> Anchors:
    """Anchors of a limb from its homogeneous soft tissue.

    Raises:
        Refused: there is hardly any.
    """
    sample = _homogeneous(limb)
    low, high = (image[sample].astype(np.float64) for image in (limb.low, limb.high))
    soft_low, soft_high = each(lambda values: float(np.median(values)), (low, high))
    noise_low, noise_high = each(_spread, (low, high))
    weight = (CONTRAST_LOW_TO_HIGH / noise_low**2) / (CONTRAST_LOW_TO_HIGH / noise_low**2 + 1.0 / noise_high**2)
    mixture = weight * low + (1.0 - weight) * high
    return Anchors(soft_low, soft_high, noise_low, noise_high, weight, float(np.median(mixture)), _spread(mixture))


def _homogeneous(limb: Limb) -> tuple[NDArray[np.int64], ...]:
    """Index of voxels about 1.5 mm inside tissue whose local mean is that of muscle at both energies.

    Looked for on a lattice of LATTICE_MM: a point counts when all its neighbours are soft too.

    Raises:
        Refused: fewer than LEAST_POINTS of the lattice are soft.
    """
    stride = np.array([max(1, round(LATTICE_MM / s)) for s in limb.spacing_mm])
    half = np.array([max(1, round(1.0 / s)) for s in limb.spacing_mm])
    means = [np.empty(-(-np.array(limb.body.shape) // stride), np.float32) for _ in range(2)]
    for image, mean in zip((limb.low, limb.high), means, strict=True):
        lattice_means(image, limb.body, stride, half, mean)
    soft = np.all([(mean > SOFT_HU[0]) & (mean < SOFT_HU[1]) for mean in means], axis=0)
    inner = _surrounded(soft)
    found = int(np.count_nonzero(soft))
    if found < LEAST_POINTS:
        raise Refused(
            f"Muscle-like tissue ({SOFT_HU[0]:g} to {SOFT_HU[1]:g} HU at both energies) was found at {found} places, "
            f"{LATTICE_MM:g} mm apart; at least {LEAST_POINTS} are expected, since deposits are measured against it.",
            hint="Check that both series give HU (rescale slope and intercept) and show the soft tissue of the hands.",
        )
    points = np.argwhere(inner if inner.sum() > LEAST_POINTS else soft) * stride
    points = points[:: max(1, len(points) // MOST_POINTS)]
    cell = np.stack(np.meshgrid(*(np.arange(n) for n in stride), indexing="ij"), axis=-1).reshape(-1, 3)
    voxels = np.minimum((points[:, None] + cell[None]).reshape(-1, 3), np.array(limb.body.shape) - 1)
    return tuple(voxels.T)


def _surrounded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What of a mask has all its 26 neighbours in it, as far as the grid goes."""
    for axis in range(3):
        inner = mask.copy()
        rows, wide = np.moveaxis(inner, axis, 0), np.moveaxis(mask, axis, 0)
        rows[1:] &= wide[:-1]
        rows[:-1] &= wide[1:]
        mask = inner
    return mask


def _spread(values: NDArray[np.float64]) -> float:
    """Robust standard deviation (1.4826 · median absolute deviation), at least 1 HU."""
    return max(1.0, 1.4826 * float(np.median(np.abs(values - np.median(values)))))
