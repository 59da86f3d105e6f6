"""Small CT studies as datasets and files, built with pydicom alone: what the reading side is tested against."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from node.dicom.reading.header import read_instance
from node.domain.instance import Instance
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, ExplicitVRLittleEndian

CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT_CLASS = "1.2.840.10008.5.1.4.1.1.2.1"
SECONDARY_CAPTURE_CLASS = "1.2.840.10008.5.1.4.1.1.7"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def uid(*parts: object) -> str:
    """A UID that depends on ``parts`` alone."""
    return f"2.25.{int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:15], 'big')}"


@dataclass(frozen=True)
class CtSeries:
    """One series. ``step_mm`` from plane to plane is along the normal unless ``step`` gives the vector (tilt)."""

    kvp: float | str | None = 80
    number: int = 3
    description: str = ""
    shape: tuple[int, int, int] = (8, 6, 5)
    step_mm: float = 1.0
    step: tuple[float, float, float] | None = None
    pixel_spacing: tuple[float, float] = (0.5, 0.5)
    origin: tuple[float, float, float] = (-10.0, 20.0, 30.0)
    orientation: tuple[float, ...] = AXIAL
    slope: float = 1.0
    intercept: float = -1024.0
    bits_stored: int = 12
    signed: bool = False
    syntax: str = ExplicitVRLittleEndian
    study: str = "study"
    frame_of_reference: str = "reference"
    patient_id: str = "P1"
    acquisition_number: int | None = 2
    series: str | None = None
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "AXIAL")
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def step_vector(self) -> NDArray[np.float64]:
        """Vector from plane to plane in mm."""
        if self.step is not None:
            return np.array(self.step)
        return np.cross(self.orientation[:3], self.orientation[3:]) * self.step_mm

    def position(self, k: int) -> list[float]:
        """Image Position (Patient) of plane k."""
        return [float(f"{v:.8g}") for v in np.array(self.origin) + k * self.step_vector]


LOW = CtSeries(kvp=80, number=3, description="Hand DE 1.0 Qr40 A_80kV", extra={"FilterType": "0"})
HIGH = CtSeries(kvp=140, number=4, description="Hand DE 1.0 Qr40 B_Sn140kV", extra={"FilterType": "SN"})


def hu_of(series: CtSeries) -> NDArray[np.int16]:
    """A volume (z, y, x) in which every voxel of every series number is different."""
    count = int(np.prod(series.shape))
    return (np.arange(count).reshape(series.shape) % 1900 - 1000 + series.number).astype(np.int16)


def datasets(series: CtSeries, hu: NDArray[np.int16] | None = None) -> list[FileDataset]:
    """One dataset a slice, in the order of their positions."""
    volume = hu_of(series) if hu is None else hu
    return [_slice(series, k, volume[k]) for k in range(series.shape[0])]


def common(series: CtSeries, sop_class: str, *name: object) -> FileDataset:
    """Patient, study, series and equipment, with a file meta group."""
    instance_uid = uid(series.study, series.number, series.series, *name)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(sop_class), UID(instance_uid)
    meta.TransferSyntaxUID = UID(series.syntax)
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, instance_uid
    dataset.StudyInstanceUID = uid(series.study)
    dataset.SeriesInstanceUID = uid(series.study, series.series or series.number)
    dataset.FrameOfReferenceUID = uid(series.study, series.frame_of_reference)
    dataset.PatientID, dataset.PatientName, dataset.Modality = series.patient_id, "Test^Hand", "CT"
    dataset.SeriesNumber, dataset.SeriesDescription = series.number, series.description
    dataset.ImageType = list(series.image_type)
    dataset.AcquisitionDate, dataset.AcquisitionTime = "20240501", "101500"
    return dataset


def _slice(series: CtSeries, k: int, hu: NDArray[np.int16]) -> FileDataset:
    dataset = common(series, CT_CLASS, k)
    dataset.InstanceNumber = series.shape[0] - k
    if series.kvp is not None:
        dataset.KVP = series.kvp
    dataset.AcquisitionNumber = series.acquisition_number
    dataset.ConvolutionKernel = ["Qr40d", "3"]
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = series.position(k), list(series.orientation)
    dataset.PixelSpacing, dataset.SliceThickness = list(series.pixel_spacing), 1.0
    dataset.RescaleType, dataset.RescaleSlope, dataset.RescaleIntercept = "HU", series.slope, series.intercept
    _set_pixels(dataset, series, hu)
    for keyword, value in series.extra.items():
        setattr(dataset, keyword, value)
    return dataset


def _set_pixels(dataset: Dataset, series: CtSeries, hu: NDArray[np.int16]) -> None:
    stored = np.rint((hu - series.intercept) / series.slope).astype("<i2" if series.signed else "<u2")
    if series.signed and series.bits_stored < 16:
        stored = stored & np.int16((1 << series.bits_stored) - 1)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = hu.shape[-2:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, series.bits_stored, series.bits_stored - 1
    dataset.PixelRepresentation = int(series.signed)
    dataset.PixelData = stored.tobytes()
    dataset["PixelData"].VR = "OW"


def enhanced(parts: Sequence[CtSeries], sop_class: str = ENHANCED_CT_CLASS) -> FileDataset:
    """All slices of ``parts`` as frames of one Enhanced CT instance, interleaved backwards."""
    head = parts[0]
    dataset = common(head, sop_class, "enhanced")
    planes = [(p, k) for k in reversed(range(head.shape[0])) for p in parts]
    volumes = {p.number: hu_of(p) for p in parts}
    _set_pixels(dataset, head, np.stack([volumes[p.number][k] for p, k in planes]))
    dataset.NumberOfFrames = len(planes)
    shared = Dataset()
    measures, orientation = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = list(head.pixel_spacing), 1.0
    orientation.ImageOrientationPatient = list(head.orientation)
    shared.PixelMeasuresSequence = DicomSequence([measures])
    shared.PlaneOrientationSequence = DicomSequence([orientation])
    dataset.SharedFunctionalGroupsSequence = DicomSequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence([_functional_groups(p, k) for p, k in planes])
    return dataset


def _functional_groups(series: CtSeries, k: int) -> Dataset:
    groups = Dataset()
    contents: dict[str, dict[str, Any]] = {
        "PlanePositionSequence": {"ImagePositionPatient": series.position(k)},
        "CTXRayDetailsSequence": {"KVP": series.kvp, "FilterType": series.extra.get("FilterType", "NONE")},
        "PixelValueTransformationSequence": {
            "RescaleIntercept": series.intercept,
            "RescaleSlope": series.slope,
            "RescaleType": "HU",
        },
        "CTImageFrameTypeSequence": {"FrameType": list(series.image_type)},
        "CTReconstructionSequence": {"ConvolutionKernel": "Qr40d"},
        "FrameContentSequence": {"FrameAcquisitionNumber": series.acquisition_number},
    }
    for keyword, values in contents.items():
        item = Dataset()
        for name, value in values.items():
            setattr(item, name, value)
        setattr(groups, keyword, DicomSequence([item]))
    return groups


def write(folder: Path, found: Iterable[FileDataset]) -> list[Path]:
    """One file a dataset, named by its SOP Instance UID."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for dataset in found:
        path = folder / f"{dataset.SOPInstanceUID}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def read(folder: Path, *groups: CtSeries) -> list[Instance]:
    """Instances of series, by way of files in ``folder``."""
    return [read_instance(path) for series in groups for path in write(folder, datasets(series))]


def but(series: CtSeries, /, **changes: Any) -> CtSeries:
    """The series with changes; ``extra`` is added to, not replaced."""
    extra = {**series.extra, **changes.pop("extra", {})}
    return replace(series, extra=extra, **changes)
