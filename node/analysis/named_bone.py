"""Second look at what touches bone, once the bones have names: ends of the bones of a ray, and rough carpal surface."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.fingertip import is_in_tip
from node.analysis.anatomy.model import HandAnatomy, NamedBone, Vector
from node.analysis.anatomy.proportions import usual_length_mm
from node.analysis.anatomy.wrist import in_carpus
from node.analysis.attachment import bone_shape, density_beside
from node.analysis.bone_ends import LEAST_CONTACT, SHELL_SHARE, Piece, is_end, may_be_end
from node.analysis.candidates import Candidate
from node.analysis.limbs import Limb
from node.analysis.skeleton import Skeleton
from node.domain.anatomy import CARPALS, UNNAMED

CARPAL_BEYOND_MM = 3.2
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
        if candidate.contact_mm2 <= 0.0:
            continue
        points = limb.geometry.to_lps_mm(candidate.voxels.astype(np.float64))
        bone = _ray_bone(candidate.bone, points.mean(axis=0), anatomy)
        if bone is None and not _is_of_carpus(candidate.bone, points.mean(axis=0), anatomy):
            continue
        shape = bone_shape(candidate.bone, skeleton, image, limb.spacing_mm)
        piece = Piece(candidate, density_beside(candidate, shape, soft_hu), points)
        usual_mm = usual_length_mm(bone.digit, bone.level, anatomy.scale) if bone else 0.0
        if is_end(piece, bone, usual_mm) if bone else _is_carpal(piece):
            found.add(number)
        elif bone and bone.level == "DP" and may_be_end(piece, bone, usual_mm):
            doubtful.add(number)
    return found, doubtful


def _ray_bone(label: int, middle: Vector, anatomy: HandAnatomy) -> NamedBone | None:
    """The metacarpal or phalanx with a label; for a bit without a name the fingertip that ``middle`` lies in."""
    name = anatomy.bones.get(label, UNNAMED)
    if name != UNNAMED:
        return anatomy.named(name)
    tips = (ray.bones[-1] for ray in anatomy.rays if ray.bones[-1].level == "DP")
    return next((tip for tip in tips if is_in_tip(middle, tip, anatomy.scale)), None)


def _is_of_carpus(label: int, middle: Vector, anatomy: HandAnatomy) -> bool:
    """True for a carpal bone's label, and for a bit without a name where ``middle`` lies among the carpal bones."""
    name = anatomy.bones.get(label, UNNAMED)
    return name in (*CARPALS, "carpus") or (name == UNNAMED and in_carpus(anatomy, middle))


def _is_carpal(piece: Piece) -> bool:
    """Carpal bones have tubercles and a hook; what stays near one, as dense as it and broadly joined, is one."""
    candidate = piece.candidate
    near = candidate.beyond_mm < CARPAL_BEYOND_MM and candidate.flatness > LEAST_CONTACT
    return (near or candidate.ball_share < SHELL_SHARE) and piece.is_as_dense


def needs_review(candidate: Candidate) -> bool:
    """True for a piece in the place of bone, or a small one on bone, that may be bone as well as a deposit."""
    small = candidate.volume_mm3 < REVIEW_MM3 and candidate.beyond_mm < REVIEW_BEYOND_MM
    return candidate.doubtful or (small and candidate.flatness > REVIEW_CONTACT)
