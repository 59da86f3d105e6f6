"""What stands beside the two energies in a real study: topogram and dose page. They must not be analysed."""

from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from node.dicom.synthetic.ct_identity import StudyIdentity, common_attributes
from node.dicom.synthetic.ct_writer import encode_pixels, file_meta, numbers_text
from node.domain.volume import Volume

_PAGE: Final = (256, 512)
_WATER_PER_MM: Final = 0.019
"""Attenuation of water at CT energies, 1/mm: scales the projected HU of the topogram."""


def topogram(volume: Volume, identity: StudyIdentity, number: int = 1) -> Dataset:
    """A localizer: the volume projected along its rows' normal, one pixel a slice and a column (PS3.3 C.8.2.1)."""
    geometry = volume.geometry
    affine = geometry.affine
    slice_mm, row_mm, column_mm = geometry.spacing_mm
    path = (volume.hu.astype(np.float32) + 1000.0).clip(0.0, None).sum(axis=1) / 1000.0 * row_mm * _WATER_PER_MM
    image = np.clip(path / max(float(path.max()), 1e-6) * 2000.0, 0.0, 2000.0).astype(np.uint16)[::-1]
    ds = common_attributes(identity)
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, identity.uid("instance", "topogram")
    ds.SeriesInstanceUID, ds.SeriesNumber = identity.uid("series", "topogram"), number
    ds.SeriesDescription, ds.ImageType = "Topogram 0.6 T20f", ["ORIGINAL", "PRIMARY", "LOCALIZER", "CT_SOM7 TOP"]
    ds.AcquisitionDate = ds.ContentDate = identity.study_date
    ds.AcquisitionTime = ds.ContentTime = identity.study_time
    ds.PatientPosition, ds.InstanceNumber, ds.AcquisitionNumber = identity.patient_position, 1, 1
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = identity.frame_of_reference_uid, ""
    middle = np.array([0.0, (geometry.shape[1] - 1) / 2, float(geometry.shape[0] - 1), 1.0])
    ds.ImagePositionPatient = numbers_text((affine @ middle)[:3])
    ds.ImageOrientationPatient = numbers_text(np.concatenate([affine[:3, 0] / column_mm, -affine[:3, 2] / slice_mm]))
    ds.PixelSpacing, ds.SliceThickness = numbers_text(np.array([slice_mm, column_mm])), "0.6"
    ds.KVP, ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "120", "-1024", "1", "US"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = image.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    encode_pixels(ds, image, ExplicitVRLittleEndian)
    return ds


def dose_page(identity: StudyIdentity, lines: tuple[str, ...], number: int = 501) -> Dataset:
    """The patient protocol as a Secondary Capture page of text (PS3.3 A.8.1), as scanners send it."""
    page = Image.new("L", _PAGE[::-1], 0)
    drawing = ImageDraw.Draw(page)
    for n, line in enumerate(lines):
        drawing.text((12, 10 + 16 * n), line, fill=255)
    ds = common_attributes(identity)
    ds.SOPClassUID, ds.SOPInstanceUID = SecondaryCaptureImageStorage, identity.uid("instance", "dose page")
    ds.SeriesInstanceUID, ds.SeriesNumber = identity.uid("series", "dose page"), number
    ds.SeriesDescription, ds.ImageType = "Patient Protocol", ["DERIVED", "SECONDARY", "OTHER", "CT_SOM7 PROT"]
    ds.ConversionType, ds.InstanceNumber, ds.PatientOrientation = "WSD", 1, ""
    ds.ContentDate, ds.ContentTime, ds.BurnedInAnnotation = identity.study_date, identity.study_time, "YES"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = _PAGE
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.file_meta = file_meta(ds.SOPClassUID, ds.SOPInstanceUID, ExplicitVRLittleEndian)
    ds.PixelData = np.asarray(page, np.uint8).tobytes()
    ds["PixelData"].VR = "OB"
    return ds


def write_object(ds: Dataset, folder: Path, name: str) -> Path:
    """Write one object into ``folder`` (made where missing); returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    ds.save_as(path, enforce_file_format=True)
    return path
