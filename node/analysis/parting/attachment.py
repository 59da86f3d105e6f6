"""Step 5, last part: mineral beyond the usual bone surface that is bone after all.

Three things are told by shape alone, before any bone has a name: rough bone surface (wide contact, little height),
the solid end of a phalanx (in line with its bone, as dense as its shell), and everything else, which is attached.
What is in the place of the first two, but solid over more than bone ever is, may be a deposit as well: a tuft replaced
by calcium, an erosion filled with it.
"""

from collections.abc import Collection, Sequence

import numpy as np

from node.analysis.anatomy.model import Vector
from node.analysis.grid.together import each
from node.analysis.mineral.candidates import Candidate
from node.analysis.mineral.reasons import Reason
from node.analysis.parting.beside import BONE_DENSITY, TIP_DENSITY, Beside, Piece

LEAST_BEYOND_MM = 1.25
"""Nothing nearer to the usual bone surface is told from it."""
ROUGH_CONTACT, DOUBTFUL_CONTACT = 0.25, 0.18
"""Contact with bone over the surface of a ball of the same volume: rough bone surface lies flat on its bone."""
PALE, PALE_MM3 = (0.25, 0.65), (20.0, 150.0)
"""A piece of such density beside that of its bone and of such size is hardly a surface of the bone: it is in doubt, but
for the side of a shaft, which is cortex (``spurs``). Larger ones are spongiosa."""
DOUBTFUL_RADIUS_MM = 1.3
"""Pieces of shell are thinner; what is thicker is bone by name only (a tuft, a carpal bone)."""
PATCH_CONTACT, PATCH_RADIUS_MM, SHEET_SHARE = 0.1, 0.9, 0.08
"""A thin patch on bone, as dense as the bone; or a large sheet of it, whose largest ball is a small share of it: a
part of the bone's shell whose marrow was too little to be seen."""
SOLID_RADIUS_MM = 2.0
"""No bone of the hand holds so large a ball without marrow or spongiosa in it: cortex and tufts are thinner [K]."""
DENSE_RADIUS_MM = 1.4
"""The same of what is denser than its bone and most bones of the limb: only cortex is as dense, and that is thin
[measured on phantoms and cases]."""
SMALL_MM3, JOINED = 12.0, 0.045
"""A small piece may belong to the bone beside it; joined to it by more of its surface than that share."""
LEAST_ELONGATION = 1.5
OFF_AXIS_MM = 2.0


def is_bone(piece: Piece, centre: Vector, usual_density: float) -> bool:
    """True where a candidate that touches a bone is a part of it.

    ``centre`` of the bone (3,) in mm; ``usual_density``: level over that of the shell of most bones of this limb. What
    is both solid and denser than the bone is not even in doubt.
    """
    candidate, flat = piece.candidate, piece.candidate.flatness
    dense, all_dense = piece.density > BONE_DENSITY[1], min(piece.density, usual_density) > BONE_DENSITY[1]
    if (dense and candidate.radius_mm > SOLID_RADIUS_MM) or (all_dense and candidate.radius_mm > DENSE_RADIUS_MM):
        return False
    if flat > PATCH_CONTACT and ((piece.is_as_dense and _is_thin(candidate)) or _is_sheet(piece, usual_density)):
        return True
    low = flat > DOUBTFUL_CONTACT and piece.is_as_dense and candidate.radius_mm < DOUBTFUL_RADIUS_MM
    if flat > ROUGH_CONTACT or low:
        return True
    return TIP_DENSITY[0] < piece.density < TIP_DENSITY[1] and _points_at(piece, centre)


def is_pale(piece: Piece) -> bool:
    """True for a piece too pale for cortex, and of a size of which spongiosa seldom is."""
    return PALE_MM3[0] < piece.candidate.volume_mm3 < PALE_MM3[1] and PALE[0] < piece.density < PALE[1]


def _is_thin(candidate: Candidate) -> bool:
    return candidate.radius_mm < PATCH_RADIUS_MM or candidate.ball_share < SHEET_SHARE


def _is_sheet(piece: Piece, usual_density: float) -> bool:
    """True for a large sheet as dense as other bones: of its own, only the palest part of the shell may be known."""
    thin = piece.candidate.ball_share < SHEET_SHARE
    return thin and piece.density > BONE_DENSITY[0] and usual_density < BONE_DENSITY[1]


def _points_at(piece: Piece, centre: Vector) -> bool:
    """True for a long thin candidate whose axis runs through the centre of its bone: the solid shaft of a phalanx."""
    if len(piece.points) < 4:
        return False
    variance, directions = np.linalg.eigh(np.cov((piece.points - piece.middle).T))
    axis, to_centre = directions[:, -1], centre - piece.middle
    off_axis = np.linalg.norm(to_centre - (to_centre @ axis) * axis)
    return bool(variance[-1] > LEAST_ELONGATION**2 * variance[-2] and off_axis < OFF_AXIS_MM)


def split_attachments(
    candidates: Sequence[Candidate], beside: Beside
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """(not bone, bone). What stays within LEAST_BEYOND_MM of the usual bone surface is in neither: too near to tell."""
    far = [c for c in candidates if c.beyond_mm >= LEAST_BEYOND_MM]
    shells = [shape.shell_hu for shape in each(beside.shape, beside.skeleton.bones)]
    usual_hu = float(np.median(shells)) if shells else beside.soft_hu
    pieces = {n: beside.piece(c) for n, c in enumerate(far) if c.bone}
    bony = {
        n
        for n, piece in pieces.items()
        if is_bone(piece, beside.shape(far[n].bone).centre, beside.density_over(far[n], usual_hu))
    }
    return without_solid(far, bony, {n for n in bony if is_pale(pieces[n])})


def without_solid(
    candidates: Sequence[Candidate], bony: Collection[int], pale: Collection[int] = ()
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """(not bone, bone) where those with the indices ``bony`` look like bone: solid and ``pale`` ones are in doubt."""
    bone = {n for n in bony if n not in pale and candidates[n].radius_mm <= SOLID_RADIUS_MM}
    others = [c.doubted(Reason.IN_PLACE_OF_BONE) if n in bony else c for n, c in enumerate(candidates) if n not in bone]
    return tuple(others), tuple(candidates[n] for n in sorted(bone))
