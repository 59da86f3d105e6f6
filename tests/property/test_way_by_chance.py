"""Whatever happens in whatever order, a study ends with one set of results, and nothing is lost or doubled."""

import random
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from node.domain.job import JOB_TRANSITIONS, OUTBOX_TRANSITIONS, JobState, OutboxState
from node.store.tables import events, jobs, outbox
from tests.fakes.ct import pair_of_series
from tests.fakes.house import House

STUDY = "1.2.3"
IMAGES = list(pair_of_series(STUDY, slices=4))
_EMPTY = Path(tempfile.mkdtemp(prefix="calcinode-empty-"))


class Way(RuleBasedStateMachine):
    """A sender, the roles, time, a PACS that comes and goes, and restarts."""

    @initialize(order=st.permutations(range(len(IMAGES))))
    def start(self, order: list[int]) -> None:
        """A fresh node; the images will come in this order."""
        if not (_EMPTY / "journal.db").exists():
            House(_EMPTY).database.close()
        self.folder = Path(tempfile.mkdtemp(prefix="calcinode-way-"))
        shutil.copy(_EMPTY / "journal.db", self.folder)
        self.house = House(self.folder)
        self.left = [IMAGES[n] for n in order]
        self.sent = 0

    @rule(count=st.integers(1, 8), again=st.booleans())
    def receive(self, count: int, again: bool) -> None:
        """Some images on an association of their own, perhaps some of them once more later."""
        images, self.left = self.left[:count], self.left[count:]
        if again:
            self.left += images[:1]
        self._send(images)

    @rule()
    def assemble(self) -> None:
        """The assembly looks."""
        self.house.assembly.run_once()

    @rule()
    def analyse(self) -> None:
        """The engine works."""
        self.house.engine.run_once()

    @rule()
    def deliver(self) -> None:
        """The courier goes."""
        self.house.courier.run_once()

    @rule(seconds=st.sampled_from([1, 4, 61, 901, 4000]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.house.clock.advance(seconds)

    @rule(down=st.booleans(), silent=st.booleans())
    def change_the_pacs(self, down: bool, silent: bool) -> None:
        """It comes and goes."""
        self.house.pacs.down, self.house.pacs.silent = down, silent

    @rule()
    def restart(self) -> None:
        """As after a kill: what was in memory is gone."""
        self.house.make()
        self.house.engine.recover()
        self.house.courier.recover()

    @invariant()
    def every_change_was_allowed(self) -> None:
        """The events are a chain through the tables of transitions."""
        if not hasattr(self, "house"):
            return
        last: dict[tuple[str, int], str] = {}
        for row in self.house.rows(events):
            subject = (row.kind, row.subject_id)
            if row.kind == "job" and row.from_state:
                assert JobState(row.to_state) in JOB_TRANSITIONS[JobState(row.from_state)]
            if row.kind == "delivery":
                assert OutboxState(row.to_state) in OUTBOX_TRANSITIONS[OutboxState(row.from_state)]
            assert last.get(subject, row.from_state) == row.from_state
            last[subject] = row.to_state
        for row in self.house.rows(jobs):
            assert last["job", row.id] == row.state
        for row in self.house.rows(outbox):
            assert last.get(("delivery", row.id), "pending") == row.state

    def teardown(self) -> None:
        """Let everything come to its end, and look."""
        if not hasattr(self, "house"):
            return
        house = self.house
        house.pacs.down = house.pacs.silent = False
        self._send(self.left)
        for _ in range(6):
            house.work(1)
            house.clock.advance(4000)
        rows = [row for row in house.rows(jobs) if row.state != JobState.UNCHANGED]
        assert rows[-1].state == JobState.DONE
        assert len(house.instances()) == len(IMAGES)
        final = {r.sop_instance_uid for r in house.results() if r.job_id == rows[-1].id and r.sop_instance_uid}
        assert len(final) == 2
        assert final <= set(house.pacs.held)
        assert set(house.deliveries()) <= {"committed", "superseded"}
        keys = [row.key for row in house.rows(jobs) if row.key]
        assert len(keys) == len(set(keys))
        house.database.close()
        shutil.rmtree(self.folder)

    def _send(self, images: list) -> None:  # type: ignore[type-arg]
        self.sent += 1
        self.house.receive(images, f"a{self.sent}-{random.random()}")


TestWay = Way.TestCase
TestWay.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
