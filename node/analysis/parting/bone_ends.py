"""What goes on where a bone of a ray was seen to end: the solid tuft of a fingertip, or an end without marrow."""

import numpy as np

from node.analysis.anatomy.fingertip import aside
from node.analysis.anatomy.model import NamedBone
from node.analysis.mineral.candidates import Candidate
from node.analysis.parting.attachment import JOINED, SMALL_MM3
from node.analysis.parting.beside import TIP_DENSITY, Piece

TIP_LATERAL_MM = 1.0
TUFT_LATERAL_MM = 2.5
TUFT_DENSITY = (0.8, 1.2)
"""Level over that of the bone's own shell: the nearer to the axis, the less it has to prove."""
LEAST_CONTACT = 0.1
SHELL_SHARE, SHELL_LATERAL = 0.15, 0.3
"""A sheet as dense as the bone that it touches, its largest ball a small share of it, is a part of the bone's shell
whose marrow was not seen, as is common in carpal bones and fingertips of a noisy or coarse scan; its middle lies off
the axis of a phalanx by less than that share of the usual length. Beside the base of one it is broadly joined."""
SHORT_SHARE, WHOLE_SHARE, WHOLE_COSINE = 0.85, (0.72, 1.35), 0.8
"""What may be the rest of a bone whose marrow was seen in its base alone: the base is shorter than that share of the
usual length, both together neither much shorter nor longer than that, in one line within 37°."""
BEYOND_BASE, END_BALL_SHARE = 1.1, 0.22
"""The middle of the rest lies so far beyond the end of the base, over its length; that of a mere shell round the axis
of a phalanx lies beyond its end. What is solid may be a deposit in its place."""
LAST_END = 0.5
"""What goes on from its end lies beside the distal half of a bone, whose axis by the half that was seen is not sure."""
TUFT_ASIDE, END_ASIDE = 0.25, 0.1
"""Distance of its middle from the axis over the usual length: a tuft is flat, other ends go round the axis, and a plate
on a bone lies beside it."""

LUMP_SHARE, LUMP_RADIUS_MM = 0.29, 1.3
"""A tuft is 7 mm wide, 7 long and 3 to 4 thick: its largest ball has less than that share of it [K]."""
BALL_SHARE = 0.36
"""The same of what is hardly a tuft, however small; smaller than SMALL_MM3 it may be the corner of one."""
CORNER_BEYOND_MM = 3.0
BASE_SHARE = 0.65
"""Of a bone of which less than that share of the usual length was seen, the rest is more than a tuft, and may be as
thick as a lump."""


def is_end(piece: Piece, bone: NamedBone, usual_mm: float) -> bool:
    """True for a piece that is the end of ``bone``; ``usual_mm``: length of that bone in a hand of this size."""
    solid = piece.candidate.ball_share >= END_BALL_SHARE
    if bone.level != "DP":
        round_axis = aside(piece.middle - bone.proximal, bone) < END_ASIDE * usual_mm
        beyond = 1.0 if piece.candidate.ball_share < SHELL_SHARE else BEYOND_BASE
        return not solid and round_axis and may_be_end(piece, bone, usual_mm, beyond)
    tip = _is_tip(piece, bone, usual_mm) and not _is_loose_ball(piece.candidate)
    return tip or (not solid and may_be_end(piece, bone, usual_mm))


def may_be_end(piece: Piece, bone: NamedBone, usual_mm: float, beyond: float = BEYOND_BASE) -> bool:
    """True where a short bone and a piece as dense make one of the usual length.

    So do a resorbed phalanx and a deposit in the place of its tuft. ``beyond``: where its middle lies at least, over
    the length of the bone.
    """
    middle = piece.middle - bone.proximal
    along = float(middle @ bone.axis)
    straight = along > WHOLE_COSINE * float(np.linalg.norm(middle)) and aside(middle, bone) < TUFT_ASIDE * usual_mm
    behind = along > beyond * bone.length_mm
    return piece.is_as_dense and straight and behind and _make_one(piece, bone, usual_mm)


def may_be_tip(piece: Piece, bone: NamedBone, usual_mm: float) -> bool:
    """True for a ball on a distal phalanx that may be its tuft, or calcium in its place."""
    ball = piece.candidate.contact_mm2 > 0.0 and _is_loose_ball(piece.candidate)
    return bone.level == "DP" and ball and _is_tip(piece, bone, usual_mm)


def may_be_rest(piece: Piece, bone: NamedBone, usual_mm: float) -> bool:
    """True for what may be all but the base of a fingertip's bone; a lump is rounder and thicker than a tuft."""
    return bone.level == "DP" and not _is_lump(piece, bone, usual_mm) and may_be_end(piece, bone, usual_mm)


def may_be_corner(piece: Piece, bone: NamedBone, usual_mm: float) -> bool:
    """True for a small piece joined to a distal phalanx, broadly to one that is long enough.

    What is left of a resorbed tuft is uneven.
    """
    candidate, short = piece.candidate, bone.length_mm < SHORT_SHARE * usual_mm
    low = candidate.volume_mm3 < SMALL_MM3 and candidate.beyond_mm < CORNER_BEYOND_MM
    return bone.level == "DP" and low and candidate.flatness > (JOINED if short else LEAST_CONTACT)


def may_go_on(piece: Piece, bone: NamedBone, usual_mm: float) -> bool:
    """True for what may be the other half of the last bone of a ray, wherever its axis points by the half seen.

    It is joined to the end of a short bone, as dense, no lump, and both together are as long as usual.
    """
    candidate = piece.candidate
    alike = piece.is_as_dense and candidate.flatness > JOINED and not _is_lump(piece, bone, usual_mm)
    return _is_at_end(piece, bone) and alike and _make_one(piece, bone, usual_mm)


def may_be_next(piece: Piece, last: NamedBone, usual_mm: float) -> bool:
    """True for what may be the phalanx behind the last bone of a ray, where none was seen, or one of several.

    ``usual_mm``: its length, or that of all of them.

    It goes on from the end of that bone, as dense; calcium in the place of a fingertip that is lost does so too.
    """
    offset = piece.middle - last.distal
    in_place = 0.0 < float(offset @ last.axis) < usual_mm and aside(offset, last) < TUFT_ASIDE * usual_mm
    return in_place and piece.is_as_dense and not last.part.cut


def _make_one(piece: Piece, bone: NamedBone, usual_mm: float) -> bool:
    """True where a short bone and a piece make one of the usual length."""
    reach_mm = float(np.linalg.norm(piece.points - bone.proximal, axis=1).max())
    return bone.length_mm < SHORT_SHARE * usual_mm and WHOLE_SHARE[0] < reach_mm / usual_mm < WHOLE_SHARE[1]


def _is_lump(piece: Piece, bone: NamedBone, usual_mm: float) -> bool:
    candidate = piece.candidate
    thick = candidate.ball_share > LUMP_SHARE and candidate.radius_mm > LUMP_RADIUS_MM
    return thick and bone.length_mm > BASE_SHARE * usual_mm


def _is_loose_ball(candidate: Candidate) -> bool:
    """True for what is rounder than most tufts and hardly joined: calcium in the place of one lies on the axis, too."""
    round_and_large = candidate.ball_share > BALL_SHARE and candidate.volume_mm3 > SMALL_MM3
    return round_and_large and candidate.flatness < LEAST_CONTACT


def _is_tip(piece: Piece, bone: NamedBone, usual_mm: float) -> bool:
    """The solid tuft of a distal phalanx: on its axis and as dense."""
    lateral = aside(piece.middle - bone.distal, bone)
    if lateral < TIP_LATERAL_MM:
        return TIP_DENSITY[0] < piece.density < TIP_DENSITY[1]
    joined = piece.candidate.flatness > LEAST_CONTACT
    if piece.candidate.ball_share < SHELL_SHARE and lateral < SHELL_LATERAL * usual_mm:
        return piece.is_as_dense and (joined or _is_at_end(piece, bone))
    alike = TUFT_DENSITY[0] < piece.density < TUFT_DENSITY[1]
    return joined and lateral < TUFT_LATERAL_MM and alike


def _is_at_end(piece: Piece, bone: NamedBone) -> bool:
    return float((piece.middle - bone.proximal) @ bone.axis) > LAST_END * bone.length_mm
