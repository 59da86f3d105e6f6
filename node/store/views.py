"""Reads for people: implements ``questions.JournalView``."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Join, func, select

from node.domain.job import JobState, OutboxState
from node.service.delivering.routing import KEPT
from node.service.journal.questions import EventRow, QuarantinedRow, Queue, RejectedPeer, Revision, Status, Story
from node.service.journal.records import JobRow
from node.service.ports import IntakeOutcome
from node.store.database import Database
from node.store.outbox import joined
from node.store.rows import delivery, job_row
from node.store.tables import events, instances, jobs, outbox, quarantine, rejected_peers, results
from node.store.transitions import JOB

_ALWAYS_OVERTAKEN: Final = (None, JobState.UNCHANGED, JobState.SUPERSEDED)
"""Asked for these (None: for all), the jobs are all of the journal."""


class Views:
    """Implements ``JournalView``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def status(self) -> Status:
        """Counts are of this moment."""
        with self._database.read() as connection:
            count, last = connection.execute(
                select(func.count(), func.max(instances.c.received_at)).select_from(instances)
            ).one()
            bad = connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
            nowhere = _undelivered(connection)
            return Status(count, last, _by_state(connection), _queues(connection), _rejected(connection), bad, nowhere)

    def jobs(self, state: JobState | None = None, limit: int = 50) -> Sequence[JobRow]:
        """Latest changes first; of a state only those that no later revision has overtaken."""
        query = select(jobs).order_by(jobs.c.updated_at.desc(), jobs.c.id.desc()).limit(limit)
        if state is not None:
            query = query.where(jobs.c.state == state.value)
        if state not in _ALWAYS_OVERTAKEN:
            query = query.select_from(_latest())
        with self._database.read() as connection:
            return [job_row(row) for row in connection.execute(query)]

    def story(self, study_instance_uid: str) -> Story:
        """Revisions in their order."""
        of_study = instances.c.study_instance_uid == study_instance_uid
        senders = select(instances.c.calling_ae_title).where(of_study).distinct()
        revisions = select(jobs).where(jobs.c.study_instance_uid == study_instance_uid).order_by(jobs.c.revision)
        uids = select(instances.c.sop_instance_uid).where(of_study)
        bad = select(quarantine).where(quarantine.c.sop_instance_uid.in_(uids)).order_by(quarantine.c.id)
        counts = func.count(), func.coalesce(func.sum(instances.c.repeats), 0), func.max(instances.c.repeated_at)
        with self._database.read() as connection:
            count, repeats, last_repeat_at = connection.execute(select(*counts).where(of_study)).one()
            return Story(
                study_instance_uid,
                count,
                sorted(connection.execute(senders).scalars()),
                [_revision(connection, row) for row in connection.execute(revisions).all()],
                [_quarantined(row) for row in connection.execute(bad)],
                repeats,
                last_repeat_at,
            )

    def study_of_job(self, job_id: int) -> str | None:
        """None where there is no such job."""
        query = select(jobs.c.study_instance_uid).where(jobs.c.id == job_id)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def rejected_peers(self) -> Sequence[RejectedPeer]:
        """Latest first."""
        with self._database.read() as connection:
            return _rejected(connection)

    def quarantined(self, limit: int | None = 50) -> Sequence[QuarantinedRow]:
        """Latest first; None: all of them."""
        with self._database.read() as connection:
            rows = connection.execute(select(quarantine).order_by(quarantine.c.at.desc()).limit(limit))
            return [_quarantined(row) for row in rows]

    def results_of(self, job_id: int) -> dict[str, str]:
        """Key of the blob by file name."""
        query = select(results.c.file_name, results.c.blob).where(results.c.job_id == job_id)
        with self._database.read() as connection:
            return {row.file_name: row.blob for row in connection.execute(query)}


def _by_state(connection: Connection) -> dict[JobState, int]:
    query = select(jobs.c.state, func.count()).select_from(_latest()).group_by(jobs.c.state)
    return {JobState(state): count for state, count in connection.execute(query)}


def _undelivered(connection: Connection) -> int:
    """Done without a single delivery, and not on purpose: no route matched, or there is no destination."""
    sent = select(outbox.c.id).where(outbox.c.job_id == jobs.c.id).correlate(jobs).exists()
    done = (jobs.c.state == JobState.DONE.value) & ~jobs.c.reason.contains(KEPT, autoescape=True)
    query = select(func.count()).select_from(_latest()).where(done & ~sent)
    return connection.execute(query).scalar_one()


def _latest() -> Join:
    """The latest revision of each study that says something of its own."""
    telling = select(jobs.c.study_instance_uid, func.max(jobs.c.revision).label("revision"))
    latest = telling.where(jobs.c.state != JobState.UNCHANGED.value).group_by(jobs.c.study_instance_uid).subquery()
    same = (jobs.c.study_instance_uid == latest.c.study_instance_uid) & (jobs.c.revision == latest.c.revision)
    return jobs.join(latest, same)


def _queues(connection: Connection) -> list[Queue]:
    groups = (outbox.c.destination, outbox.c.state)
    query = select(*groups, func.count(), func.min(outbox.c.began_at), func.max(outbox.c.id)).group_by(*groups)
    found = connection.execute(query.order_by(*groups)).all()
    reasons = select(outbox.c.id, outbox.c.reason).where(outbox.c.id.in_([row[4] for row in found]))
    said = {row.id: row.reason for row in connection.execute(reasons)}
    return [Queue(d, OutboxState(state), count, oldest, said[last]) for d, state, count, oldest, last in found]


def _rejected(connection: Connection) -> list[RejectedPeer]:
    query = select(rejected_peers).order_by(rejected_peers.c.last_at.desc()).limit(50)
    return [
        RejectedPeer(row.calling_ae_title, row.address, row.reason, row.times, row.last_at)
        for row in connection.execute(query)
    ]


def _revision(connection: Connection, job: Any) -> Revision:
    mine = (events.c.kind == JOB) & (events.c.subject_id == job.id)
    happened = connection.execute(select(events).where(mine).order_by(events.c.id))
    sent = connection.execute(joined().where(outbox.c.job_id == job.id).order_by(outbox.c.id))
    return Revision(
        job_row(job),
        [EventRow(row.at, row.from_state, row.to_state, row.reason) for row in happened],
        [delivery(row) for row in sent],
    )


def _quarantined(row: Any) -> QuarantinedRow:
    outcome = IntakeOutcome(row.outcome)
    return QuarantinedRow(row.sop_instance_uid, row.file_name, outcome, row.reason, row.calling_ae_title, row.at)
