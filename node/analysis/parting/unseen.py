"""Bones of which a part was not seen, since they have no name, came in several pieces, or the voxels are coarse: what
may be that part."""

from node.analysis.anatomy.fingertip import aside
from node.analysis.anatomy.model import NamedBone
from node.analysis.parting.beside import Piece

LARGEST_END_MM3, LARGEST_HALF_MM3 = 40.0, 150.0
"""What is joined to a bone in pieces may be a solid end of it; what touches one without a name, of which nothing is
known, may be half of a distal phalanx [K]."""
SCRAP_MM3, BROAD_MM3, SCRAP_SHARE = 40.0, 100.0, 0.2
"""A piece of up to so much may be bone where it is thin and ragged: its largest ball has less than that share of its
volume. Up to the second volume it may be where it lies broadly on the bone, or some of that was not seen."""
INNER_LENGTH, INNER_WIDTH, INNER_MEAN = (0.1, 0.9), 0.25, 0.35
"""What lies inside a bone: its middle in that part of the length and nearer to the axis than that share of the width,
and its voxels by that share in the mean. A sheath round the bone has the same middle, but lies farther out."""
WHOLE_SHELL_SHARE = 0.05
"""The largest ball of a phalanx's whole shell, about 1 mm thick, has less than that share of it [K]."""


def is_half_seen(bone: NamedBone | None, coarse: bool) -> bool:
    """True for a bone that was seen in several pieces, between which more of it may lie, or in coarse voxels."""
    return bone is not None and (coarse or len(bone.labels) > 1)


def is_inside(piece: Piece, bone: NamedBone) -> bool:
    """True for what lies on the axis of a bone: its marrow was not seen there. The end of a fingertip is not sure."""
    offset, width_mm = piece.middle - bone.proximal, bone.part.width_mm
    along = float(offset @ bone.axis) / bone.length_mm
    mean_mm = float(bone.distance_to_axis_mm(piece.points).mean())
    on_axis = aside(offset, bone) < INNER_WIDTH * width_mm and mean_mm < INNER_MEAN * width_mm
    return bone.level != "DP" and on_axis and INNER_LENGTH[0] < along < INNER_LENGTH[1]


def may_be_unseen(piece: Piece, largest_lump_mm3: float = 0.0) -> bool:
    """True for what may be the rest of the bone that it touches: as dense, and thin, or no larger than a lump of it."""
    candidate = piece.candidate
    thin = candidate.ball_share < (SCRAP_SHARE if candidate.volume_mm3 < BROAD_MM3 else WHOLE_SHELL_SHARE)
    lump = candidate.volume_mm3 < largest_lump_mm3
    return (thin or lump) and piece.is_as_dense and candidate.contact_mm2 > 0.0
