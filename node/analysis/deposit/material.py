"""Step 7: calcium or urate, by the slope ΔHU low / ΔHU high, calibrated on the patient's own cortical bone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.bone.skeleton import Skeleton
from node.analysis.deposit.measure import Measures
from node.analysis.limb.limbs import CLIPPED_HU, Limb
from node.analysis.limb.noise import Anchors
from node.analysis.mineral.candidates import LEAST_CONTRAST_HU
from node.analysis.mineral.pale import SKIN_MM
from node.analysis.mineral.physics import CORTICAL_SLOPE_SHARE, MSU_SLOPE
from node.analysis.mineral.urate import LEAST_MM3, LEAST_RADIUS_MM, REGION_SLOPE, REGION_SLOPE_TIN
from node.domain.errors import Refused
from node.domain.findings import Material

LEAST_CORTEX_VOXELS = 200
CORTEX_QUANTILE = 0.85
MODEL_SHARE = 0.25
"""A slope measured on cortex further than this from the model's is not that of the energies declared."""
SLOPE_UNCERTAINTY = 0.10
"""Relative systematic uncertainty of a slope (beam hardening, calibration) [K]."""
DECIDED, LEANING = 3.0, 1.0
"""Log likelihood ratio at which a material is called, and at which what cannot be urate plots with nail and tendon."""
LEAST_CONTRAST_TO_NOISE = 4.0
"""At the low energy; what is paler than that, or than any candidate, and of no certain material is not called
anything."""
SPONGIOSA_SLOPE, SPONGIOSA_REACH_MM = 1.25, 2.0
"""Slope over that of HA, and distance from bone, of mineral in fat marrow."""
URATE_CONTRAST_HU = (60.0, 450.0)
LEAST_THICKNESS_MM = 1.5
"""Of urate, its volume over the ellipse of its diameters (two thirds of the thickness of an ellipsoid). A nail plate is
half a millimetre thick, thick ones a whole one [K]; blur adds little: the boundary is at half of its own level."""


@dataclass(frozen=True)
class SlopeScale:
    """Slopes of HA and of urate in this limb."""

    calcium: float
    urate: float


def calibrate(limb: Limb, anchors: Anchors, skeleton: Skeleton, model_slope: float) -> SlopeScale:
    """HA slope from the densest part of the limb's own bone.

    Raises:
        Refused: the bone's slope contradicts the declared tube voltages.
    """
    low, high = (image.reshape(-1)[skeleton.shell] for image in (limb.low, limb.high))
    whole = low < min(float(CLIPPED_HU), float(limb.low.max()))
    over_low = low[whole] - np.float32(anchors.soft_low_hu)
    over_high = high[whole] - np.float32(anchors.soft_high_hu)
    if over_low.size < LEAST_CORTEX_VOXELS:
        return SlopeScale(model_slope, MSU_SLOPE)
    dense = over_low >= np.quantile(over_low, CORTEX_QUANTILE)
    slope = float(np.median(over_low[dense]) / max(float(np.median(over_high[dense])), 1.0)) / CORTICAL_SLOPE_SHARE
    if abs(slope / model_slope - 1.0) > MODEL_SHARE:
        raise Refused(
            f"The two series do not differ as their tube voltages say: bone is {slope:.2f} times as bright at the low "
            f"energy as at the high one, {model_slope:.2f} was expected.",
            hint="Check KVP and tin filter of both series, and that neither is a mixed or virtual image.",
        )
    return SlopeScale(slope, MSU_SLOPE)


def classify(measures: Measures, scale: SlopeScale, anchors: Anchors, tin: bool) -> tuple[Material, float]:
    """Material and log likelihood ratio (calcium over urate; positive for calcium) of one deposit."""
    noise = np.hypot(anchors.noise_low_hu, anchors.noise_high_hu) * np.sqrt(8.0 / max(len(measures.voxels), 8))
    calcium = _misfit(measures, scale.calcium, float(noise))
    urate = _misfit(measures, scale.urate, float(noise))
    ratio = 0.5 * (urate - calcium)
    if ratio > DECIDED:
        return Material.CALCIUM, ratio
    if ratio < -DECIDED and _can_be_urate(measures, tin):
        return Material.URATE, ratio
    return Material.INDETERMINATE, ratio


def is_spongiosa(measures: Measures, scale: SlopeScale, anchors: Anchors) -> bool:
    """True for mineral in fat marrow: steeper than HA in soft tissue, of which the matrix of a deposit consists.

    Fat is darker at the low energy (docs, section 4), so that a mixture of HA and fat, taken over soft tissue, plots
    above the line of HA; near bone that is spongiosa.
    """
    bone = measures.distance_to_bone_mm
    if bone is None or bone > SPONGIOSA_REACH_MM:
        return False
    noise = float(np.hypot(anchors.noise_low_hu, anchors.noise_high_hu)) / np.sqrt(max(len(measures.voxels), 8) / 8.0)
    excess = measures.contrast_low_hu - SPONGIOSA_SLOPE * scale.calcium * measures.contrast_high_hu
    return bool(excess > DECIDED * noise)


def is_surely(material: Material, measures: Measures, scale: SlopeScale, anchors: Anchors, tin: bool) -> bool:
    """True where a pale body is of a material for certain; what is not is tendon, muscle, skin or blur."""
    certain = classify(measures, scale, anchors, tin)[0] is material
    return certain and not is_spongiosa(measures, scale, anchors)


def is_mineral(measures: Measures, scale: SlopeScale, anchors: Anchors, tin: bool) -> bool:
    """False for what is bright enough for a deposit but is none: spongiosa, nail, tendon, noise.

    Nail and tendon plot with urate (docs, section 4), without the size or the place of a tophus.
    """
    if is_spongiosa(measures, scale, anchors):
        return False
    material, ratio = classify(measures, scale, anchors, tin)
    if material is not Material.INDETERMINATE:
        return True
    least = max(LEAST_CONTRAST_HU, LEAST_CONTRAST_TO_NOISE * anchors.noise_low_hu)
    lowest = -DECIDED if _can_be_urate(measures, tin) else -LEANING
    return ratio > lowest and measures.contrast_low_hu > least


def _can_be_urate(measures: Measures, tin: bool) -> bool:
    """Size, place and contrast of a tophus: nail and skin are thin and lie at the surface, tendon is paler.

    In a fist, where skin lies on skin, a nail lies in depth, and only that it is thin tells it from a tophus.
    """
    slope = measures.slope
    pale = URATE_CONTRAST_HU[0] < measures.contrast_low_hu < URATE_CONTRAST_HU[1]
    body = measures.volume_mm3 >= LEAST_MM3 and measures.radius_mm >= LEAST_RADIUS_MM and measures.depth_mm >= SKIN_MM
    thickness_mm = measures.volume_mm3 / (np.pi / 4.0 * measures.long_axis_mm * measures.short_axis_mm)
    body = body and thickness_mm > LEAST_THICKNESS_MM
    return bool(pale and body and slope is not None and slope < (REGION_SLOPE_TIN if tin else REGION_SLOPE))


def _misfit(measures: Measures, slope: float, noise: float) -> float:
    """Squared distance of (ΔL, ΔH) from the line of a material, over noise and systematic uncertainty."""
    expected = slope * measures.contrast_high_hu
    spread = np.hypot(noise * np.hypot(1.0, slope), SLOPE_UNCERTAINTY * max(abs(expected), 1.0))
    return float(((measures.contrast_low_hu - expected) / spread) ** 2)


def cortex_level(image: NDArray[np.int16], skeleton: Skeleton) -> float:
    """Level of the limb's cortical bone in the detection image, HU (0 without bone)."""
    shell = image.reshape(-1)[skeleton.shell]
    return float(np.quantile(shell, CORTEX_QUANTILE)) if shell.size else 0.0
