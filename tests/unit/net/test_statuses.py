"""Every status code has one consequence for the sender: it is delivered, given up, or tried again."""

import pytest
from node.dicom import statuses
from node.net.store_handler import STATUS_OF_OUTCOME
from node.service.ports import IntakeOutcome
from node.store.outbox import _VERDICTS


def test_no_code_is_both_success_and_final_failure() -> None:
    for status in range(0x10000):
        assert not (statuses.is_success(status) and statuses.is_permanent(status)), f"0x{status:04X}"


@pytest.mark.parametrize("status", [0x0000, 0xB000, 0xB006, 0xB007])
def test_warnings_mean_that_the_peer_has_the_object(status: int) -> None:
    assert statuses.is_success(status)


@pytest.mark.parametrize("status", [0xA700, 0xA7FF, 0x0110, 0x0213])
def test_want_of_resources_is_tried_again(status: int) -> None:
    assert not statuses.is_success(status)
    assert not statuses.is_permanent(status)


@pytest.mark.parametrize("status", [0xA900, 0xA9FF, 0xC000, 0xCFFF, 0x0122, 0x0124])
def test_what_is_said_of_the_object_itself_is_final(status: int) -> None:
    assert statuses.is_permanent(status)


def test_every_outcome_of_the_intake_has_a_status_of_the_table() -> None:
    assert set(STATUS_OF_OUTCOME) == set(IntakeOutcome)
    assert set(STATUS_OF_OUTCOME.values()) <= {row.code for row in statuses.STORE_ANSWERS}


def test_every_failure_of_a_commitment_that_the_table_tells_is_acted_upon() -> None:
    assert set(_VERDICTS) == {row.code for row in statuses.COMMITMENT_FAILURES}
