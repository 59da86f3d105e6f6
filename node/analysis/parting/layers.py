"""Thin layers on a shaft: too near to the bone's usual surface to be told from it, too broad to be silent about.

A plate of calcium that lies flat on the cortex and a periosteal reaction look alike; both are paler than the cortex,
half of whose blur they take. A reader judges them. Elsewhere, at joints and in the carpus, bone itself is as uneven.
"""

from collections.abc import Sequence
from typing import Final

from node.analysis.anatomy.model import HandAnatomy, NamedBone
from node.analysis.mineral.candidates import Candidate
from node.analysis.mineral.reasons import Reason
from node.analysis.parting.attachment import LEAST_BEYOND_MM
from node.analysis.parting.beside import Beside, Piece
from node.analysis.parting.spurs import LEAST_DENSITY, PALER, lies_beside, on_shaft

LEAST_LAYER_MM: Final = 0.95
LEAST_LAYER_MM3: Final = 10.0
"""What stands off less far, or is smaller, is a bone's own edge or noise."""


def layers(candidates: Sequence[Candidate], anatomy: HandAnatomy, beside: Beside) -> tuple[Candidate, ...]:
    """Those of ``candidates`` that may be a layer of calcium on a shaft, all doubted; ``beside`` knows none."""
    found = []
    for candidate in filter(_is_broad_and_low, candidates):  # a piece takes time to describe, and most are not
        piece = beside.piece(candidate)
        bone = anatomy.bone_at(candidate.bone, piece.middle)
        if bone and may_be_layer(piece, bone):
            found.append(candidate.doubted(Reason.LAYER))
    return tuple(found)


def may_be_layer(piece: Piece, bone: NamedBone) -> bool:
    """True for something broad and low at the side of a shaft that is paler than its cortex."""
    pale = LEAST_DENSITY < piece.density < PALER
    at_side = on_shaft(piece.middle, bone) and lies_beside(piece.middle, bone)
    return _is_broad_and_low(piece.candidate) and pale and at_side


def _is_broad_and_low(candidate: Candidate) -> bool:
    return LEAST_LAYER_MM <= candidate.beyond_mm < LEAST_BEYOND_MM and candidate.volume_mm3 >= LEAST_LAYER_MM3
