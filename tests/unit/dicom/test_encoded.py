"""Sequences that we encode ourselves are those that pydicom would have written."""

from datetime import datetime
from io import BytesIO

import pytest
from node.dicom.objects.encoded import dataset_bytes, encoded_sequence, sequence_bytes, sop_reference
from node.dicom.objects.seal import sealed
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage
from tests.fakes.variants import IDENTITY

WHEN = datetime(2024, 5, 2, 10, 15)
UIDS = ["1.2.3", "1.2.34", "2.25." + "1" * 39]


def reference(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = SecondaryCaptureImageStorage, uid
    return item


@pytest.mark.parametrize("uid", UIDS)
def test_a_reference(uid: str) -> None:
    assert sop_reference(SecondaryCaptureImageStorage, uid) == dataset_bytes(reference(uid))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_sequence(count: int) -> None:
    dataset = Dataset()
    dataset.ReferencedSOPSequence = Sequence([reference(uid) for uid in UIDS[:count]])
    items = [sop_reference(SecondaryCaptureImageStorage, uid) for uid in UIDS[:count]]
    assert sequence_bytes("ReferencedSOPSequence", items) == dataset_bytes(dataset)


def test_a_sealed_object_holds_it_as_if_pydicom_had_written_it() -> None:
    def made(sequence: object) -> bytes:
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, IDENTITY.uid("sealed")
        dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 192", "Müller^Änne"
        inner = Dataset()
        inner.StudyInstanceUID, inner.SeriesDescription = "1.2", "Hände"
        inner[Tag("ReferencedSOPSequence")] = sequence
        dataset.ReferencedStudySequence = Sequence([inner])
        return sealed(dataset, WHEN)

    plain = Dataset()
    plain.ReferencedSOPSequence = Sequence([reference(uid) for uid in UIDS])
    items = [sop_reference(SecondaryCaptureImageStorage, uid) for uid in UIDS]
    found = made(encoded_sequence("ReferencedSOPSequence", items))
    assert found == made(plain["ReferencedSOPSequence"])
    study = dcmread(BytesIO(found)).ReferencedStudySequence[0]
    assert study.SeriesDescription == "Hände"
    assert [i.ReferencedSOPInstanceUID for i in study.ReferencedSOPSequence] == UIDS
