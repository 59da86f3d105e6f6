"""Rows that the engine reads and writes: implements ``records.JobJournal``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from node.domain.job import AttemptLimits, JobState, OutboxState
from node.service.journal.records import Conclusion, JobRow, NewResult
from node.store.database import Database
from node.store.rows import job_row
from node.store.tables import jobs, outbox, results
from node.store.transitions import finish_if_settled, move_delivery, move_job

_BETTER = [s.value for s in (JobState.PAIRED, JobState.ANALYSING, JobState.ENCODED, JobState.DONE)]


class JobRows:
    """Implements ``JobJournal``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lease(self, owner: str, now: datetime, expires: datetime, limit: int) -> Sequence[JobRow]:
        """Several engines may lease at once: PostgreSQL skips rows that another has locked, SQLite has one writer."""
        if limit <= 0 or not self._anything_waits(now):
            return []
        query = _waiting(now).order_by(jobs.c.not_before, jobs.c.id).limit(limit)
        with self._database.write() as connection:
            rows = connection.execute(query.with_for_update(skip_locked=True)).all()
            for row in rows:
                reason = f"Attempt {row.attempts + 1}."
                lease = {"lease_owner": owner, "lease_expires_at": expires}
                move_job(connection, row, JobState.ANALYSING, reason, now, **lease)
        return [job_row(row) for row in rows]

    def extend(self, job_ids: Sequence[int], owner: str, expires: datetime) -> None:
        """Leases that were lost stay lost."""
        mine = jobs.c.id.in_(job_ids) & (jobs.c.lease_owner == owner)
        if job_ids:
            with self._database.write() as connection:
                connection.execute(update(jobs).where(mine).values(lease_expires_at=expires))

    def conclude(self, job: JobRow, owner: str, conclusion: Conclusion, now: datetime) -> bool:
        """A revision that was overtaken meanwhile is SUPERSEDED: its results are kept, not sent."""
        with self._database.write() as connection:
            row = _leased(connection, job, owner)
            if row is None:
                return False
            overtaken = _newer(connection, row)
            _store_results(connection, row.id, conclusion.results, now, deliver=not overtaken)
            if overtaken:
                to, reason = JobState.SUPERSEDED, f"Revision {overtaken} has more images."
            else:
                to, reason = conclusion.state, conclusion.reason
            if to is JobState.ENCODED:
                _supersede_pending(connection, row, now)
            explanation = dict(conclusion.explanation)
            move_job(connection, row, to, reason, now, explanation=explanation, **_NO_LEASE)
            finish_if_settled(connection, row.id, now)
        return True

    def attempt_failed(
        self, job: JobRow, owner: str, reason: str, now: datetime, retry_at: datetime, limits: AttemptLimits | None
    ) -> JobState | None:
        """Count it, and decide whether there is another."""
        with self._database.write() as connection:
            row = _leased(connection, job, owner)
            if row is None:
                return None
            attempts = row.attempts + (limits is not None)
            over = limits is not None and limits.is_over(attempts, row.interruptions)
            to = JobState.FAILED if over else JobState.PAIRED
            move_job(connection, row, to, reason, now, attempts=attempts, not_before=retry_at, **_NO_LEASE)
            return to

    def recover(self, owner: str | None, now: datetime, limits: AttemptLimits) -> int:
        """Each counts as an interruption."""
        lost = or_(jobs.c.lease_expires_at <= now, jobs.c.lease_owner == owner)
        query = select(jobs).where((jobs.c.state == JobState.ANALYSING.value) & lost)
        with self._database.read() as connection:
            if connection.execute(query.limit(1)).first() is None:
                return 0
        with self._database.write() as connection:
            rows = connection.execute(query.with_for_update(skip_locked=True)).all()
            for row in rows:
                interruptions = row.interruptions + 1
                over = limits.is_over(row.attempts, interruptions)
                to, reason = (JobState.FAILED if over else JobState.PAIRED), "The engine was interrupted."
                move_job(connection, row, to, reason, now, interruptions=interruptions, not_before=now, **_NO_LEASE)
        return len(rows)

    def _anything_waits(self, now: datetime) -> bool:
        with self._database.read() as connection:
            return connection.execute(_waiting(now).limit(1)).first() is not None


_NO_LEASE: dict[str, Any] = {"lease_owner": None, "lease_expires_at": None}


def _waiting(now: datetime) -> Any:
    """Jobs to be leased. While late instances gather in a newer revision, the older one is not worth the work."""
    newer = jobs.alias()
    gathering = (
        select(newer.c.id)
        .where(newer.c.study_instance_uid == jobs.c.study_instance_uid)
        .where(newer.c.state == JobState.RECEIVED.value)
        .exists()
    )
    return select(jobs).where((jobs.c.state == JobState.PAIRED.value) & (jobs.c.not_before <= now) & ~gathering)


def _leased(connection: Connection, job: JobRow, owner: str) -> Row[Any] | None:
    mine = (jobs.c.id == job.id) & (jobs.c.lease_owner == owner) & (jobs.c.state == JobState.ANALYSING.value)
    return connection.execute(select(jobs).where(mine).with_for_update()).one_or_none()


def _newer(connection: Connection, job: Row[Any]) -> int | None:
    newer = (jobs.c.study_instance_uid == job.study_instance_uid) & (jobs.c.revision > job.revision)
    query = select(jobs.c.revision).where(newer & jobs.c.state.in_(_BETTER)).order_by(jobs.c.revision.desc())
    return connection.execute(query.limit(1)).scalar_one_or_none()


def _store_results(
    connection: Connection, job_id: int, new: Sequence[NewResult], now: datetime, *, deliver: bool
) -> None:
    for one in new:
        values = {
            "job_id": job_id,
            "role": one.role,
            "file_name": one.file_name,
            "blob": one.blob,
            "sop_instance_uid": one.sop_instance_uid,
            "sop_class_uid": one.sop_class_uid,
            "transfer_syntax_uid": one.transfer_syntax_uid,
        }
        result_id = connection.execute(insert(results).values(values).returning(results.c.id)).scalar_one()
        for destination in one.destinations if deliver else ():
            connection.execute(insert(outbox).values(new_delivery(job_id, result_id, destination, now)))


def new_delivery(job_id: int, result_id: int, destination: str, now: datetime) -> dict[str, object]:
    """A row of the outbox that is due at once."""
    return {
        "job_id": job_id,
        "result_id": result_id,
        "destination": destination,
        "state": OutboxState.PENDING.value,
        "reason": "Waits for its turn.",
        "attempts": 0,
        "began_at": now,
        "not_before": now,
        "updated_at": now,
    }


def _supersede_pending(connection: Connection, job: Row[Any], now: datetime) -> None:
    """What an earlier revision has not yet sent is overtaken by the results of this one."""
    earlier = (jobs.c.study_instance_uid == job.study_instance_uid) & (jobs.c.revision < job.revision)
    query = select(outbox).join(jobs, outbox.c.job_id == jobs.c.id).where(earlier)
    pending = query.where(outbox.c.state == OutboxState.PENDING.value)
    for row in connection.execute(pending.with_for_update(of=outbox)).all():
        move_delivery(connection, row, OutboxState.SUPERSEDED, f"Revision {job.revision} has newer results.", now)
