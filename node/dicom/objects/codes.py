"""The one table of codes that our objects use, each with its source.

Sources, as docs/dicom.md section 4 marks them: ``P`` in pydicom 3's code dictionary (with a context group where one
is named); ``UCUM`` built by that standard's own syntax; ``L`` a public picker list with valid check digits, not an
authority; ``99CALC`` our own scheme, declared in every object's Coding Scheme Identification Sequence. Nothing stands
here that none of these sources holds.
"""

from enum import Enum
from typing import Final

from pydicom.sr.coding import Code

from node.domain.sctc_style import NAME

PRIVATE_SCHEME: Final = "99CALC"


class Concept(Enum):
    """A coded concept: value, scheme, meaning, source."""

    # What is found
    PATHOLOGIC_CALCIFICATION = ("18115005", "SCT", "Pathologic calcification", "P, CID 6335")
    URATE_DEPOSIT = ("URATE", PRIVATE_SCHEME, "Monosodium urate deposit", "99CALC: no public code found")
    MINERAL_DEPOSIT = (
        "MINERAL",
        PRIVATE_SCHEME,
        "Mineral deposit, material indeterminate",
        "99CALC: not in CID 7151",
    )
    MORPHOLOGICALLY_ABNORMAL = ("49755003", "SCT", "Morphologically Abnormal Structure", "P, CID 7150")
    SOFT_TISSUE_CALCINOSIS = ("CALCINOSIS", PRIVATE_SCHEME, "Soft-tissue calcinosis", "99CALC: no public code found")
    MONOSODIUM_URATE = ("MSU", PRIVATE_SCHEME, "Monosodium urate deposits", "99CALC: no public code found")

    # Material
    MATERIAL = ("MATERIAL", PRIVATE_SCHEME, "Material of deposit", "99CALC: no public code found")
    CALCIUM = ("5540006", "SCT", "Calcium", "P, CID 300")
    URIC_ACID = ("1710001", "SCT", "Uric Acid", "P, CID 300")

    # Answers
    PRESENT = ("52101004", "SCT", "Present", "P, CID 240")
    ABSENT = ("272519000", "SCT", "Absent", "P, CID 240")
    UNDETERMINED = ("373068000", "SCT", "Undetermined", "P, CID 240")
    YES = ("373066001", "SCT", "Yes", "P, CID 230")
    NO = ("373067005", "SCT", "No", "P, CID 230")
    RIGHT = ("24028007", "SCT", "Right", "P, CID 244")
    LEFT = ("7771000", "SCT", "Left", "P, CID 244")

    # Places
    HAND = ("85562004", "SCT", "Hand", "P, CID 4031")
    FINGER = ("7569003", "SCT", "Finger", "P, CID 4031")
    THUMB = ("76505004", "SCT", "Thumb", "P, CID 4031")
    FOREARM = ("14975008", "SCT", "Forearm", "P, CID 4031")
    WRIST = ("74670003", "SCT", "Wrist joint", "P, CID 4031")
    DIGIT = ("82680008", "SCT", "Digit", "P, CID 7482")
    METACARPUS = ("36455000", "SCT", "Metacarpus", "P, CID 7482")
    DIGIT_1 = ("DIGIT1", PRIVATE_SCHEME, "Digit 1", "99CALC: no public code found by number")
    DIGIT_2 = ("DIGIT2", PRIVATE_SCHEME, "Digit 2", "99CALC: no public code found by number")
    DIGIT_3 = ("DIGIT3", PRIVATE_SCHEME, "Digit 3", "99CALC: no public code found by number")
    DIGIT_4 = ("DIGIT4", PRIVATE_SCHEME, "Digit 4", "99CALC: no public code found by number")
    DIGIT_5 = ("DIGIT5", PRIVATE_SCHEME, "Digit 5", "99CALC: no public code found by number")

    # Measurements and their modifiers
    VOLUME = ("118565006", "SCT", "Volume", "P, CID 7469")
    VOXEL_SUM = ("126030", "DCM", "Sum of segmented voxel method for volume", "P, CID 7474")
    CALCIUM_MASS = ("122661", "DCM", "Calcium Mass", "P")
    ATTENUATION = ("112031", "DCM", "Attenuation Coefficient", "P, CID 7469")
    LONG_AXIS = ("103339001", "SCT", "Long axis", "P, CID 7470")
    SHORT_AXIS = ("103340004", "SCT", "Short axis", "P, CID 7470")
    LENGTH = ("410668003", "SCT", "Length", "P, CID 7470")
    CERTAINTY = ("111012", "DCM", "Certainty of Finding", "P, CID 6048")
    CERTAINTY_MATERIAL = ("CERTMATERIAL", PRIVATE_SCHEME, "Certainty: material", "99CALC: part of 111012 DCM")
    CERTAINTY_CONTACT = ("CERTCONTACT", PRIVATE_SCHEME, "Certainty: contact with bone", "99CALC: part of 111012 DCM")
    CERTAINTY_CONTRAST = ("CERTCNR", PRIVATE_SCHEME, "Certainty: contrast to noise", "99CALC: part of 111012 DCM")
    CERTAINTY_PLACE = ("CERTPLACE", PRIVATE_SCHEME, "Certainty: margin of the place", "99CALC: part of 111012 DCM")
    NUMBER_OF_LESIONS = ("246206008", "SCT", "Number of lesions", "P")
    MEAN = ("373098007", "SCT", "Mean", "P, CID 7464")
    STANDARD_DEVIATION = ("386136009", "SCT", "Standard Deviation", "P, CID 7464")
    MAXIMUM = ("56851009", "SCT", "Maximum", "P, CID 7464")
    TOTAL = ("255619001", "SCT", "Total", "P, CID 7464")
    LOW_ENERGY = ("LOWENERGY", PRIVATE_SCHEME, "Low-energy image", "99CALC: no public code found")
    HIGH_ENERGY = ("HIGHENERGY", PRIVATE_SCHEME, "High-energy image", "99CALC: no public code found")
    RATIO = ("DERATIO", PRIVATE_SCHEME, "Dual-energy ratio, low to high", "99CALC: no public code found")
    SKIN_DISTANCE = ("SKINDIST", PRIVATE_SCHEME, "Distance to skin surface", "99CALC: no public code found")
    BONE_DISTANCE = ("BONEDIST", PRIVATE_SCHEME, "Distance to nearest bone", "99CALC: no public code found")
    REVIEW_COUNT = (
        "REVIEWN",
        PRIVATE_SCHEME,
        "Number of deposits for review, not in totals",
        "99CALC: our own",
    )
    REVIEW_VOLUME = ("REVIEWVOL", PRIVATE_SCHEME, "Volume for review, not in totals", "99CALC: our own")
    URATE_VOLUME = ("URATEVOL", PRIVATE_SCHEME, "Volume of monosodium urate", "99CALC: no public code found")
    SCTC_STYLE_SCORE = ("SCTCSTYLE", PRIVATE_SCHEME, NAME, "99CALC: our own, weights of the configuration")

    # Qualities
    TOUCHES_BONE = ("TOUCHBONE", PRIVATE_SCHEME, "Deposit touches bone", "99CALC: no public code found")
    TOUCHED_BONE = ("TOUCHEDBONE", PRIVATE_SCHEME, "Bone touched by deposit", "99CALC: no public code found")
    NEAREST_BONE = ("NEARBONE", PRIVATE_SCHEME, "Nearest bone", "99CALC: no public code found")
    OTHER_BONE = ("OTHERBONE", PRIVATE_SCHEME, "Further bone near deposit", "99CALC: no public code found")
    REVIEW = ("REVIEW", PRIVATE_SCHEME, "Needs review by a reader", "99CALC: our own")
    PLACE = ("PLACE", PRIVATE_SCHEME, "Place of deposit in words", "99CALC: our own")
    SHAPE = ("SHAPE", PRIVATE_SCHEME, "Shape of deposit in words", "99CALC: our own")
    DESCRIPTION = ("DESCRIPTION", PRIVATE_SCHEME, "Deposit in words", "99CALC: our own")
    PART_TOTALS = ("PARTTOTALS", PRIVATE_SCHEME, "Sums of a part of the hand in words", "99CALC: our own")
    SCORE_IN_WORDS = ("SCTCSTYLETEXT", PRIVATE_SCHEME, f"{NAME}, in words", "99CALC: our own")
    COVERAGE = ("COVERAGE", PRIVATE_SCHEME, "Coverage of hand by the images", "99CALC: our own")
    OTHER_COVERAGE = ("OTHERCOVER", PRIVATE_SCHEME, "Coverage of the other hand by the images", "99CALC: our own")
    COVERED = ("COVERED", PRIVATE_SCHEME, "Covered", "99CALC: our own")
    PARTLY_COVERED = ("PARTLYCOVERED", PRIVATE_SCHEME, "Partly covered", "99CALC: our own")
    NOT_COVERED = ("NOTCOVERED", PRIVATE_SCHEME, "Not covered", "99CALC: our own")
    NOTE = ("121106", "DCM", "Comment", "P: what was found, in short, and what was not listed")
    LIMIT = ("LIMIT", PRIVATE_SCHEME, "Limit of assessment", "99CALC: our own")
    ACRO_OSTEOLYSIS_1 = (
        "ACROLYSIS1",
        PRIVATE_SCHEME,
        "Acro-osteolysis of digit 1",
        "99CALC: HP:0009771 by digit",
    )
    ACRO_OSTEOLYSIS_2 = (
        "ACROLYSIS2",
        PRIVATE_SCHEME,
        "Acro-osteolysis of digit 2",
        "99CALC: HP:0009771 by digit",
    )
    ACRO_OSTEOLYSIS_3 = (
        "ACROLYSIS3",
        PRIVATE_SCHEME,
        "Acro-osteolysis of digit 3",
        "99CALC: HP:0009771 by digit",
    )
    ACRO_OSTEOLYSIS_4 = (
        "ACROLYSIS4",
        PRIVATE_SCHEME,
        "Acro-osteolysis of digit 4",
        "99CALC: HP:0009771 by digit",
    )
    ACRO_OSTEOLYSIS_5 = (
        "ACROLYSIS5",
        PRIVATE_SCHEME,
        "Acro-osteolysis of digit 5",
        "99CALC: HP:0009771 by digit",
    )

    # The document
    REPORT = ("126000", "DCM", "Imaging Measurement Report", "P, CID 7021")
    CT_PROCEDURE = ("25045-6", "LN", "CT unspecified body region", "P, CID 100")
    MORPHOLOGICAL_OPERATIONS = ("123104", "DCM", "Morphological Operations", "P, CID 7162: rules, no learned model")
    DEVICE = ("121007", "DCM", "Device", "P, CID 270")
    SOURCE = ("260753009", "SCT", "Source", "P")

    # Units
    CUBIC_MILLIMETRE = ("mm3", "UCUM", "cubic millimeter", "P, CID 7181")
    MILLIMETRE = ("mm", "UCUM", "mm", "P, CID 7181")
    MILLIGRAM = ("mg", "UCUM", "milligram", "UCUM: prefix m, unit g")
    HOUNSFIELD = ("[hnsf'U]", "UCUM", "Hounsfield unit", "P, CID 7181")
    UNITY = ("1", "UCUM", "no units", "P, CID 7181")
    RATIO_UNIT = ("{ratio}", "UCUM", "ratio", "P, CID 7181")
    PERCENT = ("%", "UCUM", "Percent", "P")

    def __init__(self, value: str, scheme: str, meaning: str, source: str) -> None:
        self.code = Code(value, scheme, meaning)
        self.source = source


ACRO_OSTEOLYSIS: Final = {
    1: Concept.ACRO_OSTEOLYSIS_1,
    2: Concept.ACRO_OSTEOLYSIS_2,
    3: Concept.ACRO_OSTEOLYSIS_3,
    4: Concept.ACRO_OSTEOLYSIS_4,
    5: Concept.ACRO_OSTEOLYSIS_5,
}
"""The question "acro-osteolysis?" by digit, 1 (thumb) to 5."""

DIGITS: Final = {
    1: Concept.DIGIT_1,
    2: Concept.DIGIT_2,
    3: Concept.DIGIT_3,
    4: Concept.DIGIT_4,
    5: Concept.DIGIT_5,
}
"""Which digit, as a modifier of the finger."""

BONE_SOURCE: Final = "L: SNOMED CT, lateralised, from a public picker list; check digits valid"
_BONES: Final = {
    "radius": ("719465008", "719464007"),
    "ulna": ("719463001", "719462006"),
    "scaphoid": ("724197000", "724196009"),
    "lunate": ("737404009", "737403003"),
    "triquetrum": ("764824001", "764825000"),
    "pisiform": ("764706005", "764702007"),
    "trapezium": ("764662000", "764661007"),
    "trapezoid": ("787048007", "787049004"),
    "capitate": ("764659003", "764658006"),
    "hamate": ("764747008", "764746004"),
    "MC1": ("762017002", "762016006"),
    "MC2": ("762035006", "762033004"),
    "MC3": ("762042006", "762041004"),
    "MC4": ("762028003", "762027008"),
    "MC5": ("762011001", "762010000"),
    "PP1": ("762869006", "762868003"),
    "PP2": ("762861009", "762860005"),
    "PP3": ("762855006", "762854005"),
    "PP4": ("762843000", "762842005"),
    "PP5": ("762841003", "762840002"),
    "MP2": ("762863007", "762862002"),
    "MP3": ("762857003", "762856007"),
    "MP4": ("762845007", "762844006"),
    "MP5": ("762839004", "762838007"),
    "DP1": ("762867008", "762866004"),
    "DP2": ("762865000", "762864001"),
    "DP3": ("762859000", "762858008"),
    "DP4": ("762847004", "762846008"),
    "DP5": ("762837002", "762836006"),
}
"""SNOMED CT codes (right, left) by the bone's name in ``domain.anatomy``; source: ``BONE_SOURCE``."""

_DIGIT_NAMES: Final = {1: "thumb", 2: "index finger", 3: "middle finger", 4: "ring finger", 5: "little finger"}
_SEGMENT_NAMES: Final = {"PP": "Proximal phalanx", "MP": "Middle phalanx", "DP": "Distal phalanx"}


def _bone_meaning(name: str, side: str) -> str:
    if name in ("radius", "ulna"):
        return f"Bone of {side} {name}"
    if name.startswith("MC"):
        return f"Metacarpal bone {name[2]} of {side} hand"
    if name[:2] in _SEGMENT_NAMES and name[2:].isdigit():
        return f"{_SEGMENT_NAMES[name[:2]]} of {side} {_DIGIT_NAMES[int(name[2])]}"
    return f"{name.capitalize()} bone of {side} wrist"


BONES: Final[dict[tuple[str, str], Code]] = {
    (name, side): Code(value, "SCT", _bone_meaning(name, {"R": "right", "L": "left"}[side]))
    for name, values in _BONES.items()
    for side, value in zip("RL", values, strict=True)
}
"""Each bone of a hand with its side: (name of ``domain.anatomy``, ``R`` or ``L``) → code; source: ``BONE_SOURCE``."""
