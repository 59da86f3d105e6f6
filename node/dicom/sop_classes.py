"""Which SOP classes and transfer syntaxes this node speaks. Presentation contexts and the conformance statement come
from these tables.

Names and UIDs are pydicom's copy of PS3.6 Annex A. All storage classes are accepted: what a scanner or a PACS sends
beside the CT of a study is stored and left alone.
"""

from dataclasses import dataclass

from pydicom._uid_dict import UID_dictionary
from pydicom.uid import (
    JPEG2000,
    UID,
    Comprehensive3DSRStorage,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    LegacyConvertedEnhancedCTImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

VERIFICATION = UID("1.2.840.10008.1.1")
STORAGE_COMMITMENT_PUSH_MODEL = UID("1.2.840.10008.1.20.1")
# PS3.4 J.3.1: the one well-known instance that N-ACTION and N-EVENT-REPORT name
STORAGE_COMMITMENT_PUSH_MODEL_INSTANCE = UID("1.2.840.10008.1.20.1.1")

# What this node makes and sends, all in Explicit VR Little Endian
EMITTED_CLASSES = (SegmentationStorage, Comprehensive3DSRStorage, SecondaryCaptureImageStorage)

ANALYSED_CLASSES = (CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage)

UNCOMPRESSED_SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)

LOSSLESS_SYNTAXES = (
    JPEGLosslessSV1,
    JPEGLossless,
    JPEGLSLossless,
    JPEG2000Lossless,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    RLELossless,
    DeflatedExplicitVRLittleEndian,
)

# stored as they are, refused for measurement
LOSSY_SYNTAXES = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless)

# with or without loss: measured only where Lossy Image Compression (0028,2110) says that it is without
EITHER_SYNTAXES = (JPEG2000,)

# In the order of our preference: the first that the requestor proposes is accepted.
ACCEPTED_SYNTAXES = (*UNCOMPRESSED_SYNTAXES, *LOSSLESS_SYNTAXES, *LOSSY_SYNTAXES, *EITHER_SYNTAXES)


@dataclass(frozen=True)
class StorageClass:
    """A storage SOP class; ``retired`` and ``private`` ones are accepted like the others."""

    uid: UID
    name: str
    retired: bool = False
    private: bool = False


# Classes that vendors send along with a study
_PRIVATE_CLASSES = (
    StorageClass(UID("1.3.12.2.1107.5.9.1"), "Private Siemens CSA Non-Image Storage", private=True),
    StorageClass(UID("1.2.840.113619.4.3"), "Private GE CT Image Storage", private=True),
    StorageClass(UID("1.2.840.113619.4.4"), "Private GE Display Image Storage", private=True),
    StorageClass(UID("1.2.840.113619.4.30"), "Private GE PET Raw Data Storage", private=True),
    StorageClass(UID("1.2.392.200036.9116.7.8.1.1.1"), "Private Toshiba US Storage", private=True),
)

# Newer than pydicom's dictionary
_FURTHER_CLASSES = (
    StorageClass(UID("1.2.840.10008.5.1.4.1.1.66.7"), "Label Map Segmentation Storage"),
    StorageClass(UID("1.2.840.10008.5.1.4.1.1.66.8"), "Height Map Segmentation Storage"),
    StorageClass(UID("1.2.840.10008.5.1.4.1.1.9.100.1"), "Waveform Presentation State Storage"),
    StorageClass(UID("1.2.840.10008.5.1.4.1.1.9.100.2"), "Waveform Acquisition Presentation State Storage"),
)


def _is_storage(name: str, kind: str) -> bool:
    """True for the classes of the Storage Service Class (PS3.4 Annex B), by pydicom's name of them."""
    if kind != "SOP Class" or "Storage" not in name:
        return False
    return not any(word in name for word in ("Commitment", "Directory", "Print", "Hardcopy", "Management"))


def _standard_classes() -> tuple[StorageClass, ...]:
    rows = ((uid, entry) for uid, entry in UID_dictionary.items() if _is_storage(entry[0], entry[1]))
    return tuple(StorageClass(UID(uid), entry[0], retired=bool(entry[3])) for uid, entry in rows)


STORAGE_CLASSES = (*_standard_classes(), *_FURTHER_CLASSES, *_PRIVATE_CLASSES)


def name_of(uid: str) -> str:
    """The name of a SOP class or transfer syntax with its UID, for messages: ``CT Image Storage (1.2.840...)``."""
    own = {row.uid: row.name for row in (*_FURTHER_CLASSES, *_PRIVATE_CLASSES)}
    name = own.get(UID(uid)) or UID(uid).name
    return uid if name == uid else f"{name} ({uid})"
