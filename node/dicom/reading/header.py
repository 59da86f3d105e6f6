"""Header of a DICOM file → ``Instance``. Never decodes pixels; the receiver may call it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from node.dicom.reading.attributes import Lookup, lookup_in, lookup_of, number, text, texts, whole
from node.dicom.reading.content import content_digest, demographics_digest, enter_pixel_data, pixel_digest
from node.dicom.reading.contrast import contrast_agent, is_lossy
from node.dicom.reading.multiframe import frame_lookups, frames_of
from node.dicom.reading.pixel_layout import NATIVE_SYNTAXES, expected_bytes, stored_pixels
from node.dicom.reading.quick_header import QUICK_BYTES, quick_header
from node.domain.errors import NodeError, Refused
from node.domain.instance import Instance
from node.domain.kind import CT_CLASSES

_UNDEFINED = 0xFFFFFFFF
_AGAIN = "Send the image again."
_UID = re.compile(r"[0-9.]{1,64}")
_REQUIRED_UIDS = ("SOPInstanceUID", "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID")


def read_instance(source: Path) -> Instance:
    """Facts of the instance in ``source``.

    Raises Refused where the file is not DICOM, is truncated, or lacks a UID.
    """
    with source.open("rb") as file, _damage_refused(source.name):
        quick = quick_header(file.read(QUICK_BYTES))
        if quick is None:
            file.seek(0)
            return _read_by_pydicom(file, source.name)
        file.seek(quick.end)
        return _complete(lookup_in(quick), quick.transfer_syntax_uid, file, source.name)


def _read_by_pydicom(file: BinaryIO, name: str) -> Instance:
    dataset = dcmread(file, stop_before_pixels=True)
    _check_syntax(dataset, name)
    _check_last_element(dataset, name)
    syntax = text(dataset.file_meta.TransferSyntaxUID)
    pixels = _inflated(file) if syntax == DeflatedExplicitVRLittleEndian else file
    return _complete(lookup_of(dataset), syntax, pixels, name)


def _complete(lookup: Lookup, syntax: str, pixels: BinaryIO, name: str) -> Instance:
    """``pixels`` stands before the pixel data element."""
    _check_uids(lookup, name)
    return _with_pixels(_instance(lookup, syntax), lookup, pixels)


@contextmanager
def _damage_refused(name: str) -> Iterator[None]:
    """The one place where what pydicom raises on a damaged file becomes Refused; the disk's errors pass."""
    try:
        yield
    except (NodeError, MemoryError):
        raise
    except InvalidDicomError as error:
        raise Refused(f"{name} is not a DICOM file: the mark DICM is absent.", hint="Send DICOM images.") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Refused(f"{name} is damaged or truncated: {error}.", hint=_AGAIN) from error


def _check_last_element(dataset: FileDataset, name: str) -> None:
    """pydicom keeps a value that the end of the file cut short: its declared length tells."""
    last: object = dataset.get_item(max(dataset.keys(), default=Tag(0)))
    if isinstance(last, RawDataElement) and last.length != _UNDEFINED and len(last.value or b"") < last.length:
        raise Refused(f"{name} is truncated in its header, at {last.tag}.", hint=_AGAIN)


def _check_syntax(dataset: FileDataset, name: str) -> None:
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if not syntax:
        raise Refused(f"{name} does not tell its transfer syntax (0002,0010).", hint="Send it as a DICOM file.")
    if syntax == ExplicitVRBigEndian:
        raise Refused(f"{name} is in Explicit VR Big Endian, which DICOM has retired.", hint="Send little endian.")


def _inflated(file: BinaryIO) -> BinaryIO:
    """Pixel data element of a deflated file as a stream, in Explicit VR Little Endian."""
    file.seek(0)
    dataset = dcmread(file)
    if "PixelData" not in dataset:
        return BytesIO()
    value = dataset.get_item("PixelData").value
    return BytesIO(b"\xe0\x7f\x10\x00OW\0\0" + len(value).to_bytes(4, "little") + value)


def _check_uids(lookup: Lookup, name: str) -> None:
    missing = [k for k in _REQUIRED_UIDS if not text(lookup(k))]
    if missing:
        raise Refused(
            f"{name} is truncated or not an image: {', '.join(missing)} missing.",
            hint="Send the image again; a DICOMDIR is not needed.",
        )
    for keyword in _REQUIRED_UIDS:
        if not _UID.fullmatch(text(lookup(keyword))):
            raise Refused(f"{name}: {keyword} is not a UID (digits and dots, at most 64).", hint="Ask the sender.")


def _with_pixels(instance: Instance, lookup: Lookup, pixels: BinaryIO) -> Instance:
    """The instance with what its pixel data tells: content digest and layout."""
    syntax = instance.transfer_syntax_uid
    native = syntax in NATIVE_SYNTAXES
    length = enter_pixel_data(pixels, implicit_vr=syntax == ImplicitVRLittleEndian)
    if length is None and (instance.frames or instance.rows or instance.sop_class_uid in CT_CLASSES):
        raise Refused("The file is truncated: it has a header but no pixel data.", hint=_AGAIN)
    layout = None if length is None else stored_pixels(lookup, syntax, pixels.tell())
    digest = "" if length is None else pixel_digest(pixels, length, expected_bytes(lookup) if native else None)
    content = content_digest(instance, digest if native else f"{syntax}{digest}")
    return replace(instance, content_digest=content, stored_pixels=layout)


def _instance(lookup: Lookup, syntax: str) -> Instance:
    lookups = frame_lookups(lookup)
    first = lookups[0]
    return Instance(
        sop_instance_uid=text(lookup("SOPInstanceUID")),
        sop_class_uid=text(lookup("SOPClassUID")),
        transfer_syntax_uid=syntax,
        study_instance_uid=text(lookup("StudyInstanceUID")),
        series_instance_uid=text(lookup("SeriesInstanceUID")),
        content_digest="",
        frame_of_reference_uid=text(lookup("FrameOfReferenceUID")),
        image_type=texts(first("FrameType")) or texts(lookup("ImageType")),
        instance_number=whole(lookup("InstanceNumber")),
        acquisition_datetime=_acquired(first),
        photometric_interpretation=text(lookup("PhotometricInterpretation")),
        rows=whole(lookup("Rows")) or 0,
        columns=whole(lookup("Columns")) or 0,
        contrast_agent=contrast_agent(first),
        lossy=is_lossy(lookup, syntax),
        multi_energy=text(lookup("MultienergyCTAcquisition")).upper() == "YES",
        algorithm_name=_algorithm_name(lookup),
        frames=frames_of(lookups),
        demographics_digest=demographics_digest(lookup),
        **_described(lookup),
        **_reconstructed(first),
    )


def _described(lookup: Lookup) -> dict[str, Any]:
    return {
        "patient_id": text(lookup("PatientID")),
        "modality": text(lookup("Modality")),
        "series_number": whole(lookup("SeriesNumber")),
        "series_description": text(lookup("SeriesDescription")),
        "study_description": text(lookup("StudyDescription")),
        "station_name": text(lookup("StationName")),
        "manufacturer": text(lookup("Manufacturer")),
    }


def _reconstructed(lookup: Lookup) -> dict[str, Any]:
    """What Enhanced CT keeps in functional groups and plain CT at the top."""
    return {
        "patient_position": text(lookup("PatientPosition")),
        "convolution_kernel": text(lookup("ConvolutionKernel")),
        "rescale_type": text(lookup("RescaleType")),
        "slice_thickness_mm": number(lookup("SliceThickness")),
    }


def _acquired(lookup: Lookup) -> str:
    """Time of acquisition as a DICOM DT, the series' or content's where it is not told."""
    for keyword in ("AcquisitionDateTime", "FrameAcquisitionDateTime"):
        if value := text(lookup(keyword)):
            return value
    for prefix in ("Acquisition", "Content", "Series", "Study"):
        if date := text(lookup(f"{prefix}Date")):
            return date + text(lookup(f"{prefix}Time"))
    return ""


def _algorithm_name(lookup: Lookup) -> str:
    """Name of the software that made a derived object: how our own objects are recognised when they come back."""
    for keyword in ("SegmentSequence", "ContributingEquipmentSequence"):
        sequence = lookup(keyword)
        for item in sequence or ():
            inner = lookup_of(item)
            if name := text(inner("SegmentAlgorithmName")) or text(inner("ManufacturerModelName")):
                return name
    return text(lookup("ManufacturerModelName"))
