"""Second look at what touches bone, once the bones have names: tips of distal phalanges and rough carpal surface."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.model import HandAnatomy, NamedBone
from node.analysis.anatomy.proportions import MEAN_LENGTH_MM
from node.analysis.attachment import bone_shape, density_beside
from node.analysis.candidates import Candidate
from node.analysis.limbs import Limb
from node.analysis.skeleton import Skeleton
from node.domain.anatomy import CARPALS

TIP_LATERAL_MM = 1.0
TIP_DENSITY = (0.6, 1.6)
TUFT_LATERAL_MM = 2.5
TUFT_DENSITY = (0.8, 1.2)
"""Level over that of the bone's own shell: the nearer to the axis, the less it has to prove."""
BONE_DENSITY = (0.75, 1.4)
CARPAL_BEYOND_MM = 3.2
LEAST_CONTACT = 0.1
SHELL_SHARE, SHELL_LATERAL = 0.15, 0.3
"""A sheet as dense as the bone that it touches, its largest ball a small share of it, is a part of the bone's shell
whose marrow was not seen, as is common in carpal bones and fingertips of a noisy or coarse scan; its middle lies off
the axis of a phalanx by less than that share of the usual length."""
SHORT_SHARE, WHOLE_SHARE, WHOLE_COSINE = 0.85, (0.72, 1.35), 0.8
"""What may be the rest of a fingertip whose marrow was seen in its base alone: the base is shorter than that share of
the usual length, both together neither much shorter nor longer than that, in one line within 37°."""
BEYOND_BASE, TUFT_BALL_SHARE, TUFT_ASIDE = 1.1, 0.22, 0.25
"""The middle of a tuft lies beyond the end of the base; a tuft is broad and thin, and what is solid may be a deposit
in its place; its middle lies off the axis by less than that share of the usual length."""
REVIEW_BEYOND_MM, REVIEW_CONTACT = 2.4, 0.045
REVIEW_MM3 = 12.0


def bone_by_name(
    candidates: Sequence[Candidate],
    anatomy: HandAnatomy,
    skeleton: Skeleton,
    image: NDArray[np.int16],
    soft_hu: float,
    limb: Limb,
) -> tuple[set[int], set[int]]:
    """Indices of candidates that belong to the bone that they touch, and of those that may be the rest of one."""
    found, doubtful = set(), set()
    for number, candidate in enumerate(candidates):
        name = anatomy.bones.get(candidate.bone, "") if candidate.contact_mm2 > 0.0 else ""
        bone = anatomy.named(name)
        carpal = name in CARPALS or name == "carpus"
        if not carpal and (bone is None or bone.level != "DP"):
            continue
        shape = bone_shape(candidate.bone, skeleton, image, limb.spacing_mm)
        density = density_beside(candidate, shape, soft_hu)
        if (carpal and _is_carpal(candidate, density)) or (
            bone and _is_tip(candidate, density, bone, anatomy.scale, limb)
        ):
            found.add(number)
        elif bone and _may_complete(candidate, density, bone, anatomy.scale, limb):
            doubtful.add(number)
    return found, doubtful


def _is_carpal(candidate: Candidate, density: float) -> bool:
    """Carpal bones have tubercles and a hook; what stays near one, as dense as it and broadly joined, is one."""
    near = candidate.beyond_mm < CARPAL_BEYOND_MM and candidate.flatness > LEAST_CONTACT
    return (near or candidate.ball_share < SHELL_SHARE) and BONE_DENSITY[0] < density < BONE_DENSITY[1]


def _is_tip(candidate: Candidate, density: float, bone: NamedBone, scale: float, limb: Limb) -> bool:
    """The solid tuft of a distal phalanx: on its axis and as dense."""
    usual_mm = scale * MEAN_LENGTH_MM[bone.digit][-1]
    lateral = _aside(_points(candidate, limb).mean(axis=0) - bone.distal, bone)
    if lateral < TIP_LATERAL_MM:
        return TIP_DENSITY[0] < density < TIP_DENSITY[1]
    sheet = candidate.ball_share < SHELL_SHARE and lateral < SHELL_LATERAL * usual_mm
    if sheet or (candidate.ball_share < TUFT_BALL_SHARE and _completes(candidate, bone, usual_mm, limb)):
        return BONE_DENSITY[0] < density < BONE_DENSITY[1]
    joined = candidate.flatness > LEAST_CONTACT and lateral < TUFT_LATERAL_MM
    return joined and TUFT_DENSITY[0] < density < TUFT_DENSITY[1]


def _may_complete(candidate: Candidate, density: float, bone: NamedBone, scale: float, limb: Limb) -> bool:
    """True where a short distal phalanx and a candidate as dense make one of the usual length.

    So do a resorbed phalanx and a deposit in the place of its tuft.
    """
    usual_mm = scale * MEAN_LENGTH_MM[bone.digit][-1]
    return BONE_DENSITY[0] < density < BONE_DENSITY[1] and _completes(candidate, bone, usual_mm, limb)


def _completes(candidate: Candidate, bone: NamedBone, usual_mm: float, limb: Limb) -> bool:
    """True for a piece that goes on where a short phalanx ends, up to the usual length of the whole."""
    away = _points(candidate, limb) - bone.proximal
    middle, reach_mm = away.mean(axis=0), float(np.linalg.norm(away, axis=1).max())
    along = float(middle @ bone.axis)
    straight = along > WHOLE_COSINE * float(np.linalg.norm(middle)) and _aside(middle, bone) < TUFT_ASIDE * usual_mm
    short = bone.length_mm < SHORT_SHARE * usual_mm and along > BEYOND_BASE * bone.length_mm
    return straight and short and WHOLE_SHARE[0] < reach_mm / usual_mm < WHOLE_SHARE[1]


def _points(candidate: Candidate, limb: Limb) -> NDArray[np.float64]:
    return limb.geometry.to_lps_mm(candidate.voxels.astype(np.float64))


def _aside(offset: NDArray[np.float64], bone: NamedBone) -> float:
    """Distance from the axis of a bone, mm, of what lies ``offset`` from one of its ends."""
    return float(np.linalg.norm(offset - (offset @ bone.axis) * bone.axis))


def needs_review(candidate: Candidate) -> bool:
    """True for a piece in the place of bone, or a small one on bone, that may be bone as well as a deposit."""
    small = candidate.volume_mm3 < REVIEW_MM3 and candidate.beyond_mm < REVIEW_BEYOND_MM
    return candidate.doubtful or (small and candidate.flatness > REVIEW_CONTACT)
