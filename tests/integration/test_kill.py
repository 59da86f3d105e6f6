"""kill -9 and power cuts: whatever the moment, after the restart there is exactly one set of results."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from node.service.ports import Closing
from node.store.blobs import Blobs
from node.store.database import Database
from node.store.tables import instances, jobs, outbox, quarantine, results
from sqlalchemy import Connection, select
from tests.fakes.ct import contact, pair_of_series, received
from tests.fakes.house import House

ROOT = Path(__file__).parents[2]


class PowerCut(BaseException):
    """Nothing catches it, as nothing catches a power cut."""


class Fuse:
    """Blows at the ``nth`` chance."""

    def __init__(self, nth: int) -> None:
        self.left = nth
        self.blown = False

    def chance(self) -> None:
        """One moment at which the power may go."""
        self.left -= 1
        if self.left == 0:
            self.blown = True
            raise PowerCut


def protect(house: House, fuse: Fuse) -> None:
    """Put the fuse before and after every durable step of the journal, the blobs and the PACS."""
    database, blobs = house.database, house.blobs
    write = Database.write

    @contextmanager
    def cutting_write() -> Iterator[Connection]:
        fuse.chance()
        with write(database) as connection:
            yield connection
        fuse.chance()

    database.write = cutting_write  # type: ignore[method-assign]
    for owner, name in ((blobs, "put"), (blobs, "discard"), (house.pacs, "_store"), (house.pacs, "request")):
        setattr(owner, name, _cutting(getattr(owner, name), fuse))


def _cutting(function: Callable[..., object], fuse: Fuse) -> Callable[..., object]:
    def cut(*arguments: object) -> object:
        fuse.chance()
        answer = function(*arguments)
        fuse.chance()
        return answer

    return cut


def restore(house: House) -> None:
    """The power is back: fresh parts on the same folder."""
    pacs = house.pacs
    for name in ("_store", "request"):
        pacs.__dict__.pop(name, None)
    house.database.close()
    house.database = Database(house.database.url)
    house.blobs = Blobs(house.folder / "blobs", durable=False)
    house.blobs.sweep()
    house.make()
    house.receiver.close_stale()
    house.engine.recover()
    house.courier.recover()


def live(house: House, acknowledged: set[str], association: str) -> None:
    """A scanner sends what was not acknowledged; then all roles work until nothing is left."""
    who = contact(association)
    house.receiver.association_opened(who)
    for image in pair_of_series("1.2.3", slices=3):
        if image.uid not in acknowledged:
            house.intake.accept(received(image, association))
            acknowledged.add(image.uid)
    house.receiver.association_closed(association, Closing.RELEASED)
    for _ in range(4):
        house.assembly.run_once()
        house.clock.advance(61)
        house.engine.run_once()
        house.courier.run_once()


def assert_one_outcome(house: House) -> None:
    assert house.states() == ["done"]
    assert len(house.instances()) == 6
    assert sorted(row.role for row in house.results()) == ["findings", "seg", "sr"]
    assert house.deliveries() == ["committed", "committed"]
    assert len(house.pacs.held) == 2


@pytest.mark.slow
def test_the_power_goes_between_any_two_steps(tmp_path: Path) -> None:
    moments, empty = 0, tmp_path / "empty"
    empty.mkdir()
    House(empty).database.close()
    for nth in range(1, 10_000):
        folder = tmp_path / str(nth)
        shutil.copytree(empty, folder)
        house, fuse, acknowledged = House(folder), Fuse(nth), set[str]()
        protect(house, fuse)
        try:
            live(house, acknowledged, "a1")
        except PowerCut:
            moments += 1
        if fuse.blown:
            restore(house)
            house.clock.advance(5)
            live(house, acknowledged, "a2")
        house.clock.advance(400)
        house.work()
        assert_one_outcome(house)
        house.database.close()
        if not fuse.blown:
            break
    assert moments >= 50


@pytest.mark.slow
def test_kill_9_at_ten_random_moments(tmp_path: Path) -> None:
    moments = random.Random(20260301)
    command = [sys.executable, "-m", "tests.fakes.whole_node", str(tmp_path)]
    started = time.monotonic()
    run = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    while not (tmp_path / "blobs").exists():  # how long a start takes on this machine
        time.sleep(0.02)
    start_up = time.monotonic() - started
    for _ in range(10):
        time.sleep(moments.uniform(0, 1.2))
        if run.poll() is not None:
            break
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        run = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
        time.sleep(start_up)
    assert run.wait(timeout=120) == 0
    database = Database(f"sqlite:///{tmp_path}/journal.db")
    with database.read() as connection:
        assert len(connection.execute(select(instances)).all()) == 40
        assert connection.execute(select(quarantine)).all() == []
        states = connection.execute(select(jobs.c.state)).scalars().all()
        assert states.count("done") == 1
        assert set(states) <= {"done", "incomplete", "superseded", "unchanged"}
        assert len(connection.execute(select(results)).all()) == 3
        assert connection.execute(select(outbox.c.state)).scalars().all() == ["committed"] * 2
    database.close()
    assert len(list((tmp_path / "pacs").iterdir())) == 2
    assert not (tmp_path / "pacs" / "CONFLICT").exists()
