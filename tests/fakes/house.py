"""A node without network and without the real analysis, wired as bootstrap does."""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from node.dicom.reading.header import read_instance
from node.domain.completeness import Patience
from node.domain.job import AttemptLimits, Backoff
from node.domain.peer import Peer
from node.service.delivering.courier import Courier, CourierOptions, CourierStore
from node.service.delivering.routing import Route, Routing
from node.service.jobs.assembly import Assembly, AssemblyRules
from node.service.jobs.engine import Engine, EngineOptions, EngineStore
from node.service.jobs.task import Process, Processed, Task
from node.service.ports import Closing, IntakeOutcome
from node.service.receiving.intake import StoringIntake
from node.store.arrivals import ReceiverRows
from node.store.assembling import AssemblyRows
from node.store.blobs import Blobs
from node.store.database import Database
from node.store.leasing import JobRows
from node.store.outbox import CommitmentReports, Outbox
from node.store.schema import migrate
from node.store.tables import events, instances, jobs, outbox, results
from sqlalchemy import select
from tests.fakes import process
from tests.fakes.clock import FakeClock
from tests.fakes.ct import CtSlice, contact, received
from tests.fakes.pacs import FakePacs

PEER = Peer("pacs", "PACS", "127.0.0.1", 104, sends=False, receives=True)
PATIENCE = Patience(timedelta(seconds=3), timedelta(seconds=60), timedelta(minutes=15))


class InlineWorker:
    """Runs the task here and now."""

    def submit(self, function: Process, task: Task) -> Future[Processed]:
        """Done when it returns."""
        future: Future[Processed] = Future()
        try:
            future.set_result(function(task))
        except Exception as error:  # noqa: BLE001 -- as an executor does
            future.set_exception(error)
        return future

    def kill(self) -> None:
        """Nothing runs."""


@dataclass
class House:
    """``make`` builds the parts anew on the same folder, as a restart does."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    pacs: FakePacs = field(default_factory=FakePacs)
    process: Process = process.measure
    make_worker: Any = InlineWorker
    limits: AttemptLimits = field(default_factory=AttemptLimits)
    timeout: timedelta = timedelta(minutes=15)
    routes: tuple[Route, ...] = ()
    peers: tuple[Peer, ...] = (PEER,)
    durable: bool = False
    version: str = "calcinode 1"
    allow_monoenergetic: bool = False

    def __post_init__(self) -> None:
        path = self.folder / "journal.db"
        is_new = not path.exists()
        self.database = Database(f"sqlite:///{path}")
        if is_new:
            migrate(self.database)
        self.blobs = Blobs(self.folder / "blobs", durable=self.durable)
        self.make()

    def make(self) -> None:
        """All parts, as at a start."""
        self.receiver = ReceiverRows(self.database, "receiver-0", self.clock)
        self.intake = StoringIntake(self.blobs, self.receiver, read_instance, self.clock)
        rows, self.outbox = AssemblyRows(self.database), Outbox(self.database)
        rules = AssemblyRules(self.version, patience=PATIENCE, allow_monoenergetic=self.allow_monoenergetic)
        self.assembly = Assembly(rows, self.clock, rules)
        self.reports = CommitmentReports(self.database, self.clock)
        routing = Routing(tuple(peer.name for peer in self.peers), self.routes)
        engine_options = EngineOptions(
            "engine", limits=self.limits, timeout=self.timeout, allow_monoenergetic=self.allow_monoenergetic
        )
        store = EngineStore(JobRows(self.database), rows, self.blobs)
        self.engine = Engine(store, self.make_worker, self.process, routing, self.clock, engine_options)
        options = CourierOptions("courier", backoff=Backoff())
        self.courier = Courier(
            CourierStore(self.outbox, self.reports, self.blobs),
            {peer.name: peer for peer in self.peers},
            self.pacs,
            self.pacs,
            self.clock,
            options,
        )

    def receive(self, images: Iterable[CtSlice], association: str = "a1", calling: str = "SCANNER") -> None:
        """One association, released at its end."""
        who = contact(association, calling)
        self.receiver.association_opened(who)
        for image in images:
            request = received(image, association)
            outcome = self.intake.accept(type(request)(**{**request.__dict__, "contact": who}))
            assert outcome in (IntakeOutcome.STORED, IntakeOutcome.CORRECTED, IntakeOutcome.DUPLICATE), outcome
        self.receiver.association_closed(association, Closing.RELEASED)

    def work(self, rounds: int = 3) -> None:
        """All roles, some rounds, without time passing."""
        for _ in range(rounds):
            self.assembly.run_once()
            self.engine.run_once()
            self.courier.run_once()

    def settle(self) -> None:
        """Enough time for a proven pair, and all the work."""
        self.assembly.run_once()
        self.clock.advance(4)
        self.work()

    def states(self) -> list[str]:
        """State of each revision, in order."""
        return [row.state for row in self.rows(jobs)]

    def deliveries(self) -> list[str]:
        """State of each delivery."""
        return [row.state for row in self.rows(outbox)]

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table by id."""
        with self.database.read() as connection:
            return list(connection.execute(select(table).order_by(table.c.id)).all())

    def history(self, kind: str, subject_id: int) -> list[str]:
        """The states that a job or delivery went through."""
        return [row.to_state for row in self.rows(events) if (row.kind, row.subject_id) == (kind, subject_id)]

    def results(self) -> list[Any]:
        """All results."""
        return self.rows(results)

    def instances(self) -> list[Any]:
        """All instances."""
        return self.rows(instances)
