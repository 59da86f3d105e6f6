"""Second look at what its shape calls bone, once the bones have names: what stands off the side of a shaft.

Rough surface is broad and low, and the end of a bone whose marrow was not seen goes round its axis. What stands off
the side of a metacarpal or a phalanx is no part of it. A reader judges what may be either: near a joint, where
osteophytes grow, and a layer on a shaft that is paler than its cortex or higher than its roughness.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from node.analysis.anatomy.chains import LEAST_SLENDERNESS
from node.analysis.anatomy.fingertip import aside
from node.analysis.anatomy.model import HandAnatomy, NamedBone, Vector
from node.analysis.anatomy.parts import LEAST_VOXELS, SAMPLES, make_part
from node.analysis.mineral.candidates import Candidate
from node.analysis.mineral.reasons import Reason
from node.analysis.parting.attachment import JOINED, SMALL_MM3, is_pale
from node.analysis.parting.beside import BONE_DENSITY, Beside, Piece
from node.analysis.parting.unseen import LARGEST_END_MM3, is_half_seen, may_be_unseen

STANDING: Final = 0.9
"""Height over the radius of a disc as large as the contact; half a ball has 1."""
ASIDE: Final = 0.25
"""Distance of its middle from the axis over the width of the bone."""
LEAST_DENSITY: Final = 0.4
"""Level over that of the bone's own shell: what is paler is a bone's own edge, spongiosa or noise."""
PALER: Final = 0.75
"""The cortex of a shaft is denser: what is paler may be a layer of calcium, or a periosteal reaction. What is denser
than bone may be a plate of calcium."""
PLATE_BEYOND_MM: Final = 1.45
"""Height over the usual surface of a shaft from which even what is as dense as cortex is more than its roughness."""
LAYER_SHARE: Final = 0.3
"""The largest ball in a layer is a smaller share of it; of a ball on the shaft, larger [measured on phantoms and
cases]."""
SHAFT: Final = (0.15, 0.75)
"""Part of the length that is too far from a joint for an osteophyte."""
LIP_BEYOND_MM: Final = 1.75
LIP_DENSITY: Final = (0.6, 0.95)
"""An osteophyte is spongiosa in a thin shell: paler than the cortex of its bone [K]."""
DENSEST_LIP: Final = 1.1
"""Nothing that grows at the end of a bone is denser than its shell, but for noise."""
TUFT: Final = 0.6
KNOB_BEYOND_MM: Final = 1.5
"""From the first part of its length on a distal phalanx is knobbly, by so much [measured on phantoms and cases]."""


def spurs(bony: Sequence[Candidate], anatomy: HandAnatomy, beside: Beside) -> tuple[Candidate, ...]:
    """Those of ``bony`` that are no bone after all, doubted where they may be; ``beside`` knows none of them."""
    found = []
    for candidate in bony:
        over_touched = beside.piece(candidate)
        named = anatomy.bone_at(candidate.bone, over_touched.middle)
        piece = beside.piece(candidate, named)
        bone = _by_itself(named, candidate.bone, beside) if named else None
        if bone and is_off(piece, bone):
            coarse = beside.limb.is_coarse
            reason = doubt_of(piece, bone, coarse) or doubt_of(over_touched, bone, coarse)
            found.append(candidate.doubted(reason) if reason else candidate)
    return tuple(found)


def sure_on_shafts(attached: Sequence[Candidate], anatomy: HandAnatomy, beside: Beside) -> tuple[Candidate, ...]:
    """The same; what was in doubt because its shape is that of bone is calcium where it is pale and lies on a shaft."""
    return tuple(replace(c, doubt=None) if _is_sure(c, anatomy, beside) else c for c in attached)


def _is_sure(candidate: Candidate, anatomy: HandAnatomy, beside: Beside) -> bool:
    if candidate.doubt is not Reason.IN_PLACE_OF_BONE:
        return False
    piece = beside.piece(candidate)
    bone = anatomy.bone_at(candidate.bone, piece.middle)
    return bone is not None and is_pale_on_shaft(piece, bone)


def _by_itself(bone: NamedBone, label: int, beside: Beside) -> NamedBone:
    """The bone as it was seen before pieces were added to it, which may have turned its axis; else as it is.

    That is not known of a bone in several components, nor of one that is no longer than wide without them; of a
    fingertip, the base alone may have been seen.
    """
    if bone.level == "DP" or bone.labels != (label,):
        return bone
    places = np.stack(np.unravel_index(beside.skeleton.bone.voxels_of(label), beside.image.shape), axis=1)
    geometry = beside.limb.geometry
    points = geometry.to_lps_mm(places[:: max(1, len(places) // SAMPLES)].astype(np.float64))
    if len(points) < LEAST_VOXELS:
        return bone
    alone = make_part(label, len(places) * geometry.voxel_mm3, points, False, geometry.voxel_mm3 ** (1 / 3))
    if alone.slenderness < LEAST_SLENDERNESS:
        return bone
    near = int(np.argmin(np.linalg.norm(alone.ends - bone.proximal, axis=1)))
    return replace(bone, proximal=alone.ends[near], distal=alone.ends[1 - near], part=alone)


def is_off(piece: Piece, bone: NamedBone) -> bool:
    """True for a piece at the side of a bone that stands off it, or is no part of a shaft by its density."""
    if not lies_beside(piece.middle, bone) or piece.density < LEAST_DENSITY:
        return False
    unlike = not PALER < piece.density < BONE_DENSITY[1]
    no_cortex = unlike or piece.candidate.beyond_mm > PLATE_BEYOND_MM
    return piece.candidate.standing > STANDING or (on_shaft(piece.middle, bone) and no_cortex)


def doubt_of(piece: Piece, bone: NamedBone, coarse: bool = False) -> Reason | None:
    """Why such a piece may be bone after all; None for what stands off a shaft, or is too dense for an osteophyte."""
    at_joint = not on_shaft(piece.middle, bone)
    if at_joint and piece.density < DENSEST_LIP:
        return Reason.OSTEOPHYTE
    if not at_joint and piece.candidate.standing <= STANDING and piece.candidate.ball_share < LAYER_SHARE:
        return Reason.LAYER
    largest_mm3 = LARGEST_END_MM3 if len(bone.labels) > 1 else 0.0
    return Reason.RAGGED if is_half_seen(bone, coarse) and may_be_unseen(piece, largest_mm3) else None


def lies_beside(middle: Vector, bone: NamedBone) -> bool:
    """True for a piece round ``middle`` (3,) in mm that lies at the side of its bone, not in a tuft."""
    at_side = aside(middle - bone.proximal, bone) > ASIDE * bone.part.width_mm
    return at_side and not (bone.level == "DP" and _along(middle, bone) > TUFT)


def on_shaft(middle: Vector, bone: NamedBone) -> bool:
    """True for a place too far from a joint for an osteophyte."""
    return SHAFT[0] < _along(middle, bone) < SHAFT[1]


def is_lip(piece: Piece, bone: NamedBone, highest_mm: float = LIP_BEYOND_MM) -> bool:
    """True for a small piece at a joint that hardly stands off the bone and is hardly paler: an osteophyte's tip.

    It is seen apart from the bone; what is joined to it may as well be a deposit. One that stands off the usual surface
    by more than ``highest_mm`` is none.
    """
    candidate, along = piece.candidate, _along(piece.middle, bone)
    low = candidate.volume_mm3 < SMALL_MM3 and candidate.beyond_mm < highest_mm
    alike = LIP_DENSITY[0] < piece.density < LIP_DENSITY[1]
    at_joint = along < SHAFT[0] or (bone.level != "DP" and along > SHAFT[1])
    return low and alike and at_joint and candidate.flatness <= JOINED


def is_pale_on_shaft(piece: Piece, bone: NamedBone) -> bool:
    """True for what is too pale for the side of a shaft, which is cortex; elsewhere it may be spongiosa."""
    return is_pale(piece) and on_shaft(piece.middle, bone) and lies_beside(piece.middle, bone)


def is_knob(piece: Piece, bone: NamedBone) -> bool:
    """True for a small bit of a tuft: as dense, and hardly higher than its surface is uneven."""
    candidate = piece.candidate
    low = candidate.volume_mm3 < SMALL_MM3 and candidate.beyond_mm < KNOB_BEYOND_MM
    return bone.level == "DP" and low and piece.is_as_dense and _along(piece.middle, bone) > TUFT


def _along(middle: Vector, bone: NamedBone) -> float:
    """Share of the way from the proximal to the distal end."""
    return float((middle - bone.proximal) @ bone.axis) / bone.length_mm
