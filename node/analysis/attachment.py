"""Step 5, last part: mineral beyond the usual bone surface that is bone after all.

Three things are told by shape alone, before any bone has a name: rough bone surface (wide contact, little height),
the solid end of a phalanx (in line with its bone, as dense as its shell), and everything else, which is attached.
What is in the place of the first two, but solid over more than bone ever is, may be a deposit as well: a tuft replaced
by calcium, an erosion filled with it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from node.analysis.candidates import Candidate
from node.analysis.limbs import Limb
from node.analysis.skeleton import Skeleton

LEAST_BEYOND_MM = 1.25
"""Nothing nearer to the usual bone surface is told from it."""
ROUGH_CONTACT, DOUBTFUL_CONTACT = 0.25, 0.18
"""Contact with bone over the surface of a ball of the same volume: rough bone surface lies flat on its bone."""
PALE, PALE_MM3 = (0.25, 0.65), (20.0, 150.0)
"""A piece of such density beside that of its bone and of such size is hardly a surface of the bone: it is in doubt.
Larger ones are spongiosa."""
DOUBTFUL_RADIUS_MM = 1.3
"""Pieces of shell are thinner; what is thicker is bone by name only (a tuft, a carpal bone)."""
DENSE_AS_BONE = (0.75, 1.4)
"""Level over that of the bone's own shell, both above soft tissue."""
DENSE_AS_TIP = (0.6, 1.6)
PATCH_CONTACT, PATCH_RADIUS_MM, SHEET_SHARE = 0.1, 0.9, 0.08
"""A thin patch on bone, as dense as the bone; or a large sheet of it, whose largest ball is a small share of it: a
part of the bone's shell whose marrow was too little to be seen."""
SOLID_RADIUS_MM = 2.0
"""No bone of the hand holds so large a ball without marrow or spongiosa in it: cortex and tufts are thinner [K]."""
SMALL_MM3, JOINED = 12.0, 0.045
"""A small piece may belong to the bone beside it; joined to it by more of its surface than that share."""
LEAST_ELONGATION = 1.5
OFF_AXIS_MM = 2.0
SHELL_QUANTILE = 0.6


@dataclass(frozen=True, eq=False)
class BoneShape:
    """A bone component: ``centre`` of its marrow in the limb's mm space (z, y, x), and level of its shell in HU."""

    centre: NDArray[np.float64]
    shell_hu: float


def bone_shape(label: int, skeleton: Skeleton, image: NDArray[np.int16], spacing_mm: tuple[float, ...]) -> BoneShape:
    """Shape of one bone component."""
    voxels = skeleton.voxels_of(label)
    marrow = skeleton.marrow.reshape(-1)[voxels]
    shell = image.reshape(-1)[voxels[~marrow]]
    inside = voxels[marrow] if marrow.any() else voxels
    centre = np.stack(np.unravel_index(inside, image.shape), axis=1).mean(axis=0) * np.asarray(spacing_mm)
    return BoneShape(centre, float(np.quantile(shell, SHELL_QUANTILE)) if shell.size else 0.0)


def is_bone(
    candidate: Candidate, shape: BoneShape, usual_hu: float, soft_hu: float, spacing_mm: tuple[float, ...]
) -> bool:
    """True where a candidate that touches this bone is a part of it; ``usual_hu``: the shell of bones of this limb.

    What is both solid and denser than the bone is not even in doubt.
    """
    density, flat = density_beside(candidate, shape, soft_hu), candidate.flatness
    alike = DENSE_AS_BONE[0] < density < DENSE_AS_BONE[1]
    if candidate.radius_mm > SOLID_RADIUS_MM and density > DENSE_AS_BONE[1]:
        return False
    if flat > PATCH_CONTACT and ((alike and _is_thin(candidate)) or _is_sheet(candidate, density, usual_hu, soft_hu)):
        return True
    if flat > ROUGH_CONTACT or (flat > DOUBTFUL_CONTACT and alike and candidate.radius_mm < DOUBTFUL_RADIUS_MM):
        return True
    return DENSE_AS_TIP[0] < density < DENSE_AS_TIP[1] and _points_at(candidate, shape.centre, spacing_mm)


def _is_pale(candidate: Candidate, shape: BoneShape, soft_hu: float) -> bool:
    return (
        PALE_MM3[0] < candidate.volume_mm3 < PALE_MM3[1]
        and PALE[0] < density_beside(candidate, shape, soft_hu) < PALE[1]
    )


def density_beside(candidate: Candidate, shape: BoneShape, soft_hu: float) -> float:
    """Level over that of the bone's shell, both above soft tissue."""
    return (candidate.mean_hu - soft_hu) / max(shape.shell_hu - soft_hu, 1.0)


def _is_thin(candidate: Candidate) -> bool:
    return candidate.radius_mm < PATCH_RADIUS_MM or candidate.ball_share < SHEET_SHARE


def _is_sheet(candidate: Candidate, density: float, usual_hu: float, soft_hu: float) -> bool:
    """True for a large sheet as dense as other bones: of its own, only the palest part of the shell may be known."""
    usual = (candidate.mean_hu - soft_hu) / max(usual_hu - soft_hu, 1.0)
    return candidate.ball_share < SHEET_SHARE and density > DENSE_AS_BONE[0] and usual < DENSE_AS_BONE[1]


def _points_at(candidate: Candidate, centre: NDArray[np.float64], spacing_mm: tuple[float, ...]) -> bool:
    """True for a long thin candidate whose axis runs through the centre of its bone: the solid shaft of a phalanx."""
    points = candidate.voxels * np.asarray(spacing_mm)
    if len(points) < 4:
        return False
    middle = points.mean(axis=0)
    variance, directions = np.linalg.eigh(np.cov((points - middle).T))
    axis = directions[:, -1]
    to_centre = centre - middle
    off_axis = np.linalg.norm(to_centre - (to_centre @ axis) * axis)
    return bool(variance[-1] > LEAST_ELONGATION**2 * variance[-2] and off_axis < OFF_AXIS_MM)


def split_attachments(
    candidates: tuple[Candidate, ...], skeleton: Skeleton, image: NDArray[np.int16], soft_hu: float, limb: Limb
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """(not bone, bone). What stays within LEAST_BEYOND_MM of the usual bone surface is in neither: too near to tell."""
    far = [c for c in candidates if c.beyond_mm >= LEAST_BEYOND_MM]
    shapes = {b: bone_shape(b, skeleton, image, limb.spacing_mm) for b in skeleton.bones}
    usual_hu = float(np.median([shape.shell_hu for shape in shapes.values()])) if shapes else soft_hu
    bony = {n for n, c in enumerate(far) if c.bone and is_bone(c, shapes[c.bone], usual_hu, soft_hu, limb.spacing_mm)}
    return without_solid(far, bony, {n for n in bony if _is_pale(far[n], shapes[far[n].bone], soft_hu)})


def without_solid(
    candidates: Sequence[Candidate], bony: Collection[int], pale: Collection[int] = ()
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """(not bone, bone) where those with the indices ``bony`` look like bone: solid and ``pale`` ones are in doubt."""
    bone = {n for n in bony if n not in pale and candidates[n].radius_mm <= SOLID_RADIUS_MM}
    others = (replace(c, doubtful=c.doubtful or n in bony) for n, c in enumerate(candidates) if n not in bone)
    return tuple(others), tuple(candidates[n] for n in sorted(bone))
