"""Step 1, second half: sub-voxel shift between the two energies (the patient moved between the two exposures)."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.analysis.limbs import Limb
from node.domain.errors import Refused

EDGE_HU = 400.0
"""Voxels whose gradient counts: edges of bone."""
NEGLIGIBLE_MM = 0.03
LARGEST_MM = 2.0
ROUNDS = 3


def find_shift(limb: Limb) -> NDArray[np.float64]:
    """Translation (z, y, x) in mm by which the high-energy image is displaced against the low-energy one.

    Linearised least squares (Lucas and Kanade 1981): H(x) = polynomial in L(x) - t · ∇H(x), on the edges of bone.
    """
    shift = np.zeros(3)
    spacing = np.asarray(limb.spacing_mm)
    for _ in range(ROUNDS):
        high = limb.high if not shift.any() else ndimage.shift(limb.high, -shift / spacing, order=1, mode="nearest")
        step = _step(limb.low, high, spacing)
        shift = shift + step
        if float(np.abs(step).max()) < NEGLIGIBLE_MM / 3.0:
            break
    return shift


def _step(low: NDArray[np.float32], high: NDArray[np.float32], spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    inner = (slice(1, -1),) * 3
    gradient = [
        (np.roll(high, -1, axis)[inner] - np.roll(high, 1, axis)[inner]) / np.float32(2.0 * spacing[axis])
        for axis in range(3)
    ]
    edge = np.flatnonzero(sum(np.abs(g) for g in gradient) > EDGE_HU)
    if edge.size < 1000:
        return np.zeros(3)
    edge = edge[:: max(1, edge.size // 200_000)]
    value = low[inner].ravel()[edge].astype(np.float64) / 1000.0
    columns = [np.ones_like(value), value, value**2, value**3]
    columns += [-g.ravel()[edge].astype(np.float64) for g in gradient]
    answer = np.linalg.lstsq(np.stack(columns, axis=1), high[inner].ravel()[edge].astype(np.float64), rcond=None)[0]
    return np.clip(np.asarray(answer[4:]), -1.0, 1.0)


def register(limb: Limb) -> tuple[Limb, float]:
    """The limb with its high-energy image moved onto the low-energy one, and the distance moved (mm).

    Raises:
        Refused: the shift exceeds 2 mm.
    """
    shift = find_shift(limb)
    distance = float(np.linalg.norm(shift))
    if distance > LARGEST_MM:
        raise Refused(
            f"The two energies are displaced by {distance:.1f} mm; at most {LARGEST_MM:g} mm is mended.",
            hint="The patient probably moved between the two scans; repeat the scan with the hands fixed.",
        )
    if distance < NEGLIGIBLE_MM:
        return limb, distance
    moved = ndimage.shift(limb.high, -shift / np.asarray(limb.spacing_mm), order=3, mode="nearest", prefilter=True)
    return limb.with_high(np.asarray(moved, dtype=np.float32)), distance
