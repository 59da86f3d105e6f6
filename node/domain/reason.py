"""Why something was done or not done: a code for programs, a sentence and a hint for a person."""

from dataclasses import dataclass
from enum import StrEnum


class ReasonCode(StrEnum):
    """What kept a study or a series from being measured. The values are stable: they go into the journal."""

    ONE_ENERGY = "one_energy"
    ENERGY_MISSING = "energy_missing"
    MISSING_SLICES = "missing_slices"
    UNEVEN_SPACING = "uneven_spacing"
    DOUBLED_SLICES = "doubled_slices"
    TOO_FEW_SLICES = "too_few_slices"
    MISALIGNED = "misaligned"
    GANTRY_TILT = "gantry_tilt"
    FRAME_OF_REFERENCE = "frame_of_reference"
    KERNEL = "kernel"
    NOT_HU = "not_hu"
    ENERGY_UNKNOWN = "energy_unknown"
    ENERGIES_NOT_ORDERED = "energies_not_ordered"
    ENERGIES_TOO_CLOSE = "energies_too_close"
    CONTRAST_AGENT = "contrast_agent"
    LOSSY = "lossy_compression"
    TWO_STUDIES = "two_studies"
    TWO_PATIENTS = "two_patients"
    AMBIGUOUS = "ambiguous"
    MONOENERGETIC_NOT_ENABLED = "monoenergetic_not_enabled"
    PHOTOMETRIC = "photometric"
    NOT_DUAL_ENERGY = "not_dual_energy"
    TOPOGRAM = "topogram"
    MIXED = "mixed"
    MAP = "map"
    REFORMAT = "reformat"
    NOT_CT = "not_ct"
    OWN_OBJECT = "own_object"
    OTHER_PAIR = "other_pair"
    CHOSEN_LOW = "chosen_low"
    CHOSEN_HIGH = "chosen_high"


INCOMPLETE_CODES = frozenset({ReasonCode.ENERGY_MISSING, ReasonCode.MISSING_SLICES})
"""Reasons that a late slice may still cure (DESIGN.md section 1, state ``incomplete``)."""


@dataclass(frozen=True)
class Reason:
    """``sentence`` says what was found and what was expected, ``hint`` what the reader can do about it."""

    code: ReasonCode
    sentence: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()
