"""The head of a DICOM file (PS3.10 section 7.1) for a dataset that is kept as its sender encoded it."""

from struct import pack, unpack_from

from node.dicom.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from node.domain.errors import Refused

PREAMBLE_LENGTH = 128
_PREFIX = b"DICM"


def header(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str, source_ae_title: str = "") -> bytes:
    """Preamble, ``DICM`` and the file meta group (Explicit VR Little Endian); the dataset's bytes follow as they are.

    ``source_ae_title`` goes into (0002,0016) Source Application Entity Title, left out when empty.
    """
    elements = [
        b"\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00\x00\x01",
        _uid_element(0x0002, sop_class_uid),
        _uid_element(0x0003, sop_instance_uid),
        _uid_element(0x0010, transfer_syntax_uid),
        _uid_element(0x0012, IMPLEMENTATION_CLASS_UID),
        _text_element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME, b" "),
    ]
    if source_ae_title:
        elements.append(_text_element(0x0016, b"AE", source_ae_title, b" "))
    group = b"".join(elements)
    length = b"\x02\x00\x00\x00UL\x04\x00" + pack("<I", len(group))
    return bytes(PREAMBLE_LENGTH) + _PREFIX + length + group


def dataset_offset(start: bytes) -> int:
    """Where the dataset begins in a file, from its first 144 bytes (this node writes the group length first).

    Raises Refused when the file has no preamble, prefix or file meta group length.
    """
    tag = b"\x02\x00\x00\x00UL\x04\x00"
    if len(start) < PREAMBLE_LENGTH + 16 or start[PREAMBLE_LENGTH : PREAMBLE_LENGTH + 12] != _PREFIX + tag:
        raise Refused(
            "The file does not begin with a DICOM preamble and file meta information.",
            hint="Only complete DICOM files (PS3.10) can be sent; convert it first, e.g. with dcmconv.",
        )
    (group_length,) = unpack_from("<I", start, PREAMBLE_LENGTH + 12)
    return PREAMBLE_LENGTH + 16 + int(group_length)


def _uid_element(element: int, uid: str) -> bytes:
    return _text_element(element, b"UI", uid, b"\x00")


def _text_element(element: int, vr: bytes, value: str, padding: bytes) -> bytes:
    """A short-form element of group 0002, padded to even length."""
    encoded = value.encode("ascii", "replace")
    encoded += padding * (len(encoded) % 2)
    return pack("<HH2sH", 0x0002, element, vr, len(encoded)) + encoded
