"""The words and colours for findings that the SEG, the SR and the pictures share."""

import unicodedata
from typing import Final

from node.domain.findings import Deposit, Laterality, Level, Material, Region

SIDE_WORDS: Final = {Laterality.RIGHT: "right", Laterality.LEFT: "left", Laterality.UNCERTAIN: ""}
MATERIAL_WORDS: Final = {
    Material.CALCIUM: "Calcium",
    Material.URATE: "Urate",
    Material.INDETERMINATE: "Indeterminate",
}
MATERIAL_RGB: Final = {
    Material.CALCIUM: (230, 159, 0),
    Material.URATE: (86, 180, 233),
    Material.INDETERMINATE: (204, 121, 167),
}
"""Orange, sky blue, reddish purple of the Okabe-Ito palette (jfly.uni-koeln.de/color): apart for the colour-blind."""

DISCLAIMER: Final = "AI - investigational, unverified, not for primary diagnosis"

_PLAIN: Final = str.maketrans(
    {"–": "-", "—": "-", "“": '"', "”": '"', "’": "'", "×": "x", "³": "3", "≥": ">=", "≤": "<="}
)


def plain(text: str) -> str:
    """``text`` in ASCII: accents dropped, typographic signs replaced, the rest as ``?``."""
    flat = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return "".join(c for c in flat if not unicodedata.combining(c)).encode("ascii", "replace").decode()


def hand_words(laterality: Laterality) -> str:
    """``Right hand``, ``Left hand`` or ``Hand, side uncertain``."""
    side = SIDE_WORDS[laterality]
    return f"{side.capitalize()} hand" if side else "Hand, side uncertain"


def place_words(deposit: Deposit, laterality: Laterality) -> str:
    """Where a deposit lies, e.g. ``right digit 2 distal``; what is uncertain is left out or said to be so."""
    side = SIDE_WORDS[laterality]
    words = f"{side} {_region_words(deposit)}".strip()
    return words if side else f"{words}, side uncertain"


def deposit_words(deposit: Deposit, laterality: Laterality) -> str:
    """A deposit's label, e.g. ``Calcium deposit 3, right digit 2 distal``; at most 64 characters (VR LO)."""
    return f"{MATERIAL_WORDS[deposit.material]} deposit {deposit.number}, {place_words(deposit, laterality)}"[:64]


def _region_words(deposit: Deposit) -> str:
    if deposit.region is None:
        return "hand, place uncertain"
    if deposit.region is Region.DIGIT:
        digit = "digit" if deposit.digit is None else f"digit {deposit.digit}"
        return digit if deposit.level is None else f"{digit} {deposit.level}"
    if deposit.level is Level.METACARPAL and deposit.digit is not None:
        return f"metacarpal {deposit.digit}"
    return str(deposit.region)
