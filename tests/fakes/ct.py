"""Small CT slices as a scanner would send them, for tests of storing and assembling."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from node.service.ports import Contact, Received
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian


@dataclass(frozen=True)
class CtSlice:
    """One 16 × 16 slice at ``position`` (mm along z) of energy ``kvp``."""

    study: str
    series: str
    number: int
    kvp: int = 80
    position: float = 0.0
    value: int = 40
    patient_id: str = "P1"
    sop_instance_uid: str = ""

    @property
    def uid(self) -> str:
        """Its SOP Instance UID."""
        return self.sop_instance_uid or f"{self.series}.{self.number}"

    def encoded(self) -> bytes:
        """A whole DICOM file."""
        dataset = self.dataset()
        buffer = BytesIO()
        dataset.save_as(buffer, enforce_file_format=True)
        return buffer.getvalue()

    def dataset(self) -> Dataset:
        """As pydicom has it."""
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = self.uid
        ds.StudyInstanceUID, ds.SeriesInstanceUID = self.study, self.series
        ds.FrameOfReferenceUID = f"{self.study}.9"
        ds.PatientID, ds.PatientName, ds.Modality = self.patient_id, "Test^Phantom", "CT"
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.KVP, ds.InstanceNumber, ds.SeriesNumber = self.kvp, self.number, self.kvp
        ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, self.position], [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing, ds.SliceThickness = [1, 1], 1
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, 0, "HU"
        ds.ConvolutionKernel = "Br40"
        ds.Rows = ds.Columns = 16
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
        ds.PixelData = np.full((16, 16), self.value, "<i2").tobytes()
        return ds


def pair_of_series(study: str, slices: int = 5) -> Iterator[CtSlice]:
    """A complete pair: 80 and 140 kV on one grid."""
    for n, kvp in enumerate((80, 140), start=1):
        for z in range(slices):
            yield CtSlice(study, f"{study}.{n}", z + 1, kvp=kvp, position=float(z))


def contact(association: str = "a1", calling: str = "SCANNER") -> Contact:
    """Who sends."""
    return Contact(association, calling, "CALCINODE", "192.0.2.1")


def received(image: CtSlice, association: str = "a1") -> Received:
    """The C-STORE request that brings ``image``."""
    return Received(contact(association), CTImageStorage, image.uid, ExplicitVRLittleEndian, [image.encoded()])
