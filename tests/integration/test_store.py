"""The journal as several processes use it, its schema, and its durability settings."""

import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from node.dicom.reading.header import read_instance
from node.domain.errors import Transient, Unusable
from node.service.ports import IntakeOutcome
from node.service.receiving.intake import StoringIntake
from node.store.arrivals import ReceiverRows
from node.store.blobs import Blobs
from node.store.database import Database
from node.store.headers import header_text, instance_of
from node.store.leasing import JobRows
from node.store.schema import migrate
from node.store.tables import instances, metadata
from node.store.version import check_version
from sqlalchemy import func, select
from tests.fakes.clock import FakeClock
from tests.fakes.ct import CtSlice, pair_of_series, received
from tests.fakes.house import House

IMAGES = 40


def receive_all(folder: Path, receiver: str) -> Counter[IntakeOutcome]:
    """One receiver process: the whole study, as every other process sends it too."""
    database = Database(f"sqlite:///{folder}/journal.db")
    clock = FakeClock()
    intake = StoringIntake(Blobs(folder / "blobs"), ReceiverRows(database, receiver, clock), read_instance, clock)
    images = [CtSlice("1.2.3", "1.2.3.1", n) for n in range(IMAGES)]
    return Counter(intake.accept(received(image, receiver)) for image in images)


def lease_all(folder: Path, owner: str) -> list[int]:
    """One engine process: whatever it can get."""
    database = Database(f"sqlite:///{folder}/journal.db")
    rows, now = JobRows(database), datetime(2026, 4, 1, tzinfo=UTC)
    expires = datetime(2026, 5, 1, tzinfo=UTC)
    taken: list[int] = []
    while found := rows.lease(owner, now, expires, 1):
        taken += [job.id for job in found]
    return taken


def in_processes(function: Callable[..., object], folder: Path, names: list[str]) -> list[object]:
    with ProcessPoolExecutor(len(names), mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(function, [folder] * len(names), names))


def test_receivers_in_several_processes_store_each_instance_once(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/journal.db")
    migrate(database)
    counts = in_processes(receive_all, tmp_path, ["r0", "r1", "r2"])
    total: Counter[IntakeOutcome] = sum(counts, Counter())  # type: ignore[arg-type]
    assert total == {IntakeOutcome.STORED: IMAGES, IntakeOutcome.DUPLICATE: 2 * IMAGES}
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(instances)).scalar_one() == IMAGES
    database.close()


def test_no_two_engines_get_the_same_job(tmp_path: Path) -> None:
    house = House(tmp_path)
    for n in range(6):
        house.receive(pair_of_series(f"1.2.{n}", slices=3), f"a{n}")
    house.assembly.run_once()
    house.clock.advance(4)
    house.assembly.run_once()
    assert house.states() == ["paired"] * 6
    taken = in_processes(lease_all, tmp_path, ["e0", "e1"])
    assert sorted(job for jobs in taken for job in jobs) == [1, 2, 3, 4, 5, 6]  # type: ignore[attr-defined]
    house.database.close()


def test_a_lost_lease_writes_nothing(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.receive(pair_of_series("1.2.3"))
    house.assembly.run_once()
    house.clock.advance(4)
    house.assembly.run_once()
    rows = JobRows(house.database)
    (job,) = rows.lease("dead", house.clock(), house.clock(), 1)
    house.work()
    assert house.states() == ["done"]
    assert not rows.conclude(job, "dead", None, house.clock())  # type: ignore[arg-type]
    assert len(house.results()) == 3
    house.database.close()


def test_the_schema_from_empty_is_that_of_the_tables_and_migrating_again_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/journal.db")
    migrate(database)
    migrate(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_a_journal_of_before_the_repeats_is_brought_up_to_date(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.receive([CtSlice("1.2.3", "1.2.3.1", 1)])
    with house.database.write() as connection:
        for column in ("repeats", "repeated_at"):
            connection.exec_driver_sql(f"ALTER TABLE instances DROP COLUMN {column}")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    migrate(house.database)
    house.receive([CtSlice("1.2.3", "1.2.3.1", 1)], association="a2")
    assert [row.repeats for row in house.instances()] == [1]
    house.database.close()


def test_a_journal_of_another_version_is_told_as_such(tmp_path: Path) -> None:
    house = House(tmp_path)
    check_version(house.database)
    set_version(house, "0001")
    with pytest.raises(Unusable, match=r"earlier version of Calcinode \(0001; this one needs ") as earlier:
        check_version(house.database)
    assert "Restart the node with this version" in earlier.value.hint
    set_version(house, "9999")
    for refuses in (check_version, migrate):
        with pytest.raises(Unusable, match=r"later version of Calcinode \(9999; this one knows ") as later:
            refuses(house.database)
        assert "Install the later version again" in later.value.hint
    house.database.close()


def test_an_empty_journal_is_told_as_such(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/journal.db")
    with pytest.raises(Unusable, match="no node has run with it"):
        check_version(database)
    database.close()


def set_version(house: House, version: str) -> None:
    """As a program of that version would have left it."""
    with house.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")


@pytest.mark.parametrize("read_only", [True, False])
def test_a_journal_that_is_damaged_says_so(tmp_path: Path, *, read_only: bool) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"no database " * 1000)
    database = Database(f"sqlite:///{path}", read_only=read_only)
    with (
        pytest.raises(Transient, match="The journal is damaged: file is not"),
        database.read() as connection,
    ):
        connection.exec_driver_sql("SELECT * FROM jobs")
    database.close()


def test_sqlite_is_as_durable_as_it_can_be(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/journal.db")
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    database.close()


@pytest.mark.parametrize("image", list(pair_of_series("1.2.3", slices=2)))
def test_a_header_comes_back_from_its_row_as_it_went_in(tmp_path: Path, image: CtSlice) -> None:
    path = tmp_path / "image"
    path.write_bytes(image.encoded())
    instance = read_instance(path)
    assert instance_of(header_text(instance)) == instance
