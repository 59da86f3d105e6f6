"""The words and colours for one deposit that ``findings.json``, the SEG, the SR, the pictures and the command share."""

import unicodedata
from typing import Final

from node.domain.anatomy import UNNAMED
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
DISCLAIMER_SENTENCE: Final = "Investigational; not for primary diagnosis; unverified until a physician signs."

NEARLY_SURE: Final = 0.995
NET: Final = "net"
FINE_MM: Final = 2.5
"""What is thinner is blurred to more than its size: its voxels say little of its volume."""
_RAY_BONES: Final = {
    "MC": "metacarpal",
    "PP": "proximal phalanx",
    "MP": "middle phalanx",
    "DP": "distal phalanx",
}

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


def whereabouts(deposit: Deposit, laterality: Laterality) -> str:
    """The place with its compartment, e.g. ``right digit 2 distal, fingertip pad, palmar``."""
    place = place_words(deposit, laterality)
    return f"{place}, {deposit.compartment}" if deposit.compartment else place


def bone_words(name: str) -> str:
    """A bone's name for a reader, e.g. ``distal phalanx 2`` for ``DP2``."""
    if name == UNNAMED:
        return "an unnamed bone"
    kind, digit = _RAY_BONES.get(name[:2]), name[2:]
    if kind is None:
        return name.replace("_", " ")
    return f"{kind} {digit}" if digit else f"{kind} of uncertain digit"


def contact_words(deposit: Deposit) -> str:
    """Contact with bone and distances, e.g. ``touches distal phalanx 2; 1.2 mm from skin``.

    The blur of bone is as bright as urate, so that contact of urate is never sure.
    """
    names = ", ".join(map(bone_words, deposit.touches or deposit.bones))
    if deposit.touches_bone:
        urate = deposit.material is Material.URATE
        bone = f"at {names}, contact not told for sure" if urate else f"touches {names}"
    elif deposit.distance_to_bone_mm is None:
        bone = "no bone near"
    else:
        bone = f"{deposit.distance_to_bone_mm:.1f} mm from bone" + (f" (near {names})" if names else "")
    return f"{bone}; {deposit.distance_to_skin_mm:.1f} mm from skin"


def confidence_words(deposit: Deposit) -> str:
    """What it is that is so sure, and what lowers it, e.g. ``confidence in kind and place 54 %: bone contact 80 %,
    place 68 %``; it says nothing of the size."""
    parts = deposit.confidence_parts
    named = {
        "material": parts.material,
        "bone contact": parts.bone_contact,
        "contrast to noise": parts.contrast_to_noise,
        "place": parts.label_margin,
    }
    doubts = [f"{name} {percent_words(share)}" for name, share in named.items() if share < NEARLY_SURE]
    sure = f"confidence in kind and place {percent_words(deposit.confidence)}"
    return ": ".join(filter(None, (sure, ", ".join(doubts))))


def percent_words(share: float) -> str:
    """A confidence for a reader. Never 100 %: nothing that is measured is that sure."""
    return "over 99 %" if share >= NEARLY_SURE else f"{100 * share:.0f} %"


def amount_words(deposit: Deposit) -> str:
    """Volume and mass, e.g. ``41.2 mm³, 17.0 mg hydroxyapatite``, and where the volume is not to be relied upon."""
    mass = "" if deposit.mass_mg is None else f", {deposit.mass_mg:.1f} mg hydroxyapatite"
    fine = deposit.short_axis_mm < FINE_MM or deposit.shape.split(",")[0] == NET
    return f"{deposit.volume_mm3:.1f} mm³{mass}" + (", finer than the scan resolves" if fine else "")


def size_words(deposit: Deposit) -> str:
    """Shape and axes, e.g. ``lobulated, 8.1 × 5.2 mm``."""
    return f"{deposit.shape}, {axes_words(deposit)}"


def axes_words(deposit: Deposit) -> str:
    """The long and the short axis, e.g. ``8.1 × 5.2 mm``."""
    return f"{deposit.long_axis_mm:.1f} × {deposit.short_axis_mm:.1f} mm"


def description(deposit: Deposit, laterality: Laterality) -> str:
    """All of the above in one sentence, for a reader."""
    label = f"{MATERIAL_WORDS[deposit.material]} deposit {deposit.number}" + (", for review" if deposit.review else "")
    parts = (
        whereabouts(deposit, laterality),
        amount_words(deposit),
        size_words(deposit),
        contact_words(deposit),
        confidence_words(deposit),
    )
    return f"{label}: {'; '.join(parts)}."


def _region_words(deposit: Deposit) -> str:
    if deposit.region is None:
        return "hand, place uncertain"
    if deposit.region is Region.DIGIT:
        digit = "digit" if deposit.digit is None else f"digit {deposit.digit}"
        return digit if deposit.level is None else f"{digit} {deposit.level}"
    if deposit.level is Level.METACARPAL and deposit.digit is not None:
        return f"metacarpal {deposit.digit}"
    return str(deposit.region)
