"""Step 12: the parts of a deposit's confidence."""

from typing import Final

import numpy as np

from node.analysis.anatomy.place import Place
from node.analysis.deposit.measure import Measures
from node.domain.confidence import Confidence

TOUCHING: Final = 0.8
"""Of a deposit on bone the surface is half inferred [K]."""
SURE_CONTRAST_TO_NOISE: Final = 10.0
LEAST: Final = 0.1
UNPLACED: Final = 0.5
"""Of a deposit whose place is not certain, which says nothing of whether it is one [K]."""
FAINT_MM3: Final = 12.0
FAINT_CONFIDENCE: Final = 0.45
"""Of small bodies: what is brighter by chance, or blurred from bone, is as small, and its material as uncertain [K]."""
LARGEST_RATIO: Final = 30.0
"""A logistic of more is 1 in any case."""


def confidence_of(measures: Measures, likelihood_ratio: float, noise_low_hu: float, place: Place) -> Confidence:
    """``likelihood_ratio``: logarithm, calcium over urate; ``noise_low_hu``: standard deviation."""
    material = 1.0 / (1.0 + np.exp(-min(abs(likelihood_ratio), LARGEST_RATIO)))
    contrast = measures.contrast_low_hu / (SURE_CONTRAST_TO_NOISE * noise_low_hu)
    return Confidence(
        material=float(material),
        bone_contact=TOUCHING if measures.touches_bone else 1.0,
        contrast_to_noise=min(1.0, max(contrast, LEAST)),
        label_margin=UNPLACED if place.region is None else place.share,
    )


def is_faint(volume_mm3: float, confidence: Confidence) -> bool:
    """True for a small body that is hardly brighter than noise and of no certain material."""
    sure = confidence.material * confidence.contrast_to_noise
    return volume_mm3 < FAINT_MM3 and sure < FAINT_CONFIDENCE
