"""Pictures as Secondary Capture, RGB, single-frame: what every PACS shows (PS3.3 A.8.1)."""

from datetime import datetime

import numpy as np
from highdicom.sc import SCImage
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from node import __version__
from node.dicom.objects.seal import MANUFACTURER, PRODUCT, sealed
from node.dicom.objects.segmentation import ObjectNumbers
from node.dicom.objects.source import dash


def overlay(rgb: NDArray[np.uint8], head: Dataset, when: datetime, numbers: ObjectNumbers, title: str) -> bytes:
    """The PS3.10 file of a picture, uint8 (rows, columns, 3), with its texts burned in.

    Patient and study are those of ``head`` (see ``source.presentable``); ``when`` is its content date and time.
    """
    dataset = SCImage(
        pixel_array=rgb,
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "P"),
        study_instance_uid=head.StudyInstanceUID,
        series_instance_uid=numbers.series_instance_uid,
        series_number=numbers.series_number,
        sop_instance_uid=numbers.sop_instance_uid,
        instance_number=1,
        manufacturer=MANUFACTURER,
        patient_id=head.PatientID,
        patient_name=head.PatientName,
        patient_birth_date=head.PatientBirthDate,
        patient_sex=head.PatientSex,
        accession_number=head.AccessionNumber,
        study_id=head.StudyID,
        study_date=head.StudyDate or None,
        study_time=head.StudyTime or None,
        referring_physician_name=head.ReferringPhysicianName,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        manufacturer_model_name=PRODUCT,
        software_versions=__version__,
        series_description=f"{title}, AI {dash(head)} not for primary diagnosis",
        specific_character_set=head.SpecificCharacterSet,
    )
    dataset.copy_patient_and_study_information(head)
    dataset.PatientOrientation, dataset.Laterality = [], ""  # type 2C: a page of several views has none
    dataset.BurnedInAnnotation = "YES"
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    return sealed(dataset, when)
