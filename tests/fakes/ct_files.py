"""Small CT files for tests of the network; not for tests of the medicine."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid


def ct_dataset(size: int = 32, instance_number: int = 1, study: str = "", series: str = "") -> Dataset:
    """A CT image of ``size`` x ``size`` random pixels with file meta information, valid enough for any peer."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.StudyDate, dataset.StudyTime, dataset.AccessionNumber = "20240101", "120000", "1"
    dataset.Modality, dataset.Manufacturer = "CT", "test"
    dataset.PatientName, dataset.PatientID = "Test^Network", "NET1"
    dataset.PatientBirthDate, dataset.PatientSex = "", "O"
    dataset.StudyInstanceUID = study or generate_uid()
    dataset.SeriesInstanceUID = series or generate_uid()
    dataset.StudyID, dataset.SeriesNumber, dataset.InstanceNumber = "1", 1, instance_number
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.ImagePositionPatient = [0, 0, instance_number]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.FrameOfReferenceUID = generate_uid()
    dataset.PixelSpacing, dataset.SliceThickness, dataset.KVP = [0.5, 0.5], 1, 80
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = size
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
    dataset.RescaleIntercept, dataset.RescaleSlope = -1024, 1
    pixels = np.random.default_rng(instance_number).integers(-500, 1500, (size, size), dtype=np.int16)
    dataset.PixelData = pixels.tobytes()
    return dataset


def write_ct_files(folder: Path, count: int, size: int = 32) -> list[Path]:
    """``count`` slices of one series as files ``0001.dcm``..."""
    folder.mkdir(parents=True, exist_ok=True)
    study, series = generate_uid(), generate_uid()
    paths = []
    for number in range(1, count + 1):
        path = folder / f"{number:04d}.dcm"
        ct_dataset(size, number, study, series).save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths
