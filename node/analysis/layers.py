"""Thin layers on a shaft: too near to the bone's usual surface to be told from it, too broad to be silent about.

A plate of calcium that lies flat on the cortex and a periosteal reaction look alike; both are paler than the cortex,
half of whose blur they take. A reader judges them. Elsewhere, at joints and in the carpus, bone itself is as uneven.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.model import HandAnatomy, NamedBone
from node.analysis.attachment import LEAST_BEYOND_MM
from node.analysis.bone_ends import Piece, piece_of
from node.analysis.candidates import Candidate
from node.analysis.limbs import Limb
from node.analysis.skeleton import Skeleton
from node.analysis.spurs import LEAST_DENSITY, PALER, lies_beside, on_shaft

LEAST_LAYER_MM: Final = 0.95
LEAST_LAYER_MM3: Final = 10.0
"""What stands off less far, or is smaller, is a bone's own edge or noise."""


def layers(
    candidates: Sequence[Candidate],
    anatomy: HandAnatomy,
    skeleton: Skeleton,
    image: NDArray[np.int16],
    soft_hu: float,
    limb: Limb,
) -> tuple[Candidate, ...]:
    """Those of ``candidates`` that may be a layer of calcium on a shaft, all ``doubtful``.

    ``skeleton`` is without them; ``image``: the detection image, int16 (z, y, x), HU.
    """
    found = []
    for candidate in candidates:
        bone = anatomy.named(anatomy.bones.get(candidate.bone, ""))
        if bone is None or not _is_broad_and_low(candidate):  # most are not, and a piece takes time to describe
            continue
        if may_be_layer(piece_of(candidate, skeleton, image, soft_hu, limb), bone):
            found.append(replace(candidate, doubtful=True))
    return tuple(found)


def may_be_layer(piece: Piece, bone: NamedBone) -> bool:
    """True for something broad and low at the side of a shaft that is paler than its cortex."""
    pale = LEAST_DENSITY < piece.density < PALER
    at_side = on_shaft(piece.middle, bone) and lies_beside(piece.middle, bone)
    return _is_broad_and_low(piece.candidate) and pale and at_side


def _is_broad_and_low(candidate: Candidate) -> bool:
    return LEAST_LAYER_MM <= candidate.beyond_mm < LEAST_BEYOND_MM and candidate.volume_mm3 >= LEAST_LAYER_MM3
