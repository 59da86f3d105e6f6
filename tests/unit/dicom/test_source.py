"""What results copy from the images: made valid, in a character set that holds it, dated by the acquisition."""

from datetime import datetime
from io import BytesIO

import pytest
from node.dicom.objects.source import COPIED, acquired, dash, demographics_digest, presentable
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian


def header(**attributes: object) -> Dataset:
    """A header as it is read from a file."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return read_back(ds)


def read_back(ds: Dataset) -> Dataset:
    buffer = BytesIO()
    dcmwrite(buffer, ds, enforce_file_format=True)
    buffer.seek(0)
    return dcmread(buffer)


def test_missing_attributes_are_empty_and_broken_ones_emptied() -> None:
    ds = presentable(header(PatientSex="W", PatientName="Doe"))
    assert ds.PatientSex == ""
    assert all(keyword in ds for keyword in COPIED)
    assert ds.AccessionNumber == ""


@pytest.mark.parametrize("charset", [["ISO 2022 IR 6", "ISO 2022 IR 87"], "ISO_IR 100", "ISO_IR 192", "GB18030", None])
def test_names_survive_the_change_of_character_set(charset: object) -> None:
    names = {"ISO_IR 100": "Müller^Zoë", "GB18030": "王^小东", None: "Doe^Jo"}
    name = names.get(charset if not isinstance(charset, list) else "", "Yamada^Tarou=山田^太郎=やまだ^たろう")
    given = {} if charset is None else {"SpecificCharacterSet": charset}
    ds = presentable(header(**given, PatientName=name, PatientID="1"))
    again = read_back(ds)
    assert str(again.PatientName) == name
    expected = charset if charset in ("ISO_IR 100", "GB18030") else "ISO_IR 192"
    assert again.SpecificCharacterSet == expected
    dash(ds).encode({"ISO_IR 100": "latin-1", "GB18030": "gb18030"}.get(expected, "utf-8"))


def test_whatever_is_copied_counts_into_the_digest() -> None:
    when = datetime(2024, 1, 1)
    told = {"PatientName": "Doe", "StudyDescription": "DE Hand", "SeriesDescription": "80 kV", "PatientComments": "-"}
    first = demographics_digest(presentable(header(**told)), when)
    assert demographics_digest(presentable(header(**told)), when) == first
    for keyword in ("PatientName", "StudyDescription", "PatientComments"):
        assert demographics_digest(presentable(header(**told | {keyword: "other"})), when) != first
    assert demographics_digest(presentable(header(**told | {"SeriesDescription": "other"})), when) == first
    assert demographics_digest(presentable(header(**told)), datetime(2024, 1, 2)) != first


def test_the_acquisition_dates_a_result() -> None:
    day = {"StudyDate": "20240101", "StudyTime": "080000"}
    assert acquired(header(**day)) == datetime(2024, 1, 1, 8)
    assert acquired(header(**day, AcquisitionDate="20240102", AcquisitionTime="101112.25")) == datetime(
        2024, 1, 2, 10, 11, 12, 250000
    )
    assert acquired(header(**day, AcquisitionDateTime="20240103101112.5+0100")) == datetime(
        2024, 1, 3, 10, 11, 12, 500000
    )
    assert acquired(header(**day, AcquisitionDate="20240102")) == datetime(2024, 1, 2)
    assert acquired(header()) == datetime(1900, 1, 1)
