"""A node in one process, to be killed: sends a study to itself, analyses it in a worker, delivers it to a folder.

    python -m tests.fakes.whole_node FOLDER

Every start sends again what was not acknowledged, as a scanner does. It ends by itself when all is committed.
"""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

from node.dicom.reading.header import read_instance
from node.domain.completeness import Patience
from node.domain.peer import Peer
from node.service.delivering.courier import Courier, CourierOptions, CourierStore
from node.service.delivering.routing import Routing
from node.service.jobs.assembly import Assembly, AssemblyRules
from node.service.jobs.engine import Engine, EngineOptions, EngineStore
from node.service.jobs.task import Processed, Task
from node.service.jobs.workers import SpawnedWorker
from node.service.ports import Closing, CommitmentReport, Parcel, SendResult
from node.service.receiving.intake import StoringIntake
from node.store.arrivals import ReceiverRows
from node.store.assembling import AssemblyRows
from node.store.blobs import Blobs
from node.store.database import Database
from node.store.leasing import JobRows
from node.store.outbox import CommitmentReports, Outbox
from node.store.schema import migrate
from node.store.tables import outbox
from sqlalchemy import select
from tests.fakes.ct import contact, pair_of_series, received
from tests.fakes.process import measure

STUDY = "1.2.3"
PEER = Peer("pacs", "PACS", "127.0.0.1", 104, receives=True)


class FolderPacs:
    """Holds what it is sent as files; will not have other bytes under a UID that it holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def send(self, peer: Peer, parcels: Sequence[Parcel]) -> Sequence[SendResult]:
        """Slowly, so that a kill meets it at work."""
        return [self._store(parcel) for parcel in parcels]

    def request(self, peer: Peer, transaction_uid: str, parcels: Sequence[Parcel]) -> CommitmentReport:
        """Says what it holds."""
        time.sleep(0.05)
        return CommitmentReport(transaction_uid, tuple(p.sop_instance_uid for p in parcels))

    def _store(self, parcel: Parcel) -> SendResult:
        time.sleep(0.05)
        path, content = self._folder / parcel.sop_instance_uid, parcel.path.read_bytes()
        if path.exists() and path.read_bytes() != content:
            (self._folder / "CONFLICT").touch()
        path.write_bytes(content)
        return SendResult(parcel.sop_instance_uid, True, 0)


def slow_measure(task: Task) -> Processed:
    """Long enough to be interrupted."""
    time.sleep(0.3)
    return measure(task)


def now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


def send_what_is_not_acknowledged(folder: Path, database: Database, blobs: Blobs) -> None:
    """A scanner with a memory of its own."""
    receiver = ReceiverRows(database, "receiver-0", now)
    receiver.close_stale()
    intake = StoringIntake(blobs, receiver, read_instance, now)
    who = contact(uuid4().hex)
    receiver.association_opened(who)
    for image in pair_of_series(STUDY, slices=20):
        mark = folder / f"acknowledged-{image.uid}"
        if not mark.exists():
            intake.accept(received(image, who.association_id))
            mark.touch()
            time.sleep(0.01)
    receiver.association_closed(who.association_id, Closing.RELEASED)


def main(folder: Path) -> None:
    """Until everything is committed."""
    database = Database(f"sqlite:///{folder}/journal.db")
    migrate(database)
    blobs = Blobs(folder / "blobs")
    blobs.sweep()
    rows, stop = AssemblyRows(database), Event()
    patience = Patience(timedelta(seconds=0.3), timedelta(seconds=2), timedelta(minutes=5))
    assembly = Assembly(rows, now, AssemblyRules("test 1", patience=patience))
    store = EngineStore(JobRows(database), rows, blobs)
    routing = Routing((PEER.name,))
    engine = Engine(store, SpawnedWorker, slow_measure, routing, now, EngineOptions("engine"))
    pacs, reports = FolderPacs(folder / "pacs"), CommitmentReports(database, now)
    courier_store = CourierStore(Outbox(database), reports, blobs)
    courier = Courier(courier_store, {PEER.name: PEER}, pacs, pacs, now, CourierOptions("courier"))
    threads = [
        Thread(target=send_what_is_not_acknowledged, args=(folder, database, blobs)),
        Thread(target=engine.run, args=(stop, assembly.run_once, 0.05)),
        Thread(target=courier.run, args=(stop, 0.05)),
    ]
    for thread in threads:
        thread.start()
    while not _all_committed(database):
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()


def _all_committed(database: Database) -> bool:
    with database.read() as connection:
        states = connection.execute(select(outbox.c.state)).scalars().all()
    return bool(states) and set(states) == {"committed"}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
