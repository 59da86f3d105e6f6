"""Step 1, second half: sub-voxel shift between the two energies (the patient moved between the two exposures)."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.filters import displaced
from node.analysis.grid.together import each
from node.analysis.limb.limbs import CLIPPED_HU, Limb
from node.domain.errors import Refused
from node.kernels.displacement import TERMS, displacement_equations

Shift = NDArray[np.float64]

EDGE_HU = 400.0
"""Voxels whose gradient counts: edges of bone."""
NEGLIGIBLE_MM = 0.03
LARGEST_MM = 2.0
LEAST_RESIDUAL_MM = 0.5
"""What is left of a displacement somewhere may be half a voxel, and at least this."""
LEAST_EDGE_MM3 = 300.0
"""Edges of a fingertip; what less than this says of a displacement drifts by more than a tenth of a millimetre [K]."""
ROUNDS = 8
"""Each may move by a millimetre along each axis; what does not move is done after one or two."""
MOVED = "The patient probably moved between the two scans; repeat the scan with the hands fixed."
SEEN_SHARE = 0.03
"""Directions along which the edges tell less than this share of what they tell across them are not seen: those of
shafts within 10° of their axis, whose sine squared it is."""
SLAB_MM = 20.0
"""Length of limb that is looked at by itself: less than a finger, enough edges of bone."""


def find_shift(limb: Limb) -> Shift | None:
    """Translation (z, y, x) in mm by which the high-energy image is displaced against the low-energy one.

    None where too few edges of bone tell.
    """
    return _displacement(limb, np.zeros(3), (0, len(limb.body)))


def residual_mm(limb: Limb, shift: Shift) -> float:
    """Largest displacement (mm) that a stretch of the limb still has once the whole is moved by ``shift``.

    It is 0 for what moved as a whole; a finger that moved by itself, or a hand that turned, is not mended by a shift.
    Stretches in which too few edges tell are passed over.
    """
    length, end = max(1, round(SLAB_MM / limb.spacing_mm[0])), len(limb.body)
    slabs = ((first, min(end, first + length)) for first in range(0, end, length))
    own = each(lambda slab: _displacement(limb, shift, slab), slabs)
    return max((float(np.linalg.norm(at - shift)) for at in own if at is not None), default=0.0)


def _displacement(limb: Limb, start: Shift, slices: tuple[int, int]) -> Shift | None:
    """Translation (z, y, x) in mm of the slices from the first to before the last, looked for from ``start`` on.

    Linearised least squares (Lucas and Kanade 1981): H(x) = polynomial in L(x) - t · ∇H(x), on the edges of bone. One
    step reaches no farther than the blur of an edge, so it is taken again from where it led to.
    """
    at = start
    for done in range(ROUNDS):
        step = _step(limb, at, slices)
        if step is None:
            return at if done else None
        at = at + step
        if float(np.abs(step).max()) < NEGLIGIBLE_MM / 3.0:
            break
    return at


def _step(limb: Limb, shift: Shift, slices: tuple[int, int]) -> Shift | None:
    """What is still missing (mm) of the displacement of some slices when the high image is read at x + ``shift``.

    None where too few edges tell.
    """
    equations = _equations(limb, shift, slices).sum(axis=0)
    if equations[0, 0] * limb.geometry.voxel_mm3 < LEAST_EDGE_MM3:
        return None
    return np.clip(_solved(equations), -1.0, 1.0)


def _solved(equations: NDArray[np.float64]) -> Shift:
    """The displacement (z, y, x) that solves normal equations (TERMS, TERMS + 1), 0 along what the edges do not tell.

    A stretch of shafts has no edges across them: how far it moved along itself is not seen (the aperture problem).
    """
    brightness, cross = equations[:4, :4], equations[:4, 4:]
    told = equations[4:, 4:] - cross[:, :3].T @ np.linalg.lstsq(brightness, cross, rcond=None)[0]
    weight, direction = np.linalg.eigh(told[:, :3])
    along = direction.T @ told[:, 3]
    seen = weight > SEEN_SHARE * weight[-1]
    return np.asarray(direction[:, seen] @ (along[seen] / weight[seen]))


def _equations(limb: Limb, shift: Shift, slices: tuple[int, int]) -> NDArray[np.float64]:
    """Normal equations of each of the slices, float64 (z, TERMS, TERMS + 1); [0, 0] counts the voxels on edges."""
    spacing = np.asarray(limb.spacing_mm)
    moved = shift / spacing
    margin = 3 + int(np.abs(moved).max())
    first, last = max(0, slices[0] - margin), min(len(limb.body), slices[1] + margin)
    near = slice(first, last)
    found = np.zeros((last - first, TERMS, TERMS + 1))
    displacement_equations(
        limb.low[near], limb.high[near], limb.spans[near], spacing, moved, EDGE_HU, CLIPPED_HU, found
    )
    return found[slices[0] - first : slices[1] - first]


def register(limb: Limb) -> tuple[Limb, float | None]:
    """The limb with its high-energy image moved onto the low-energy one, and the distance moved (mm).

    The distance is None, and the image as it was, where it is not known.

    Raises:
        Refused: the shift exceeds 2 mm, or what it leaves somewhere exceeds half a voxel (at least 0.5 mm).
    """
    shift = find_shift(limb)
    if shift is None:
        return limb, None
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
    moved = shift / np.asarray(limb.spacing_mm)
    return limb.with_high(displaced(limb.high, moved, limb.spans), _clipped_after(limb, moved)), distance


def _clipped_after(limb: Limb, moved: Shift) -> NDArray[np.int64]:
    """Voxels (flat indices, ascending) that are read at x + ``moved`` (z, y, x in voxels) from beside a clipped one.

    Those are the voxels under the main lobe of the kernel that moves the image; its overshoot hides the clipping.
    """
    shape = np.array(limb.high.shape)
    clipped = np.stack(np.unravel_index(limb.clipped_high(), limb.high.shape), axis=1)
    sides = product(*((floor, ceil) for floor, ceil in zip(np.floor(moved), np.ceil(moved), strict=True)))
    reached = np.concatenate([clipped - np.array(side, np.int64) for side in sorted(set(sides))])
    reached = reached[((reached >= 0) & (reached < shape)).all(axis=1)]
    return np.unique(np.ravel_multi_index(tuple(reached.T), limb.high.shape))
