"""Step 1, second half: sub-voxel shift between the two energies (the patient moved between the two exposures)."""

import numpy as np
from numpy.typing import NDArray

from node.analysis.filters import displaced
from node.analysis.limbs import CLIPPED_HU, Limb
from node.domain.errors import Refused
from node.kernels.displacement import TERMS, displacement_equations

EDGE_HU = 400.0
"""Voxels whose gradient counts: edges of bone."""
NEGLIGIBLE_MM = 0.03
LARGEST_MM = 2.0
LEAST_RESIDUAL_MM = 0.5
"""What is left of a displacement somewhere may be half a voxel, and at least this."""
LEAST_EDGE_VOXELS = 1000
ROUNDS = 4
MOVED = "The patient probably moved between the two scans; repeat the scan with the hands fixed."
SLAB_MM = 20.0
"""Length of limb that is looked at by itself: less than a finger, enough edges of bone."""


def find_shift(limb: Limb) -> NDArray[np.float64]:
    """Translation (z, y, x) in mm by which the high-energy image is displaced against the low-energy one.

    Linearised least squares (Lucas and Kanade 1981): H(x) = polynomial in L(x) - t · ∇H(x), on the edges of bone.
    """
    shift = np.zeros(3)
    for _ in range(ROUNDS):
        step = _step(limb, shift)
        shift = shift + step
        if float(np.abs(step).max()) < NEGLIGIBLE_MM / 3.0:
            break
    return shift


def _step(limb: Limb, shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is still missing of the displacement when the high-energy image is read at x + shift (mm)."""
    return _solved(_equations(limb, shift).sum(axis=0))


def _equations(limb: Limb, shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normal equations of each slice, float64 (z, TERMS, TERMS + 1)."""
    spacing = np.asarray(limb.spacing_mm)
    slices = np.zeros((limb.body.shape[0], TERMS, TERMS + 1))
    displacement_equations(limb.low, limb.high, limb.spans, spacing, shift / spacing, EDGE_HU, CLIPPED_HU, slices)
    return slices


def _solved(equations: NDArray[np.float64]) -> NDArray[np.float64]:
    """The displacement (z, y, x) in mm, 0 where too few voxels tell."""
    if equations[0, 0] < LEAST_EDGE_VOXELS:
        return np.zeros(3)
    answer = np.linalg.lstsq(equations[:, :TERMS], equations[:, TERMS], rcond=None)[0]
    return np.asarray(np.clip(answer[4:], -1.0, 1.0))


def residual_mm(limb: Limb, shift: NDArray[np.float64]) -> float:
    """Largest displacement (mm) that a stretch of the limb still has once the whole is moved by ``shift``.

    It is 0 for what moved as a whole; a finger that moved by itself, or a hand that turned, is not mended by a shift.
    """
    slices = _equations(limb, shift)
    starts = np.arange(0, len(slices), max(1, round(SLAB_MM / limb.spacing_mm[0])))
    slabs = np.add.reduceat(slices, starts, axis=0)
    return float(max(np.linalg.norm(_solved(slab)) for slab in slabs))


def register(limb: Limb) -> tuple[Limb, float]:
    """The limb with its high-energy image moved onto the low-energy one, and the distance moved (mm).

    Raises:
        Refused: the shift exceeds 2 mm, or what it leaves somewhere exceeds half a voxel (at least 0.5 mm).
    """
    shift = find_shift(limb)
    distance = float(np.linalg.norm(shift))
    if distance > LARGEST_MM:
        raise Refused(
            f"The two energies are displaced by {distance:.1f} mm; at most {LARGEST_MM:g} mm is mended.",
            hint=MOVED,
        )
    if residual_mm(limb, shift) > max(LEAST_RESIDUAL_MM, 0.5 * max(limb.spacing_mm)):
        raise Refused("Parts of the hand moved against each other between the two energies.", hint=MOVED)
    if distance < NEGLIGIBLE_MM:
        return limb, distance
    return limb.with_high(displaced(limb.high, shift / np.asarray(limb.spacing_mm), limb.spans)), distance
