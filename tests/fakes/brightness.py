"""An analysis as simple as can be: whatever is bright is a deposit. Its findings hang on every voxel and its place."""

import numpy as np
from node.domain.confidence import Confidence
from node.domain.findings import (
    AcroOsteolysis,
    Analysis,
    Deposit,
    Digit,
    Findings,
    Hand,
    Laterality,
    Level,
    Material,
    Outcome,
    Region,
)
from node.domain.volume import EnergyPair
from numpy.typing import NDArray
from scipy import ndimage

BRIGHT_HU = 500


def by_brightness(pair: EnergyPair, *_: object, **__: object) -> Analysis:
    """Pieces of more than ``BRIGHT_HU`` at the low energy, in the order of their voxels."""
    segments, count = ndimage.label(pair.low.hu > BRIGHT_HU)
    deposits = tuple(_deposit(number, segments == number, pair) for number in range(1, count + 1))
    digits = tuple(Digit(digit, None, AcroOsteolysis.UNDETERMINED) for digit in range(1, 6))
    findings = Findings(Outcome.COMPLETE, (), (Hand(Laterality.RIGHT, (), digits, deposits),))
    return Analysis(findings, segments.astype(np.uint16), np.zeros(segments.shape, np.uint16))


def _deposit(number: int, mask: NDArray[np.bool_], pair: EnergyPair) -> Deposit:
    low, high = (v.hu[mask].astype(float) for v in (pair.low, pair.high))
    x, y, z = pair.geometry.to_lps_mm(np.argwhere(mask).astype(float)).mean(axis=0).tolist()
    return Deposit(
        number=number,
        centroid_lps_mm=(x, y, z),
        volume_mm3=float(mask.sum()) * pair.geometry.voxel_mm3,
        mass_mg=float(low.sum() - high.sum()) / 1000.0,
        material=Material.CALCIUM,
        region=Region.DIGIT,
        digit=2,
        level=Level.DISTAL,
        compartment="palmar",
        touches_bone=False,
        mean_low_hu=float(low.mean()),
        mean_high_hu=float(high.mean()),
        sd_low_hu=float(low.std()),
        max_low_hu=float(low.max()),
        ratio=float(low.mean() / high.mean()),
        long_axis_mm=3.0,
        short_axis_mm=2.0,
        distance_to_skin_mm=1.0,
        distance_to_bone_mm=None,
        bones=("DP2",),
        touches=(),
        key_slice=int(np.argmax(mask.sum(axis=(1, 2)))),
        shape="stone",
        confidence_parts=Confidence(1.0, 1.0, 1.0, 1.0),
    )
