"""Why a deposit is left to a reader, in the words that stand for its shape in all results."""

from enum import StrEnum


class Reason(StrEnum):
    """What a body may as well be, all but the last three a part of the skeleton."""

    IN_PLACE_OF_BONE = "bone surface, or calcium in the place of bone"
    FINGERTIP = "bone surface, or a part of the fingertip's bone"
    RAGGED = "bone surface, small or ragged"
    OSTEOPHYTE = "bone surface, or an osteophyte"
    LAYER = "bone surface, or a layer on the shaft"
    SESAMOID = "bone surface, or a sesamoid"
    OSSICLE = "bone surface, or an accessory ossicle"
    ARTERY = "arterial wall, or a bit of calcium"
    METAL = "beside metal"
    FAINT = "too faint to tell"

    @property
    def is_common(self) -> bool:
        """True for what healthy hands have too, or noise makes; metal is no reason to leave a body out."""
        return self is not Reason.METAL
