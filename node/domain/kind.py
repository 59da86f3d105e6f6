"""What kind of image an instance is. Vendor marks stand on top of DICOM's own attributes and only ever rule out:
no mark proves that an image shows one energy (docs/dicom.md section 1).
"""

import re
from enum import StrEnum

from node.domain.instance import Instance

CT_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2",  # CT Image Storage
        "1.2.840.10008.5.1.4.1.1.2.1",  # Enhanced CT Image Storage
        "1.2.840.10008.5.1.4.1.1.2.2",  # Legacy Converted Enhanced CT Image Storage
    }
)
OWN_NAME = "calcinode"


class Kind(StrEnum):
    """Kinds of image in a study, as far as they matter here."""

    CT = "ct"  # HU at the energy its tube says
    MONOENERGETIC = "monoenergetic"  # virtual monoenergetic, HU at one keV
    MIXED = "mixed"  # a blend of both energies
    MAP = "map"  # material, effective atomic number, iodine …
    TOPOGRAM = "topogram"
    REFORMAT = "reformat"  # MPR, MIP, other secondary images
    OWN = "own"  # made by this software
    OTHER = "other"  # not CT


_MAP_TYPES = frozenset(
    {
        "MAT_SPECIFIC",
        "MAT_REMOVED",
        "MAT_FRACTIONAL",
        "MAT_MODIFIED",
        "MAT_VALUE_BASED",
        "EFF_ATOMIC_NUM",
        "ELECTRON_DENSITY",
    }
)
"""Defined terms of Image Type value 4 for multi-energy images (PS3.3 C.8.15.2.1.1, Supplement 188)."""
_REFORMAT_TYPES = frozenset(
    {
        "MPR",
        "REFORMATTED",
        "CSAPARALLEL",
        "CSARADIAL",
        "CURVED",
        "MIP",
        "MINIP",
        "VRT",
        "PROJECTION",
        "PROJECTION IMAGE",
    }
)
_MIXED_MARK = re.compile(
    r"(?<![A-Z0-9])[FM]_?0[.,]\d+|DE_?MIX|(?<![A-Z])(MIX|MIXED|BLEND|BLENDED|FUSED|AVERAGED?|WEIGHTED)(?![A-Z])",
    re.IGNORECASE,
)
_MAP_MARK = re.compile(
    r"(?<![A-Z])(VNC|VNCA|Z[-_ ]?EFF|RHO|VIRTUAL NON.*|(IODINE|JOD|GOUT|URIC ACID) ?(MAP|OVERLAY|BILD)|"
    r"(IODINE|ELECTRON) (DENSITY|NO WATER)|CA(LCIUM)? ?SUPP.*)(?![A-Z])|\[(MG/ML|Z|%EDW)\]",
    re.IGNORECASE,
)
_TOPOGRAM_MARK = re.compile(r"\btopogram|\bscout\b|\bsurview|\blocali[sz]er|\bscanogram", re.IGNORECASE)


def kind_of(instance: Instance) -> Kind:
    """Kind of the image. ``Kind.CT`` says nothing about its energy being known."""
    if is_own(instance):
        return Kind.OWN
    if instance.sop_class_uid not in CT_CLASSES or instance.modality not in {"CT", ""}:
        return Kind.OTHER
    values = {v.upper() for v in instance.image_type}
    marks = " ".join((*instance.image_type, instance.series_description))
    if "LOCALIZER" in values or _TOPOGRAM_MARK.search(instance.series_description):
        return Kind.TOPOGRAM
    if values & _MAP_TYPES or _MAP_MARK.search(marks):
        return Kind.MAP
    if "VMI" in values or any(f.tube.kev is not None for f in instance.frames[:1]):
        return Kind.MONOENERGETIC
    if _MIXED_MARK.search(marks):
        return Kind.MIXED
    if values & _REFORMAT_TYPES or "SECONDARY" in values:
        return Kind.REFORMAT
    return Kind.CT


def is_own(instance: Instance) -> bool:
    """True for our own results coming back from the PACS; never for a CT image, so that phantoms are measured."""
    names = instance.manufacturer, instance.algorithm_name
    return instance.sop_class_uid not in CT_CLASSES and any(OWN_NAME in n.lower() for n in names)
