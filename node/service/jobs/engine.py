"""Analysed and encoded: leases jobs, runs each in a worker, stores results and deliveries in one transaction.

Kill it at any moment: a lease that ran out is taken back, the analysis gives the same bytes again, and what is in
the journal is there once.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

import structlog

from node.domain.errors import Refused, Transient
from node.domain.job import AttemptLimits, Backoff, JobState
from node.service.delivering.routing import Routing
from node.service.jobs.task import Process, Processed, Task
from node.service.jobs.workers import Worker
from node.service.journal.records import (
    AssemblyJournal,
    BlobStore,
    Conclusion,
    JobJournal,
    JobRow,
    NewResult,
    StoredInstance,
)
from node.service.journal.results import ResultObject
from node.service.ports import Clock

_log = structlog.get_logger(__name__)
_PAUSE_OUTSIDE = timedelta(minutes=1)
_PAUSE_AFTER_FAILURE_S = 5.0


@dataclass(frozen=True)
class EngineOptions:
    """``owner`` names this engine across restarts. A lease is renewed long before it ends."""

    owner: str
    workers: int = 1
    lease: timedelta = timedelta(minutes=2)
    timeout: timedelta = timedelta(minutes=15)
    limits: AttemptLimits = field(default_factory=AttemptLimits)
    backoff: Backoff = field(default_factory=lambda: Backoff(first=timedelta(seconds=10)))
    allow_monoenergetic: bool = False


@dataclass
class _Run:
    """A job in a worker. ``nowhere`` says why its results have no destination."""

    job: JobRow
    worker: Worker
    future: Future[Processed]
    started: datetime
    destinations: tuple[str, ...]
    nowhere: str


@dataclass(frozen=True)
class EngineStore:
    """Where the engine reads and writes."""

    jobs: JobJournal
    studies: AssemblyJournal
    blobs: BlobStore


class Engine:
    """``make_worker`` gives a fresh worker (``SpawnedWorker``); ``process`` is what runs there."""

    def __init__(
        self,
        store: EngineStore,
        make_worker: Callable[[], Worker],
        process: Process,
        routing: Routing,
        clock: Clock,
        options: EngineOptions,
    ) -> None:
        self._jobs, self._studies, self._blobs = store.jobs, store.studies, store.blobs
        self._make_worker = make_worker
        self._process = process
        self._routing = routing
        self._clock = clock
        self._options = options
        self._idle: list[Worker] = []
        self._runs: list[_Run] = []
        self._renew_at = clock()

    def recover(self) -> None:
        """Take back what this engine held before it was killed. Call at the start."""
        count = self._jobs.recover(self._options.owner, self._clock(), self._options.limits)
        if count:
            _log.warning("interrupted_jobs_recovered", count=count)

    def run(self, stop: Event, before_each: Callable[[], object] = lambda: None, pause_s: float = 0.5) -> None:
        """Work until ``stop`` is set. ``before_each`` is the assembly's ``run_once``."""
        self.recover()
        self._idle = [self._make_worker() for _ in range(self._options.workers)]
        try:
            while not stop.is_set():
                try:
                    before_each()
                    self.run_once()
                except Exception:  # noqa: BLE001 -- the journal is away or full: it holds what is to be done
                    _log.exception("engine_failed")
                    stop.wait(_PAUSE_AFTER_FAILURE_S)
                stop.wait(pause_s)
        finally:
            self.close()

    def run_once(self) -> bool:
        """Conclude what has ended, renew leases, start what waits. True while anything runs."""
        for run in [run for run in self._runs if run.future.done() or self._overdue(run)]:
            self._runs.remove(run)
            self._end(run)
        now = self._clock()
        self._renew(now)
        self._jobs.recover(None, now, self._options.limits)
        room = self._options.workers - len(self._runs)
        for job in self._jobs.lease(self._options.owner, now, now + self._options.lease, room):
            self._start(job)
        return bool(self._runs)

    def _renew(self, now: datetime) -> None:
        """Each renewal is a durable write: not at every turn."""
        if self._runs and now >= self._renew_at:
            self._renew_at = now + self._options.lease / 4
            self._jobs.extend([run.job.id for run in self._runs], self._options.owner, now + self._options.lease)

    def close(self) -> None:
        """End the workers. What they were doing is taken up again at the next start."""
        for worker in [*self._idle, *(run.worker for run in self._runs)]:
            worker.kill()
        self._idle, self._runs = [], []

    def _start(self, job: JobRow) -> None:
        stored = self._studies.instances_of(job.study_instance_uid, job.revision)
        task = self._task(job, stored)
        worker = self._idle.pop() if self._idle else self._make_worker()
        try:
            future = worker.submit(self._process, task)
        except BrokenExecutor:  # it died while idle, which is no fault of this study
            worker.kill()
            worker = self._make_worker()
            future = worker.submit(self._process, task)
        where = self._routing.destinations_of(stored), self._routing.nowhere(stored)
        self._runs.append(_Run(job, worker, future, self._clock(), *where))
        _log.info("analysis_started", job=job.id, study=job.study_instance_uid, attempt=job.attempts + 1)

    def _task(self, job: JobRow, stored: Sequence[StoredInstance]) -> Task:
        files = {one.instance.sop_instance_uid: self._blobs.path(one.blob) for one in stored}
        instances = tuple(one.instance for one in stored)
        return Task(job.study_instance_uid, instances, files, self._options.allow_monoenergetic)

    def _overdue(self, run: _Run) -> bool:
        return self._clock() - run.started >= self._options.timeout

    def _end(self, run: _Run) -> None:
        try:
            if not run.future.done():
                raise TimeoutError(f"The analysis took longer than {self._options.timeout.total_seconds():.0f} s")
            processed = run.future.result()
            self._idle.append(run.worker)
        except Refused as refusal:
            self._idle.append(run.worker)
            processed = Processed(JobState.REFUSED, str(refusal), run.job.explanation)
        except Transient as error:
            self._idle.append(run.worker)
            self._put_off(run.job, error)
            return
        except (BrokenExecutor, TimeoutError) as error:
            run.worker.kill()
            self._failed(run.job, str(error) or "The worker process died (out of memory?).")
            return
        except Exception as error:  # noqa: BLE001 -- whatever the analysis raised is a failed attempt
            self._idle.append(run.worker)
            self._failed(run.job, f"{type(error).__name__}: {error}")
            return
        try:
            self._conclude(run, processed)
        except Transient as error:  # the disk is full: the same bytes are made again later
            self._put_off(run.job, error)

    def _conclude(self, run: _Run, processed: Processed) -> None:
        results = tuple(self._store(one, run.destinations) for one in processed.objects)
        explanation = {**run.job.explanation, **processed.explanation}
        nowhere = run.nowhere if processed.state is JobState.ENCODED else ""
        reason = f"{processed.reason} {nowhere}".strip()
        conclusion = Conclusion(processed.state, reason, explanation, results)
        kept = self._jobs.conclude(run.job, self._options.owner, conclusion, self._clock())
        _log.info("analysis_ended", job=run.job.id, study=run.job.study_instance_uid, state=processed.state, kept=kept)

    def _store(self, one: ResultObject, destinations: tuple[str, ...]) -> NewResult:
        blob = self._blobs.put([one.content])
        uids = (one.sop_instance_uid, one.sop_class_uid, one.transfer_syntax_uid)
        return NewResult(one.role, one.file_name, blob, *uids, destinations if one.sop_instance_uid else ())

    def _failed(self, job: JobRow, reason: str) -> None:
        now = self._clock()
        retry_at = now + self._options.backoff.delay(job.attempts + 1)
        state = self._jobs.attempt_failed(job, self._options.owner, reason, now, retry_at, self._options.limits)
        _log.error("attempt_failed", job=job.id, study=job.study_instance_uid, state=state)

    def _put_off(self, job: JobRow, error: Transient) -> None:
        """Something outside is at fault: that is no attempt of this study."""
        now = self._clock()
        self._jobs.attempt_failed(job, self._options.owner, str(error), now, now + _PAUSE_OUTSIDE, None)
        _log.error("analysis_put_off", job=job.id, study=job.study_instance_uid, error=str(error))
