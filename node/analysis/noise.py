"""Step 2: the scan's own yardsticks (soft tissue, fat, noise) and the image in which mineral is looked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.analysis.limbs import Limb

FloatArray = NDArray[np.float32]
SOFT_HU = (0.0, 100.0)
"""Muscle, tendon and skin at any tube voltage (docs: attenuation table)."""
CONTRAST_LOW_TO_HIGH = 2.0
"""Typical HA slope; only weights the mixture, results do not hang on it."""
SMOOTHING_MM = 0.35


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

    def detection_image(self, low: FloatArray, high: FloatArray) -> FloatArray:
        """D = w·low + (1 - w)·high, the mixture with the best contrast of calcium to noise."""
        return np.asarray(self.weight_low * low + (1.0 - self.weight_low) * high, dtype=np.float32)


def measure_anchors(limb: Limb) -> Anchors:
    """Anchors of a limb from its homogeneous soft tissue."""
    sample = _homogeneous(limb)
    low, high = limb.low[sample], limb.high[sample]
    soft_low, soft_high = float(np.median(low)), float(np.median(high))
    noise_low, noise_high = _spread(low), _spread(high)
    weight = (CONTRAST_LOW_TO_HIGH / noise_low**2) / (CONTRAST_LOW_TO_HIGH / noise_low**2 + 1.0 / noise_high**2)
    mixture = weight * low + (1.0 - weight) * high
    return Anchors(soft_low, soft_high, noise_low, noise_high, weight, float(np.median(mixture)), _spread(mixture))


def _homogeneous(limb: Limb) -> NDArray[np.bool_]:
    """Voxels at least 2 mm inside tissue whose local mean is that of muscle at both energies."""
    size = [max(1, 2 * round(1.0 / s) + 1) for s in limb.spacing_mm]
    mean_low = ndimage.uniform_filter(limb.low, size)
    mean_high = ndimage.uniform_filter(limb.high, size)
    first, last = SOFT_HU
    soft = (mean_low > first) & (mean_low < last) & (mean_high > first) & (mean_high < last) & limb.body
    steps = [max(1, round(1.5 / s)) for s in limb.spacing_mm]
    inner = ndimage.minimum_filter(soft.astype(np.uint8), [2 * n + 1 for n in steps]).astype(bool)
    return np.asarray(inner if inner.sum() > 500 else soft)


def _spread(values: FloatArray) -> float:
    """Robust standard deviation (1.4826 · median absolute deviation), at least 1 HU."""
    return max(1.0, 1.4826 * float(np.median(np.abs(values - np.median(values)))))


def smooth(image: FloatArray, spacing_mm: tuple[float, float, float], sigma_mm: float = SMOOTHING_MM) -> FloatArray:
    """Gaussian smoothing by ``sigma_mm`` in all directions."""
    return np.asarray(ndimage.gaussian_filter(image, [sigma_mm / s for s in spacing_mm], truncate=3.0))
