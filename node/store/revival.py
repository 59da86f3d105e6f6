"""Another try, asked for by a person: implements ``retry.Revival``."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from node.domain.job import RETRYABLE_JOBS, JobState, OutboxState
from node.service.ports import Clock
from node.service.records import JobRow
from node.service.retry import DestinationsOf, Revived, Selection
from node.service.routing import NOT_DELIVERED
from node.store.database import Database
from node.store.leasing import new_delivery
from node.store.rows import job_row
from node.store.tables import jobs, outbox, results
from node.store.transitions import move_delivery, move_job

_SENT = (OutboxState.DELIVERED.value, OutboxState.COMMITMENT_REQUESTED.value, OutboxState.COMMITTED.value)
_STANDING = (*(s.value for s in RETRYABLE_JOBS), JobState.UNCHANGED.value)
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

    def resend(self, selection: Selection, clock: Clock, destinations_of: DestinationsOf) -> int:
        """The same bytes under the same UIDs."""
        with self._database.write() as connection:
            now = clock()
            sent = _send_again(connection, selection, _SENT, now)
            return sent + _send_at_last(connection, selection, destinations_of, now)

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


def _send_at_last(connection: Connection, selection: Selection, destinations_of: DestinationsOf, now: datetime) -> int:
    """What had no destination when it was done, and has one now; returns how many objects go to how many."""
    sent = select(outbox.c.id).where(outbox.c.job_id == jobs.c.id).exists()
    query = _selected(select(jobs).where((jobs.c.state == JobState.DONE.value) & ~sent), selection)
    count = 0
    for row in connection.execute(query.with_for_update()).all():
        if not _overtaken(connection, row):
            wanted = [name for name in destinations_of(job_row(row)) if selection.destination in (None, name)]
            count += _deliver(connection, row, wanted, now)
    return count


def _deliver(connection: Connection, job: Any, destinations: list[str], now: datetime) -> int:
    objects = select(results.c.id).where((results.c.job_id == job.id) & (results.c.sop_instance_uid != ""))
    found = connection.execute(objects.order_by(results.c.id)).scalars()
    rows = [new_delivery(job.id, result, destination, now) for result in found for destination in destinations]
    if rows:
        connection.execute(insert(outbox), rows)
        reason = job.reason.partition(f" {NOT_DELIVERED}")[0]
        move_job(connection, job, JobState.ENCODED, _ASKED, now, reason=reason)
    return len(rows)


def _selected(query: Any, selection: Selection) -> Any:
    if selection.study_instance_uid is not None:
        query = query.where(jobs.c.study_instance_uid == selection.study_instance_uid)
    if selection.job_id is not None:
        query = query.where(jobs.c.id == selection.job_id)
    return query
