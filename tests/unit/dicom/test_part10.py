"""The head of a file, read back by pydicom."""

from io import BytesIO

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from node.dicom.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from node.dicom.part10 import dataset_offset, header
from node.domain.errors import Refused
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

_uids = st.from_regex(r"1\.2(\.(0|[1-9][0-9]{0,8})){1,5}", fullmatch=True)


@given(_uids, st.from_regex(r"[A-Z0-9_]{0,16}", fullmatch=True))
def test_pydicom_reads_what_was_written(uid: str, source: str) -> None:
    head = header(CTImageStorage, uid, ExplicitVRLittleEndian, source)
    meta = pydicom.dcmread(BytesIO(head)).file_meta
    assert meta.MediaStorageSOPClassUID == CTImageStorage
    assert meta.MediaStorageSOPInstanceUID == uid
    assert meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert meta.get("SourceApplicationEntityTitle", "") == source
    assert dataset_offset(head[:144]) == len(head)


def test_the_implementation_names_itself_within_the_limits() -> None:
    assert len(IMPLEMENTATION_CLASS_UID) <= 64
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16


@pytest.mark.parametrize("start", [b"", bytes(144), bytes(128) + b"DICM" + bytes(12), b"not a file at all" * 10])
def test_what_has_no_head_is_refused(start: bytes) -> None:
    with pytest.raises(Refused, match="does not begin with a DICOM preamble"):
        dataset_offset(start)
