"""Commitment reports: what a peer says of each instance, and how it is answered."""

from types import SimpleNamespace
from typing import Any

import pytest
from node.dicom.statuses import NO_SUCH_INSTANCE, PROCESSING_FAILURE, SUCCESS
from node.net.commitment import read_report, take_event_report
from node.service.ports import CommitmentReport
from pydicom.dataset import Dataset
from tests.fakes.ports import FakeCommitmentInbox

INVALID_ARGUMENT = 0x0115


def item(uid: str, reason: int | None = None) -> Dataset:
    dataset = Dataset()
    dataset.ReferencedSOPClassUID, dataset.ReferencedSOPInstanceUID = "1.2", uid
    if reason is not None:
        dataset.FailureReason = reason
    return dataset


def information(transaction: str = "1.9", committed: tuple[str, ...] = (), failed: tuple[Dataset, ...] = ()) -> Dataset:
    dataset = Dataset()
    dataset.TransactionUID = transaction
    dataset.ReferencedSOPSequence = [item(uid) for uid in committed]
    if failed:
        dataset.FailedSOPSequence = list(failed)
    return dataset


def event(dataset: Dataset) -> Any:
    return SimpleNamespace(event_information=dataset)


def test_each_instance_has_its_own_verdict() -> None:
    report = read_report(information(committed=("1.1", "1.2"), failed=(item("1.3", 0x0112), item("1.4"))))
    assert report == CommitmentReport("1.9", ("1.1", "1.2"), (("1.3", 0x0112), ("1.4", 0x0110)))


def test_a_known_transaction_is_recorded_and_acknowledged() -> None:
    inbox = FakeCommitmentInbox(expected={"1.9"})
    assert take_event_report(event(information(committed=("1.1",))), inbox) == SUCCESS
    assert inbox.reports == [CommitmentReport("1.9", ("1.1",))]


def test_an_unknown_transaction_is_said_to_be_unknown() -> None:
    assert take_event_report(event(information("1.8")), FakeCommitmentInbox(expected={"1.9"})) == NO_SUCH_INSTANCE


@pytest.mark.parametrize("rubbish", [Dataset(), information(failed=(Dataset(),))])
def test_a_report_that_cannot_be_read_is_refused(rubbish: Dataset) -> None:
    inbox = FakeCommitmentInbox(expected={"1.9"})
    assert take_event_report(event(rubbish), inbox) == INVALID_ARGUMENT
    assert inbox.reports == []


def test_a_report_that_could_not_be_recorded_is_not_acknowledged() -> None:
    class Broken(FakeCommitmentInbox):
        def commitment_reported(self, report: CommitmentReport) -> bool:
            raise OSError("journal gone")

    assert take_event_report(event(information()), Broken()) == PROCESSING_FAILURE
