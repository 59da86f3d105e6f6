"""The way of a study through assembly, engine and courier: the table of DESIGN.md section 1, and what goes wrong."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from node.dicom.objects.seal import PRODUCT
from node.domain.job import AttemptLimits
from node.service.delivering.routing import Route
from node.service.jobs.workers import SpawnedWorker
from node.service.ports import CommitmentReport, IntakeOutcome, Received
from node.store.outbox import Outbox
from node.store.tables import jobs, outbox
from pydicom.uid import Comprehensive3DSRStorage, ExplicitVRLittleEndian
from tests.fakes import process
from tests.fakes.ct import CtSlice, contact, pair_of_series
from tests.fakes.house import PEER, House

STUDY = "1.2.3"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    made: list[House] = []

    def make(**fields: object) -> House:
        made.append(House(tmp_path, **fields))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.engine.close()
        one.database.close()


def test_a_pair_is_measured_delivered_and_committed(house: Callable[..., House]) -> None:
    node = house()
    node.receive(pair_of_series(STUDY))
    node.settle()
    assert node.states() == ["done"]
    assert node.history("job", 1) == ["received", "paired", "analysing", "encoded", "done"]
    assert node.history("delivery", 1) == ["sending", "delivered", "commitment_requested", "committed"]
    assert node.deliveries() == ["committed", "committed"]
    assert [row.role for row in node.results()] == ["seg", "sr", "findings"]
    assert node.pacs.stores == len(node.pacs.held) == 2


def test_the_same_study_again_makes_no_second_result(house: Callable[..., House]) -> None:
    node = house()
    for association in ("a1", "a2"):
        node.receive(pair_of_series(STUDY), association)
        node.settle()
    assert node.states() == ["done"]
    assert node.pacs.stores == 2


def test_corrected_demographics_make_a_result_that_supersedes(house: Callable[..., House]) -> None:
    node = house()
    node.receive(pair_of_series(STUDY))
    node.settle()
    node.receive((replace(image, patient_id="P2") for image in pair_of_series(STUDY)), "a2")
    node.settle()
    assert node.states() == ["done", "done"]
    first, second = (row.key for row in node.rows(jobs))
    assert first != second
    node.receive((replace(image, patient_id="P2") for image in pair_of_series(STUDY)), "a3")
    node.settle()
    assert node.states() == ["done", "done"]


def test_no_early_start_while_the_association_stands(house: Callable[..., House]) -> None:
    node = house()
    node.receive(pair_of_series(STUDY))
    with node.database.write() as connection:
        connection.exec_driver_sql("UPDATE associations SET closed_at = NULL, closing = NULL")
    node.settle()
    assert node.states() == ["received"]
    node.clock.advance(60)
    node.work()
    assert node.states() == ["done"]


def test_a_missing_slice_is_incomplete_at_the_deadline_and_revived_by_the_late_slice(
    house: Callable[..., House],
) -> None:
    node = house()
    images = list(pair_of_series(STUDY))
    late = images.pop(7)
    node.receive(images)
    node.settle()
    assert node.states() == ["received"]
    node.clock.advance(900)
    node.work()
    assert node.states() == ["incomplete"]
    assert "1 of 5 slices" in node.rows(jobs)[0].explanation["reasons"][0]["sentence"]
    node.receive([late], "a2")
    node.settle()
    assert node.states() == ["incomplete", "done"]


def test_one_energy_only_is_refused_with_its_reason(house: Callable[..., House]) -> None:
    node = house()
    node.receive(image for image in pair_of_series(STUDY) if image.kvp == 80)
    node.settle()
    node.clock.advance(60)
    node.work()
    assert node.states() == ["refused"]
    assert "Only one energy" in node.rows(jobs)[0].reason
    assert node.deliveries() == []


def test_two_patients_in_one_study_are_refused(house: Callable[..., House]) -> None:
    node = house()
    node.receive(replace(image, patient_id=f"P{image.kvp}") for image in pair_of_series(STUDY))
    node.settle()
    node.clock.advance(60)
    node.work()
    assert node.states() == ["refused"]
    assert "2 patients" in node.rows(jobs)[0].reason


def test_late_instances_that_add_nothing_leave_the_result_as_it_is(house: Callable[..., House]) -> None:
    node = house()
    node.receive(pair_of_series(STUDY))
    node.settle()
    node.receive([CtSlice(STUDY, f"{STUDY}.7", 1, kvp=120, position=400.0)], "a2")
    node.settle()
    assert node.states() == ["done", "unchanged"]
    assert node.pacs.stores == 2


def test_a_larger_set_supersedes(house: Callable[..., House]) -> None:
    node = house()
    node.pacs.down = True
    node.receive(pair_of_series(STUDY))
    node.settle()
    assert node.states() == ["encoded"]
    larger = [image for image in pair_of_series(STUDY, slices=6) if image.position == 5.0]
    node.receive(larger, "a2")
    node.settle()
    assert node.states() == ["done", "encoded"]
    node.pacs.down = False
    node.clock.advance(3600)
    node.work()
    assert node.states() == ["done", "done"]
    assert node.deliveries() == ["superseded"] * 2 + ["committed"] * 2
    assert node.pacs.stores == 2


def test_a_late_slice_before_the_analysis_makes_one_result(house: Callable[..., House]) -> None:
    node = house()
    images = list(pair_of_series(STUDY, slices=6))
    node.receive(image for image in images if image.position < 5)
    node.assembly.run_once()
    node.clock.advance(4)
    node.assembly.run_once()
    assert node.states() == ["paired"]
    node.receive((image for image in images if image.position == 5), "a2")
    node.settle()
    assert node.states() == ["superseded", "done"]
    assert node.pacs.stores == 2


def test_a_refusal_of_the_analysis_is_kept_with_its_hint(house: Callable[..., House]) -> None:
    node = house(process=process.refuse)
    node.receive(pair_of_series(STUDY))
    node.settle()
    assert node.states() == ["refused"]
    assert node.rows(jobs)[0].reason == "There is no hand in this study. Send hands."


def test_our_fault_is_failed_after_its_attempts(house: Callable[..., House]) -> None:
    node = house(process=process.explode)
    node.receive(pair_of_series(STUDY))
    node.settle()
    assert node.states() == ["paired"]
    for _ in range(3):
        node.clock.advance(3600)
        node.work()
    assert node.states() == ["failed"]
    assert node.rows(jobs)[0].reason == "ZeroDivisionError: on purpose"
    assert node.history("job", 1).count("analysing") == 3


def test_a_pacs_that_is_down_for_days_gets_everything_once(house: Callable[..., House]) -> None:
    node = house()
    node.pacs.down = True
    node.receive(pair_of_series(STUDY))
    node.settle()
    for _ in range(24 * 3):
        node.clock.advance(3600)
        node.work(1)
    assert node.states() == ["encoded"]
    assert node.deliveries() == ["pending", "pending"]
    assert "does not answer" in node.rows(outbox)[0].reason
    assert node.pacs.attempts < 24 * 3 + 20
    node.pacs.down = False
    node.clock.advance(3600)
    node.work()
    assert node.states() == ["done"]
    assert node.deliveries() == ["committed", "committed"]
    assert node.pacs.stores == 2


def test_a_fault_in_the_sender_is_a_failed_attempt(
    house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    node = house()
    node.receive(pair_of_series(STUDY))
    with monkeypatch.context() as fault:
        fault.setattr(node.pacs, "send", lambda *_: 1 / 0)
        node.settle()
        assert node.deliveries() == ["pending", "pending"]
        assert node.rows(outbox)[0].reason == "division by zero"
    node.clock.advance(3600)
    node.work()
    assert node.deliveries() == ["committed", "committed"]


def test_an_attempt_under_way_tells_what_ended_the_one_before(house: Callable[..., House]) -> None:
    node = house()
    node.pacs.down = True
    node.receive(pair_of_series(STUDY))
    node.settle()
    node.clock.advance(3600)
    now = node.clock()
    failed = node.rows(outbox)[0].attempts
    Outbox(node.database).lease(PEER.name, "courier", now, now + timedelta(minutes=5), 9)
    assert node.deliveries() == ["sending", "sending"]
    said = node.rows(outbox)[0].reason
    assert said == f"Attempt {failed + 1}. Before: {PEER.name} does not answer."


def test_what_is_given_up_is_failed_visibly(house: Callable[..., House]) -> None:
    node = house()
    node.pacs.down = True
    node.receive(pair_of_series(STUDY))
    node.settle()
    node.clock.advance(15 * 86400)
    node.work()
    assert node.deliveries() == ["failed", "failed"]
    assert node.rows(jobs)[0].reason == "Measured. 2 of 2 deliveries failed."


def test_a_class_that_the_pacs_does_not_take_fails_alone(house: Callable[..., House]) -> None:
    node = house()
    node.pacs.refuses = frozenset({"1.2.0"})
    node.receive(pair_of_series(STUDY))
    node.settle()
    assert node.deliveries() == ["failed", "committed"]
    assert node.rows(outbox)[0].reason == "SOP class not supported."


def test_delivered_stays_delivered_where_nobody_commits(house: Callable[..., House]) -> None:
    node = house()
    node.pacs.knows_commitment = False
    node.receive(pair_of_series(STUDY))
    node.settle()
    node.clock.advance(86400)
    node.work()
    assert node.deliveries() == ["delivered", "delivered"]
    assert "does not do Storage Commitment" in node.rows(outbox)[0].reason
    assert node.states() == ["done"]


def test_a_report_that_never_comes_is_asked_for_again(house: Callable[..., House]) -> None:
    node = house()
    node.pacs.silent = True
    node.receive(pair_of_series(STUDY))
    node.settle()
    assert node.deliveries() == ["commitment_requested"] * 2
    for _ in range(3):
        node.clock.advance(400)
        node.work(1)
    assert len(node.pacs.asked) > 1
    first, uids = node.pacs.asked[0]
    assert node.reports.commitment_reported(node.pacs.report(first, uids))
    assert node.deliveries() == ["committed"] * 2
    assert node.reports.commitment_reported(node.pacs.report(first, uids))
    assert not node.reports.commitment_reported(CommitmentReport("1.2.3", ()))
    node.work()
    assert node.deliveries() == ["committed"] * 2


def test_what_the_pacs_lost_is_sent_again(house: Callable[..., House]) -> None:
    node = house()
    node.pacs.silent = True
    node.receive(pair_of_series(STUDY))
    node.settle()
    node.pacs.held.clear()
    node.pacs.silent = False
    transaction, uids = node.pacs.asked[0]
    node.reports.commitment_reported(node.pacs.report(transaction, uids))
    assert node.states() == ["encoded"]
    node.clock.advance(301)
    node.work()
    assert node.deliveries() == ["committed"] * 2
    assert node.states() == ["done"]
    assert len(node.pacs.held) == 2


def test_a_full_disk_puts_the_results_off_and_is_no_attempt(
    house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    node = house()
    node.receive(pair_of_series(STUDY))
    with monkeypatch.context() as full:
        full.setattr(node.blobs, "_watermark", 1 << 60)
        node.settle()
        for _ in range(5):
            node.clock.advance(61)
            node.work()
        assert node.states() == ["paired"]
        assert "watermark" in node.rows(jobs)[0].reason
    node.clock.advance(61)
    node.work()
    assert node.states() == ["done"]
    assert node.rows(jobs)[0].attempts == 0
    assert node.rows(jobs)[0].reason == "Measured."


def test_routes_choose_the_destinations(house: Callable[..., House]) -> None:
    other = replace(PEER, name="archive")
    routes = (Route(("archive",), calling_ae_title="scan*"), Route(("pacs",), calling_ae_title="OTHER"))
    node = house(peers=(PEER, other), routes=routes)
    node.receive(pair_of_series(STUDY))
    node.settle()
    assert {row.destination for row in node.rows(outbox)} == {"archive"}


def test_a_study_that_nobody_is_to_get_is_done(house: Callable[..., House]) -> None:
    node = house(routes=(Route(("pacs",), station_name="CT9"),))
    node.receive(pair_of_series(STUDY))
    node.settle()
    assert node.states() == ["done"]
    assert node.deliveries() == []


def wait_for(node: House, *states: str) -> None:
    """Real worker processes need real time."""
    for _ in range(600):
        if node.states() == list(states):
            return
        node.work(1)
        time.sleep(0.05)
    raise AssertionError(node.states())


def test_a_worker_that_dies_is_survived(house: Callable[..., House]) -> None:
    node = house(process=process.die_once, make_worker=SpawnedWorker)
    node.receive(pair_of_series(STUDY))
    node.settle()
    wait_for(node, "paired")
    assert "died" in node.rows(jobs)[0].reason or "terminated" in node.rows(jobs)[0].reason
    node.clock.advance(60)
    wait_for(node, "done")


def test_a_worker_that_died_while_idle_is_replaced(house: Callable[..., House]) -> None:
    node = house(make_worker=SpawnedWorker)
    for study in (STUDY, "1.2.4"):
        node.receive(pair_of_series(study), study)
        node.settle()
        wait_for(node, *["done"] * len(node.states()))
        for worker in node.engine._idle:
            worker.kill()
        node.engine._idle.clear()
        broken = SpawnedWorker()
        broken.submit(process.die, None)  # type: ignore[arg-type]
        node.engine._idle.append(broken)
        time.sleep(1)
    assert [row.attempts for row in node.rows(jobs)] == [0, 0]


def test_a_worker_that_hangs_is_killed(house: Callable[..., House]) -> None:
    limits = AttemptLimits(attempts=1)
    node = house(process=process.hang, make_worker=SpawnedWorker, limits=limits, timeout=timedelta(minutes=10))
    node.receive(pair_of_series(STUDY))
    node.settle()
    assert node.states() == ["analysing"]
    node.clock.advance(601)
    wait_for(node, "failed")
    assert "longer than 600 s" in node.rows(jobs)[0].reason


def own_report(study: str, uid: str) -> Received:
    """A report of ours as a PACS would route it back."""
    dataset = CtSlice(study, f"{study}.8", 1, sop_instance_uid=uid).dataset()
    for name in ("PixelData", "Rows", "Columns", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(dataset, name)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = Comprehensive3DSRStorage
    dataset.Modality, dataset.ManufacturerModelName = "SR", PRODUCT
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    parts = [buffer.getvalue()]
    return Received(contact("a9", "PACS"), Comprehensive3DSRStorage, uid, ExplicitVRLittleEndian, parts)


def test_our_own_objects_that_come_back_change_nothing(house: Callable[..., House]) -> None:
    node = house()
    node.receive(pair_of_series(STUDY))
    node.settle()
    assert node.intake.accept(own_report(STUDY, "2.25.1")) is IntakeOutcome.STORED
    node.settle()
    node.clock.advance(60)
    node.work()
    assert node.states() == ["done", "unchanged"]
    assert node.pacs.stores == 2


def test_a_study_of_our_own_objects_alone_is_ignored(house: Callable[..., House]) -> None:
    node = house()
    assert node.intake.accept(own_report(STUDY, "2.25.1")) is IntakeOutcome.STORED
    node.settle()
    node.clock.advance(60)
    node.work()
    assert node.states() == ["ignored"]
    (series,) = node.rows(jobs)[0].explanation["series"]
    assert series["code"] == "own_object"
