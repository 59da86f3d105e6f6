"""Two things that forbid measuring: a contrast agent, and pixels that were compressed with loss."""

from pydicom.uid import HTJ2K, UID

from node.dicom.reading.attributes import Lookup, items, lookup_of, text
from node.dicom.sop_classes import EITHER_SYNTAXES, LOSSY_SYNTAXES

_NO_AGENT = frozenset({"", "NO", "NONE", "N", "NEIN", "OHNE", "KEIN", "KEINE", "0", "NATIV", "NATIVE", "WITHOUT"})
_MAYBE_LOSSY_SYNTAXES = frozenset({*EITHER_SYNTAXES, HTJ2K, UID("1.2.840.10008.1.2.4.112")})
"""Besides those that are received: high-throughput JPEG 2000 and JPEG XL, of files in a folder."""


def contrast_agent(lookup: Lookup) -> str:
    """Name of the contrast agent, empty where none was given."""
    name = text(lookup("ContrastBolusAgent"))
    if name.upper() not in _NO_AGENT:
        return name
    for item in items(lookup("ContrastBolusUsageSequence")):
        if text(lookup_of(item)("ContrastBolusAgentAdministered")).upper() == "YES":
            return "contrast agent"
    if name.upper() in _NO_AGENT - {""}:
        return ""
    for item in items(lookup("ContrastBolusAgentSequence")):
        return text(lookup_of(item)("CodeMeaning")) or "contrast agent"
    return ""


def is_lossy(lookup: Lookup, transfer_syntax_uid: str) -> bool:
    """True where Lossy Image Compression (0028,2110) says so, or the transfer syntax cannot be without loss."""
    stated = text(lookup("LossyImageCompression"))
    if stated == "01" or transfer_syntax_uid in LOSSY_SYNTAXES:
        return True
    return transfer_syntax_uid in _MAYBE_LOSSY_SYNTAXES and stated != "00"
