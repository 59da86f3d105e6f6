"""Writes volumes as CT scanners do: one CT Image Storage instance a slice (PS3.3 A.3), of any order and encoding.

For the phantom: the demo, the self-test of an installation and the tests send what this writes.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from node.dicom.synthetic.ct_identity import StudyIdentity, common_attributes
from node.dicom.synthetic.ct_jpeg import compress_jpeg_lossless
from node.domain.errors import Refused
from node.domain.progress import Progress
from node.domain.volume import Tube, Volume

SYNTAXES: Final[dict[str, UID]] = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "jpeg-ls": JPEGLSLossless,
    "jpeg2000": JPEG2000Lossless,
    "jpeg-lossless": JPEGLosslessSV1,
    "rle": RLELossless,
}
"""Transfer syntaxes by the name that the command takes."""
_NATIVE: Final = frozenset({ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian})
ORDERS: Final = ("ascending", "descending", "shuffled")


@dataclass(frozen=True)
class SeriesStyle:
    """How a scanner would write one series.

    ``order``: ``ascending`` numbers instances along the third column of the affine, ``descending`` against it,
    ``shuffled`` also writes the files in a random order. Stored values are unsigned with ``bits_stored`` bits, or
    signed; ``padding`` marks the corners outside the reconstruction circle with that stored value.
    """

    role: str
    number: int
    description: str
    tube: Tube
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM7 SPI DUAL")
    kernel: tuple[str, ...] = ("Qr40d", "3")
    slice_thickness_mm: float = 1.0
    intercept: int = -1024
    slope: float = 1.0
    signed: bool = False
    bits_stored: int = 12
    padding: int | None = None
    transfer_syntax: UID = field(default=ExplicitVRLittleEndian)
    order: str = "ascending"
    filter_material: bool = True

    def __post_init__(self) -> None:
        """Raises Refused for an order that is not one of ``ORDERS``."""
        if self.order not in ORDERS:
            raise Refused(f"'{self.order}' is not an order of slices.", hint=f"Known: {', '.join(ORDERS)}.")


def syntax(name: str) -> UID:
    """Transfer syntax by name. Raises Refused for an unknown one."""
    if name not in SYNTAXES:
        raise Refused(f"'{name}' is not a transfer syntax I can write.", hint=f"Known: {', '.join(SYNTAXES)}.")
    return SYNTAXES[name]


def stored_values(volume: Volume, style: SeriesStyle) -> NDArray[np.integer[Any]]:
    """Stored pixel values (z, y, x): (HU - intercept) / slope, clipped to what the pixels hold."""
    low, high = _range(style)
    values = np.rint((volume.hu.astype(np.float64) - style.intercept) / style.slope)
    stored = np.clip(values, low, high).astype(np.int16 if style.signed else np.uint16)
    if style.padding is not None:
        stored[:, _outside_circle(volume.hu.shape[1:])] = style.padding
    return stored


def _range(style: SeriesStyle) -> tuple[int, int]:
    span = 1 << style.bits_stored
    return (-span // 2, span // 2 - 1) if style.signed else (0, span - 1)


def _outside_circle(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    rows, columns = (np.arange(n) - (n - 1) / 2 for n in shape)
    return np.asarray(np.hypot(rows[:, None], columns[None, :]) > max(shape) / 2)


def file_meta(sop_class_uid: str, sop_instance_uid: str, transfer_syntax: UID) -> FileMetaDataset:
    """File meta information (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(sop_instance_uid)
    meta.TransferSyntaxUID = transfer_syntax
    return meta


def numbers_text(values: NDArray[np.float64]) -> list[str]:
    """Decimal strings of at most 16 characters (PS3.5 6.2)."""
    return [f"{float(v):.10g}"[:16] for v in values]


def slice_dataset(volume: Volume, k: int, number: int, identity: StudyIdentity, style: SeriesStyle) -> Dataset:
    """One CT Image Storage instance without its pixels; ``k`` is the slice, ``number`` its Instance Number."""
    affine = volume.geometry.affine
    thick, row_mm, column_mm = volume.geometry.spacing_mm
    ds = common_attributes(identity)
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = identity.uid("instance", style.role, k)
    ds.SeriesInstanceUID = identity.uid("series", style.role)
    ds.SeriesNumber, ds.SeriesDescription = style.number, style.description
    ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = identity.study_date
    ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = identity.study_time
    ds.ImageType = list(style.image_type)
    ds.PatientPosition = identity.patient_position
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = identity.frame_of_reference_uid, ""
    ds.AcquisitionNumber, ds.InstanceNumber = 2, number
    position = affine[:3, :3] @ np.array([0.0, 0.0, float(k)]) + affine[:3, 3]
    ds.ImagePositionPatient = numbers_text(position)
    ds.ImageOrientationPatient = numbers_text(np.concatenate([affine[:3, 0] / column_mm, affine[:3, 1] / row_mm]))
    ds.PixelSpacing = numbers_text(np.array([row_mm, column_mm]))
    ds.SliceThickness = f"{style.slice_thickness_mm:g}"
    normal = np.cross(affine[:3, 0] / column_mm, affine[:3, 1] / row_mm)
    ds.SliceLocation = f"{float(position @ normal):.3f}"
    ds.SpacingBetweenSlices = f"{thick:g}"
    _exposure(ds, style, volume.geometry.shape[2] * column_mm)
    return ds


def _exposure(ds: Dataset, style: SeriesStyle, field_mm: float) -> None:
    """CT Image module (PS3.3 C.8.2.1): tube, filter, kernel."""
    tube = style.tube
    ds.KVP = f"{tube.kvp:g}" if tube.kvp else None
    ds.FilterType = "SN" if tube.has_tin else "0"
    if tube.has_tin and style.filter_material:
        ds.FilterMaterial = "TIN"
    if tube.kev is not None:
        ds.MonoenergeticEnergyEquivalent = tube.kev
    ds.ConvolutionKernel = list(style.kernel)
    ds.DataCollectionDiameter, ds.ReconstructionDiameter = "330", f"{field_mm:.3f}"
    ds.GantryDetectorTilt, ds.TableHeight, ds.RotationDirection = "0", "160", "CW"
    ds.ExposureTime, ds.XRayTubeCurrent, ds.Exposure = 500, 120, 60


def pixel_module(ds: Dataset, style: SeriesStyle, shape: tuple[int, int]) -> None:
    """Image Pixel and rescale attributes (PS3.3 C.7.6.3, C.8.2.1)."""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, style.bits_stored, style.bits_stored - 1
    ds.PixelRepresentation = int(style.signed)
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = str(style.intercept), f"{style.slope:g}", "HU"
    ds.WindowCenter, ds.WindowWidth = ["50", "300"], ["400", "1500"]
    if style.padding is not None:
        ds.add_new("PixelPaddingValue", "SS" if style.signed else "US", style.padding)


def encode_pixels(ds: Dataset, frame: NDArray[np.integer[Any]], transfer_syntax: UID) -> None:
    """Put one frame into the dataset in the transfer syntax, without loss."""
    ds.file_meta = file_meta(ds.SOPClassUID, ds.SOPInstanceUID, ExplicitVRLittleEndian)
    ds.PixelData = np.ascontiguousarray(frame).tobytes()
    ds["PixelData"].VR = "OW"
    if transfer_syntax in _NATIVE:
        ds.file_meta.TransferSyntaxUID = transfer_syntax
    elif transfer_syntax == JPEGLosslessSV1:
        compress_jpeg_lossless(ds)
    else:
        ds.compress(transfer_syntax, generate_instance_uid=False)


def series_datasets(
    volume: Volume, identity: StudyIdentity, style: SeriesStyle, progress: Progress | None = None
) -> Iterator[Dataset]:
    """The instances of a series, complete with pixels and file meta, in the order in which they are written."""
    stored = stored_values(volume, style)
    order = list(range(len(stored)))
    if style.order == "shuffled":
        random.Random(identity.uid("order", style.role)).shuffle(order)
    for n, k in enumerate(order):
        number = len(stored) - k if style.order == "descending" else k + 1
        ds = slice_dataset(volume, k, number, identity, style)
        pixel_module(ds, style, (stored.shape[1], stored.shape[2]))
        encode_pixels(ds, stored[k], style.transfer_syntax)
        yield ds
        if progress is not None:
            progress(f"writing {style.description}", (n + 1) / len(stored))


def write_series(
    volume: Volume, identity: StudyIdentity, style: SeriesStyle, folder: Path, progress: Progress | None = None
) -> tuple[Path, ...]:
    """Write a series into ``folder`` (made where missing), one file an instance; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for n, ds in enumerate(series_datasets(volume, identity, style, progress)):
        path = folder / f"CT{style.number:03d}_{n + 1:05d}.dcm"
        ds.save_as(path, enforce_file_format=True)
        paths.append(path)
    return tuple(paths)
