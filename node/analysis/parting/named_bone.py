"""Second look at what touches bone, once the bones have names: ends of the bones of a ray, and rough carpal surface."""

from collections.abc import Sequence

from node.analysis.anatomy.fingertip import is_in_bits, is_in_tip
from node.analysis.anatomy.model import HandAnatomy, NamedBone, Vector
from node.analysis.anatomy.proportions import LEVELS, usual_length_mm
from node.analysis.anatomy.wrist import in_carpus
from node.analysis.mineral.candidates import Candidate
from node.analysis.mineral.reasons import Reason
from node.analysis.parting.attachment import DOUBTFUL_CONTACT, JOINED, SMALL_MM3, SOLID_RADIUS_MM
from node.analysis.parting.beside import Beside, Piece
from node.analysis.parting.bone_ends import (
    LEAST_CONTACT,
    SHELL_SHARE,
    is_end,
    may_be_corner,
    may_be_next,
    may_be_rest,
    may_be_tip,
    may_go_on,
)
from node.analysis.parting.spurs import DENSEST_LIP, LEAST_DENSITY, STANDING, is_knob, is_lip, on_shaft
from node.analysis.parting.unseen import (
    BROAD_MM3,
    LARGEST_HALF_MM3,
    SCRAP_MM3,
    SCRAP_SHARE,
    is_half_seen,
    is_inside,
    may_be_unseen,
)
from node.domain.anatomy import CARPALS, UNNAMED

CARPAL_BEYOND_MM = 3.2
GHOST_DENSITY = 0.25
"""Motion and a sharp kernel leave a pale double of a cortex beside it."""
SMALL_BEYOND_MM = 2.4
"""A small piece that does not stand farther off its bone, and is joined to it or lies at a joint, may be bone."""


def bone_by_name(
    candidates: Sequence[Candidate], anatomy: HandAnatomy, beside: Beside
) -> tuple[set[int], dict[int, Reason]]:
    """Indices of candidates that belong to the bone beside them, and why others may."""
    found: set[int] = set()
    doubts: dict[int, Reason] = {}
    for number, candidate in enumerate(candidates):
        if candidate.bone not in beside.skeleton.bones:  # none, or the new name of a missing fingertip
            continue
        bone = _ray_bone(candidate, anatomy, beside)
        piece = beside.piece(candidate, bone)
        usual_mm = usual_length_mm(bone.digit, bone.level, anatomy.scale) if bone else 0.0
        if is_of_ray(piece, bone, usual_mm) if bone else _is_carpal(piece, anatomy):
            found.add(number)
        elif reason := why_bone(piece, bone, usual_mm):
            doubts[number] = reason
        elif bone and (_may_go_on(piece, bone, usual_mm, anatomy, beside) or may_be_a_bit(piece, bone, anatomy)):
            doubts[number] = Reason.FINGERTIP
        elif _may_be_unseen(piece, bone, anatomy, beside):
            doubts[number] = Reason.RAGGED
        elif anatomy.bones.get(candidate.bone) == UNNAMED and _may_be_behind_a_ray(candidate, anatomy, beside):
            doubts[number] = Reason.FINGERTIP
    return found, doubts


def why_bone(piece: Piece, bone: NamedBone | None, usual_mm: float) -> Reason | None:
    """Why a piece may be bone: a rest of a fingertip, an osteophyte, a small piece at a bone, or its ghost; else None.

    A piece on a shaft is neither, unless it is pale and lies along it, or is as pale as a ghost; nor is one denser than
    its bone.
    """
    candidate = piece.candidate
    if bone and any(rule(piece, bone, usual_mm) for rule in (may_be_tip, may_be_rest, may_be_corner)):
        return Reason.FINGERTIP
    if bone and candidate.contact_mm2 > 0.0 and is_lip(piece, bone, SMALL_BEYOND_MM):
        return Reason.OSTEOPHYTE
    if bone and piece.density > (_palest_on_shaft(candidate) if on_shaft(piece.middle, bone) else DENSEST_LIP):
        return None
    joined, ghost = candidate.flatness > JOINED, piece.density < GHOST_DENSITY
    small = candidate.volume_mm3 < SMALL_MM3 and candidate.beyond_mm < SMALL_BEYOND_MM
    ragged = (small and (joined or ghost)) or (joined and _is_scrap(candidate))
    return Reason.RAGGED if ragged else None


def _palest_on_shaft(candidate: Candidate) -> float:
    """Density below which a piece on a shaft may be bone, whose edge lies along it; of what stands off, a ghost's."""
    return GHOST_DENSITY if candidate.standing > STANDING else LEAST_DENSITY


def is_of_ray(piece: Piece, bone: NamedBone, usual_mm: float) -> bool:
    """True for a part of a metacarpal or phalanx whose marrow was not seen, an osteophyte and a knob of a tuft."""
    touches = piece.candidate.contact_mm2 > 0.0
    part = is_end(piece, bone, usual_mm) or is_inside(piece, bone) or is_knob(piece, bone)
    return (touches and part) or is_lip(piece, bone)


def _may_go_on(piece: Piece, bone: NamedBone, usual_mm: float, anatomy: HandAnatomy, beside: Beside) -> bool:
    """True for what may be the other half of the last bone of a ray, or the next one, where that was not seen.

    A fingertip's is also judged by the phalanx before it: of a mere base only the palest part of the shell is known.
    """
    ray = anatomy.ray(bone.digit)
    if ray is None or bone.name != ray.bones[-1].name:
        return False
    before = ray.bone("PP" if ray.digit == 1 else "MP") if bone.level == "DP" else None
    rest = before is not None and may_be_rest(beside.piece(piece.candidate, before), bone, usual_mm)
    return rest or may_go_on(piece, bone, usual_mm) or _may_be_next(piece, bone, anatomy)


def may_be_a_bit(piece: Piece, bone: NamedBone, anatomy: HandAnatomy) -> bool:
    """True for what may be one more bit of a fingertip of which others have no name."""
    return bone.level == "DP" and piece.is_as_dense and is_in_bits(bone, anatomy)


def _may_be_next(piece: Piece, last: NamedBone, anatomy: HandAnatomy) -> bool:
    behind = _levels_behind(last)
    return bool(behind) and may_be_next(piece, last, usual_length_mm(last.digit, behind[0], anatomy.scale))


def _may_be_behind_a_ray(candidate: Candidate, anatomy: HandAnatomy, beside: Beside) -> bool:
    """True for what lies, beside bits without a name, where any of the phalanges is that a ray lacks at its end."""
    for last in (ray.bones[-1] for ray in anatomy.rays):
        room_mm = sum(usual_length_mm(last.digit, level, anatomy.scale) for level in _levels_behind(last))
        if room_mm and may_be_next(beside.piece(candidate, last), last, room_mm):
            return True
    return False


def _levels_behind(last: NamedBone) -> tuple[str, ...]:
    levels = LEVELS[last.digit]
    return tuple(levels[levels.index(last.level) + 1 :])


def _may_be_unseen(piece: Piece, bone: NamedBone | None, anatomy: HandAnatomy, beside: Beside) -> bool:
    """True for what may be the rest of a bone without a name, or of one that was half seen, which is no lump."""
    if anatomy.bones.get(piece.candidate.bone) == UNNAMED:
        return may_be_unseen(piece, LARGEST_HALF_MM3)
    return is_half_seen(bone, beside.limb.is_coarse) and may_be_unseen(piece)


def _is_scrap(candidate: Candidate) -> bool:
    """True for something thin and ragged that stays near its bone."""
    most = BROAD_MM3 if candidate.flatness > DOUBTFUL_CONTACT else SCRAP_MM3
    thin = candidate.volume_mm3 < most and candidate.ball_share < SCRAP_SHARE
    return thin and candidate.beyond_mm < CARPAL_BEYOND_MM


def _ray_bone(candidate: Candidate, anatomy: HandAnatomy, beside: Beside) -> NamedBone | None:
    """The metacarpal or phalanx that a candidate touches; on a bit without a name the fingertip that it lies in."""
    middle = beside.piece(candidate).middle
    if anatomy.bones.get(candidate.bone, UNNAMED) != UNNAMED:
        return anatomy.bone_at(candidate.bone, middle)
    tips = (ray.bones[-1] for ray in anatomy.rays if ray.bones[-1].level == "DP")
    return next((tip for tip in tips if is_in_tip(middle, tip, anatomy.scale)), None)


def _is_of_carpus(label: int, middle: Vector, anatomy: HandAnatomy) -> bool:
    """True for a carpal bone's label, and for a bit without a name where ``middle`` lies among the carpal bones."""
    name = anatomy.bones.get(label, UNNAMED)
    return name in (*CARPALS, "carpus") or (name == UNNAMED and in_carpus(anatomy, middle))


def _is_carpal(piece: Piece, anatomy: HandAnatomy) -> bool:
    """Carpal bones have tubercles and a hook; what stays near one, as dense as it and broadly joined, is one."""
    candidate = piece.candidate
    if candidate.contact_mm2 <= 0.0 or not _is_of_carpus(candidate.bone, piece.middle, anatomy):
        return False
    near = candidate.beyond_mm < CARPAL_BEYOND_MM and candidate.flatness > LEAST_CONTACT
    shell = candidate.ball_share < SHELL_SHARE and candidate.radius_mm <= SOLID_RADIUS_MM
    return (near or shell) and piece.is_as_dense
