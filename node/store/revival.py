"""Another try, asked for by a person: implements ``retry.Revival``."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import Connection, insert, select, update

from node.domain.job import RETRYABLE_JOBS, JobState, OutboxState
from node.service.delivering.routing import found_only
from node.service.journal.records import JobRow
from node.service.people.retry import Destinations, Revived, Selection
from node.service.ports import Clock
from node.store.database import Database
from node.store.leasing import new_delivery
from node.store.rows import job_row
from node.store.tables import jobs, outbox, results
from node.store.transitions import move_delivery, move_job

_SENT = (OutboxState.DELIVERED.value, OutboxState.COMMITMENT_REQUESTED.value, OutboxState.COMMITTED.value)
_STANDING = (*(s.value for s in RETRYABLE_JOBS), JobState.UNCHANGED.value)
_WITH_RESULTS = (JobState.ENCODED.value, JobState.DONE.value)
_ASKED = "Asked for by a person."


class Revivals:
    """Implements ``Revival``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def retry(self, selection: Selection, clock: Clock) -> Revived:
        """Of each study the last revision that can be; none where a later one has succeeded or is under way.

        Of the deliveries those that failed, and those that wait for another try.
        """
        with self._database.write() as connection:
            now = clock()
            found = 0 if selection.destination else _retry_jobs(connection, selection, now)
            failed = _send_again(connection, selection, (OutboxState.FAILED.value,), now)
            return Revived(found, failed + _send_now(connection, selection, now))

    def to_be_routed(self, selection: Selection) -> Sequence[JobRow]:
        """Read beforehand: where they go takes a look at all instances, too long for a transaction that writes."""
        query = _selected(select(jobs).where(jobs.c.state.in_(_WITH_RESULTS)), selection)
        if selection.destination is not None:
            there = (outbox.c.job_id == jobs.c.id) & (outbox.c.destination == selection.destination)
            query = query.where(~select(outbox.c.id).where(there).exists())
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(jobs.c.id)).all()
            return [job_row(row) for row in rows if not _overtaken(connection, row)]

    def resend(self, selection: Selection, clock: Clock, destinations: Destinations) -> int:
        """The same bytes under the same UIDs."""
        with self._database.write() as connection:
            now = clock()
            sent = _send_again(connection, selection, _SENT, now)
            return sent + sum(_send_anew(connection, job, names, now) for job, names in destinations.items() if names)

    def job_of(self, selection: Selection) -> JobRow | None:
        """The latest revision of what is named."""
        if selection.study_instance_uid is None and selection.job_id is None:
            return None
        query = _selected(select(jobs), selection).order_by(jobs.c.revision.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else job_row(row)


def _retry_jobs(connection: Connection, selection: Selection, now: datetime) -> int:
    query = select(jobs).where(jobs.c.state.in_([s.value for s in RETRYABLE_JOBS]))
    rows = connection.execute(_selected(query, selection).order_by(jobs.c.revision).with_for_update()).all()
    last = {row.study_instance_uid: row for row in rows}
    chosen = [row for row in last.values() if not _overtaken(connection, row)]
    for row in chosen:
        move_job(connection, row, JobState.RECEIVED, _ASKED, now, key=None, not_before=now)
    return len(chosen)


def _overtaken(connection: Connection, job: Any) -> bool:
    newer = (jobs.c.study_instance_uid == job.study_instance_uid) & (jobs.c.revision > job.revision)
    return connection.execute(select(jobs.c.id).where(newer & jobs.c.state.not_in(_STANDING))).first() is not None


def _send_again(connection: Connection, selection: Selection, states: tuple[str, ...], now: datetime) -> int:
    query = select(outbox).join(jobs, outbox.c.job_id == jobs.c.id).where(outbox.c.state.in_(states))
    if selection.destination is not None:
        query = query.where(outbox.c.destination == selection.destination)
    rows = connection.execute(_selected(query, selection).with_for_update(of=outbox)).all()
    for row in rows:
        move_delivery(connection, row, OutboxState.PENDING, _ASKED, now, not_before=now, began_at=now, attempts=0)
    return len(rows)


def _send_now(connection: Connection, selection: Selection, now: datetime) -> int:
    """What waits after a vain attempt is due now; its state and its attempts stay."""
    waits = (outbox.c.state == OutboxState.PENDING.value) & (outbox.c.attempts > 0) & (outbox.c.not_before > now)
    query = _selected(select(outbox.c.id).join(jobs, outbox.c.job_id == jobs.c.id).where(waits), selection)
    if selection.destination is not None:
        query = query.where(outbox.c.destination == selection.destination)
    found = list(connection.execute(query.with_for_update(of=outbox)).scalars())
    connection.execute(update(outbox).where(outbox.c.id.in_(found)).values(not_before=now))
    return len(found)


def _send_anew(connection: Connection, job_id: int, destinations: Sequence[str], now: datetime) -> int:
    """To the destinations that a job's results were never on their way to; returns how many objects to how many."""
    job = connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).one()
    if job.state not in _WITH_RESULTS or _overtaken(connection, job):
        return 0
    rows = [
        new_delivery(job_id, result, name, now) for result, name in _not_under_way(connection, job_id, destinations)
    ]
    if rows:
        connection.execute(insert(outbox), rows)
    if rows and job.state == JobState.DONE:
        move_job(connection, job, JobState.ENCODED, _ASKED, now, reason=found_only(job.reason))
    return len(rows)


def _not_under_way(connection: Connection, job_id: int, destinations: Sequence[str]) -> list[tuple[int, str]]:
    objects = select(results.c.id).where((results.c.job_id == job_id) & (results.c.sop_instance_uid != ""))
    found = connection.execute(objects.order_by(results.c.id)).scalars().all()
    rows = connection.execute(select(outbox.c.result_id, outbox.c.destination).where(outbox.c.job_id == job_id))
    there = {(row.result_id, row.destination) for row in rows}
    return [pair for pair in product(found, destinations) if pair not in there]


def _selected(query: Any, selection: Selection) -> Any:
    if selection.study_instance_uid is not None:
        query = query.where(jobs.c.study_instance_uid == selection.study_instance_uid)
    if selection.job_id is not None:
        query = query.where(jobs.c.id == selection.job_id)
    return query
