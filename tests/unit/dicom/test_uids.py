"""UIDs: the same for the same inputs in any order, others for anything else."""

import uuid

from node.dicom.uids import Origin, digest, uid_of
from pydicom.uid import UID

INPUTS = (("1.2.3", "aa"), ("1.2.4", "bb"))


def test_order_of_inputs_does_not_matter() -> None:
    assert Origin(INPUTS, "1", "c").uid("report") == Origin(INPUTS[::-1], "1", "c").uid("report")


def test_everything_that_decides_a_result_changes_its_uid() -> None:
    origin = Origin(INPUTS, "1", "c")
    others = [
        origin.uid("segmentation"),
        origin.uid("report", b"content"),
        origin.tracking_uid(1),
        origin.tracking_uid(2),
        Origin(INPUTS, "2", "c").uid("report"),
        Origin(INPUTS, "1", "d").uid("report"),
        Origin((("1.2.3", "aa"), ("1.2.4", "bc")), "1", "c").uid("report"),
        Origin((("1.2.3", "ab"), ("1.2.4", "b")), "1", "c").uid("report"),
        Origin(INPUTS[:1], "1", "c").uid("report"),
    ]
    assert len({origin.uid("report"), *others}) == len(others) + 1


def test_parts_do_not_run_into_one_another() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    assert digest(["a", ""]) != digest(["a"])


def test_a_uid_is_valid_and_holds_a_uuid_of_version_8() -> None:
    for n in range(50):
        uid = uid_of("anything", str(n))
        assert UID(uid).is_valid
        made = uuid.UUID(int=int(uid.removeprefix("2.25.")))
        assert made.variant == uuid.RFC_4122
        assert made.version == 8
