"""Storing what is received: durable, once, and nothing accepted that should not be."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from node.dicom.reading.header import read_instance
from node.service.ports import Closing, IntakeOutcome, Received
from node.service.receiving.intake import StoringIntake
from node.store.arrivals import ReceiverRows
from node.store.blobs import Blobs
from node.store.database import Database
from node.store.schema import migrate
from node.store.tables import associations, instances, quarantine, rejected_peers
from sqlalchemy import select
from structlog.testing import capture_logs
from tests.fakes.clock import FakeClock
from tests.fakes.ct import CtSlice, contact, received

IMAGE = CtSlice("1.2.3", "1.2.3.1", 1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/journal.db")
    migrate(database)
    yield database
    database.close()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


@pytest.fixture
def arrivals(database: Database) -> ReceiverRows:
    return ReceiverRows(database, "receiver-0", FakeClock())


@pytest.fixture
def intake(blobs: Blobs, arrivals: ReceiverRows) -> StoringIntake:
    return StoringIntake(blobs, arrivals, read_instance, FakeClock())


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_stored_instance_can_be_read_back_unchanged(intake: StoringIntake, blobs: Blobs, database: Database) -> None:
    assert intake.accept(received(IMAGE)) is IntakeOutcome.STORED
    with database.read() as connection:
        row = connection.execute(select(instances)).one()
    assert row.sop_instance_uid == IMAGE.uid
    assert blobs.path(row.blob).read_bytes() == IMAGE.encoded()


def test_the_same_again_is_stored_once(intake: StoringIntake, tmp_path: Path, database: Database) -> None:
    assert intake.accept(received(IMAGE)) is IntakeOutcome.STORED
    assert intake.accept(received(IMAGE, "a2")) is IntakeOutcome.DUPLICATE
    with database.read() as connection:
        assert len(connection.execute(select(instances)).all()) == 1
    assert len(files(tmp_path / "blobs")) == 1


def test_the_same_again_is_counted(intake: StoringIntake, database: Database) -> None:
    other = replace(IMAGE, number=2)
    for image in (IMAGE, other, IMAGE, IMAGE):
        intake.accept(received(image))
    with database.read() as connection:
        rows = connection.execute(select(instances).order_by(instances.c.id)).all()
    assert [row.repeats for row in rows] == [2, 0]
    assert rows[0].repeated_at >= rows[0].received_at
    assert rows[1].repeated_at is None


def test_corrected_demographics_take_the_place_of_the_first(
    intake: StoringIntake, blobs: Blobs, database: Database
) -> None:
    corrected = replace(IMAGE, patient_id="P2")
    assert intake.accept(received(IMAGE)) is IntakeOutcome.STORED
    assert intake.accept(received(corrected)) is IntakeOutcome.CORRECTED
    assert intake.accept(received(corrected)) is IntakeOutcome.DUPLICATE
    with database.read() as connection:
        row = connection.execute(select(instances)).one()
    assert row.revision is None
    assert blobs.path(row.blob).read_bytes() == corrected.encoded()


def test_other_pixels_under_the_same_uid_are_quarantined_and_visible(
    intake: StoringIntake, tmp_path: Path, database: Database
) -> None:
    other = replace(IMAGE, value=900)
    assert intake.accept(received(IMAGE)) is IntakeOutcome.STORED
    for _ in range(2):
        assert intake.accept(received(other)) is IntakeOutcome.CONFLICT
    with database.read() as connection:
        row = connection.execute(select(quarantine)).one()
        kept = connection.execute(select(instances)).one()
    assert row.sop_instance_uid == IMAGE.uid
    assert (tmp_path / "blobs" / "quarantine" / row.file_name).read_bytes() == other.encoded()
    assert kept.content_digest
    assert intake.accept(received(IMAGE)) is IntakeOutcome.DUPLICATE


@pytest.mark.parametrize("change", [{"sop_instance_uid": "9.9"}, {"sop_class_uid": "1.2.840.10008.5.1.4.1.1.4"}])
def test_a_command_that_differs_from_the_dataset(intake: StoringIntake, change: dict[str, str]) -> None:
    assert intake.accept(replace(received(IMAGE), **change)) is IntakeOutcome.UID_MISMATCH
    assert intake.accept(received(IMAGE)) is IntakeOutcome.STORED


@pytest.mark.parametrize("length", [0, 100, 200, 700, -40])
def test_a_truncated_file_is_not_accepted(
    intake: StoringIntake, database: Database, tmp_path: Path, length: int
) -> None:
    whole = received(IMAGE)
    cut = replace(whole, parts=[IMAGE.encoded()[:length]])
    assert intake.accept(cut) is IntakeOutcome.UNPARSABLE
    with database.read() as connection:
        assert connection.execute(select(quarantine)).one().reason
    assert len(files(tmp_path / "blobs")) == 1
    assert intake.accept(whole) is IntakeOutcome.STORED


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, arrivals: ReceiverRows, database: Database) -> None:
    blobs = Blobs(tmp_path / "blobs", watermark_bytes=1 << 60)
    intake = StoringIntake(blobs, arrivals, read_instance, FakeClock())
    assert intake.accept(received(IMAGE)) is IntakeOutcome.DISK_FULL
    assert files(tmp_path / "blobs") == []
    with database.read() as connection:
        assert connection.execute(select(instances)).all() == []


def test_a_full_disk_is_logged_once(tmp_path: Path, arrivals: ReceiverRows) -> None:
    blobs = Blobs(tmp_path / "blobs", watermark_bytes=1 << 60)
    intake = StoringIntake(blobs, arrivals, read_instance, FakeClock())
    with capture_logs() as log:
        for number in range(3):
            assert intake.accept(received(replace(IMAGE, number=number))) is IntakeOutcome.DISK_FULL
        blobs._watermark = 0
        assert intake.accept(received(IMAGE)) is IntakeOutcome.STORED
        blobs._watermark = 1 << 60
        assert intake.accept(received(IMAGE)) is IntakeOutcome.DUPLICATE
        assert intake.accept(received(replace(IMAGE, number=9))) is IntakeOutcome.DISK_FULL
    assert [entry["event"] for entry in log] == ["images_refused", "disk_has_room_again", "images_refused"]
    assert "MiB would stay free on the volume of" in log[0]["reason"]


def test_a_uid_is_never_a_path(intake: StoringIntake, tmp_path: Path) -> None:
    evil = replace(IMAGE, sop_instance_uid="../../../evil")
    request = Received(
        contact(), received(IMAGE).sop_class_uid, "../../../evil", received(IMAGE).transfer_syntax_uid, [b""]
    )
    with pytest.warns(UserWarning, match="Invalid value for VR UI"):
        request = replace(request, parts=[evil.encoded()])
    assert intake.accept(request) is IntakeOutcome.UNPARSABLE
    assert {path.parent.name for path in files(tmp_path / "blobs")} == {"quarantine"}


def test_many_associations_share_commits_and_nothing_is_lost(intake: StoringIntake, database: Database) -> None:
    images = [CtSlice("1.2.3", "1.2.3.1", n) for n in range(40)]
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda image: intake.accept(received(image)), images + images))
    assert outcomes.count(IntakeOutcome.STORED) == 40
    assert outcomes.count(IntakeOutcome.DUPLICATE) == 40
    with database.read() as connection:
        assert len(connection.execute(select(instances)).all()) == 40


def test_sweeping_removes_what_a_crash_left(tmp_path: Path, blobs: Blobs) -> None:
    kept = blobs.put([b"whole"])
    (tmp_path / "blobs" / "spool" / "torn").write_bytes(b"half")
    assert blobs.sweep() == 1
    assert files(tmp_path / "blobs") == [blobs.path(kept)]


def test_associations_left_open_by_a_crash_are_closed_at_the_start(arrivals: ReceiverRows, database: Database) -> None:
    for name in ("a1", "a2"):
        arrivals.association_opened(contact(name))
    arrivals.association_closed("a1", Closing.RELEASED)
    ReceiverRows(database, "receiver-1", FakeClock()).close_stale()
    with database.read() as connection:
        rows = connection.execute(select(associations)).all()
    assert {row.id: row.closing for row in rows} == {"a1": "released", "a2": None}
    arrivals.close_stale()
    with database.read() as connection:
        assert {row.closing for row in connection.execute(select(associations))} == {"released", "lost"}


def test_a_rejected_peer_is_one_row_however_often_it_knocks(arrivals: ReceiverRows, database: Database) -> None:
    for _ in range(3):
        arrivals.peer_rejected(contact(calling="STRANGER"), "Not in the list of peers.")
    with database.read() as connection:
        row = connection.execute(select(rejected_peers)).one()
    assert (row.calling_ae_title, row.times) == ("STRANGER", 3)
