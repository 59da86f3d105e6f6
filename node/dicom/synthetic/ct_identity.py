"""Whose study a synthetic CT is, and its unique identifiers: all invented, all from one seed."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from node.dicom.uids import uid_of


@dataclass(frozen=True)
class StudyIdentity:
    """Patient, study and equipment of a synthetic study. Dates are DICOM DA, times TM.

    ``seed`` (any text) makes every UID: the same seed gives the same study again. ``laterality`` is R, L or
    empty, as scanners leave it where nobody entered it.
    """

    seed: str
    patient_name: str = "PHANTOM^HAND"
    patient_id: str = "PHANTOM-1"
    birth_date: str = "19700101"
    sex: str = "F"
    age: str = "054Y"
    study_description: str = "Hand DE"
    accession_number: str = "P1"
    study_date: str = "20240502"
    study_time: str = "101500"
    manufacturer: str = "CALCINODE PHANTOM"
    model: str = "Synthetic dual-energy CT"
    station: str = "PHANTOM"
    institution: str = "PHANTOM"
    patient_position: str = "HFP"
    laterality: str = ""

    def uid(self, *role: str | int) -> str:
        """UID for a role such as ``("series", "low")``."""
        return uid_of("calcinode phantom", self.seed, *map(str, role))

    @property
    def frame_of_reference_uid(self) -> str:
        """One frame of reference for the whole study."""
        return self.uid("frame of reference")


def common_attributes(identity: StudyIdentity, modality: str = "CT") -> Dataset:
    """Patient, study and equipment modules (PS3.3 C.7.1, C.7.2, C.7.5) shared by every object of the study."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.Modality = modality
    ds.Manufacturer, ds.ManufacturerModelName = identity.manufacturer, identity.model
    ds.InstitutionName, ds.StationName = identity.institution, identity.station
    ds.DeviceSerialNumber, ds.SoftwareVersions = "1", "phantom"
    ds.PatientName, ds.PatientID = identity.patient_name, identity.patient_id
    ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = identity.birth_date, identity.sex, identity.age
    ds.StudyInstanceUID = identity.uid("study")
    ds.StudyDate, ds.StudyTime = identity.study_date, identity.study_time
    ds.StudyID, ds.AccessionNumber = "1", identity.accession_number
    ds.Laterality = identity.laterality
    ds.StudyDescription, ds.ReferringPhysicianName = identity.study_description, ""
    return ds
