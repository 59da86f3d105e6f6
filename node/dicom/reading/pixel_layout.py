"""How the pixels of an instance are stored, by its header."""

from typing import Final

from pydicom.uid import DeflatedExplicitVRLittleEndian

from node.dicom.reading.attributes import Lookup, whole
from node.dicom.sop_classes import UNCOMPRESSED_SYNTAXES
from node.domain.instance import StoredPixels

NATIVE_SYNTAXES: Final = frozenset({*UNCOMPRESSED_SYNTAXES, DeflatedExplicitVRLittleEndian})
"""Transfer syntaxes whose pixel data is not compressed (PS3.5 Annex A.1, A.2); deflated is the whole dataset (A.5)."""


def stored_pixels(lookup: Lookup, transfer_syntax_uid: str, offset: int) -> StoredPixels | None:
    """The layout of pixel data that begins at ``offset``; None unless it is plain 16-bit words of one channel."""
    if transfer_syntax_uid not in UNCOMPRESSED_SYNTAXES:
        return None
    bits = whole(lookup("BitsStored")) or 0
    if whole(lookup("BitsAllocated")) != 16 or not 0 < bits <= 16 or (whole(lookup("SamplesPerPixel")) or 1) != 1:
        return None
    return StoredPixels(offset, bits, bool(whole(lookup("PixelRepresentation"))), padding(lookup))


def padding(lookup: Lookup) -> tuple[int, int] | None:
    """Stored values that mean “no pixel here” (PS3.3 C.7.5.1.1.2), smallest and largest."""
    value, limit = whole(lookup("PixelPaddingValue")), whole(lookup("PixelPaddingRangeLimit"))
    if value is None:
        return None
    bits, signed = whole(lookup("BitsAllocated")) or 16, bool(whole(lookup("PixelRepresentation")))
    both = [_as_stored(v, bits, signed) for v in (value, value if limit is None else limit)]
    return min(both), max(both)


def _as_stored(value: int, bits_allocated: int, signed: bool) -> int:
    """Senders write a padding value with the other sign's VR (US for SS): the same bits as a pixel is stored with."""
    bits = 1 << bits_allocated
    value %= bits
    return value - bits if signed and value >= bits // 2 else value


def expected_bytes(lookup: Lookup) -> int:
    """Length of native pixel data (PS3.5 section 8.1.1)."""
    counts = (whole(lookup(k)) or 0 for k in ("Rows", "Columns", "BitsAllocated"))
    rows, columns, bits = counts
    samples, frames = (whole(lookup(k)) or 1 for k in ("SamplesPerPixel", "NumberOfFrames"))
    if lookup("PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2  # two pixels share their colour (PS3.3 C.7.6.3.1.2)
    return (rows * columns * samples * frames * bits + 7) // 8
