"""A change of state and its event, in the caller's transaction. The only place that writes a state."""

import re
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from node.domain.job import SETTLED_DELIVERIES, JobState, OutboxState, check_job, check_outbox
from node.store.tables import events, jobs, outbox

JOB = "job"
DELIVERY = "delivery"
_FAILURES: Final = re.compile(r" ?\d+ of \d+ deliveries failed\.$")
"""Ends a job's reason as long as it is so."""


def open_job(connection: Connection, study_instance_uid: str, revision: int, at: datetime, due: datetime) -> int:
    """A new revision in state RECEIVED; returns its id."""
    reason = "Images are arriving." if revision == 1 else "Late images opened a new revision."
    values = {
        "study_instance_uid": study_instance_uid,
        "revision": revision,
        "state": JobState.RECEIVED.value,
        "reason": reason,
        "explanation": {},
        "attempts": 0,
        "interruptions": 0,
        "not_before": due,
        "created_at": at,
        "updated_at": at,
    }
    job_id = int(connection.execute(insert(jobs).values(values).returning(jobs.c.id)).scalar_one())
    _event(connection, JOB, job_id, "", JobState.RECEIVED.value, reason, at)
    return job_id


def move_job(connection: Connection, job: Row[Any], to: JobState, why: str, at: datetime, **values: object) -> None:
    """``job`` is its row, read (on PostgreSQL: locked) in this transaction. Raises Defect on a forbidden change.

    ``why`` goes into the event, and is the job's reason unless ``values`` bring another.
    """
    check_job(JobState(job.state), to)
    change = {"state": to.value, "reason": why, "updated_at": at, **values}
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(change))
    _event(connection, JOB, job.id, job.state, to.value, why, at)


def move_delivery(
    connection: Connection, row: Row[Any], to: OutboxState, reason: str, at: datetime, **values: object
) -> None:
    """As ``move_job``, for a row of the outbox. A job whose deliveries have all settled is DONE."""
    check_outbox(OutboxState(row.state), to)
    change = {"state": to.value, "reason": reason, "updated_at": at, "lease_owner": None, "lease_expires_at": None}
    connection.execute(update(outbox).where(outbox.c.id == row.id).values(change | values))
    _event(connection, DELIVERY, row.id, row.state, to.value, reason, at)
    if to in SETTLED_DELIVERIES:
        finish_if_settled(connection, row.job_id, at)
    elif to is OutboxState.PENDING:
        _reopen(connection, row.job_id, at)


def finish_if_settled(connection: Connection, job_id: int, at: datetime) -> None:
    """ENCODED → DONE when nothing of the job is under way any more."""
    job = connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).one()
    if job.state != JobState.ENCODED:
        return
    settled = [state.value for state in SETTLED_DELIVERIES]
    rows = connection.execute(select(outbox.c.state).where(outbox.c.job_id == job_id)).scalars().all()
    if all(state in settled for state in rows):
        failed = sum(state == OutboxState.FAILED for state in rows)
        found = _FAILURES.sub("", job.reason)  # is of more interest than that it has been delivered
        if failed:
            said = f"{failed} of {len(rows)} deliveries failed."
            move_job(connection, job, JobState.DONE, said, at, reason=f"{found} {said}")
        else:
            said = "Every delivery has ended well." if rows else "There is no destination to deliver to."
            move_job(connection, job, JobState.DONE, said, at, reason=found)


def _reopen(connection: Connection, job_id: int, at: datetime) -> None:
    job = connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).one()
    if job.state == JobState.DONE:
        move_job(
            connection,
            job,
            JobState.ENCODED,
            "A delivery is under way again.",
            at,
            reason=_FAILURES.sub("", job.reason),
        )


def _event(
    connection: Connection, kind: str, subject_id: int, before: str, after: str, reason: str, at: datetime
) -> None:
    values = {
        "kind": kind,
        "subject_id": subject_id,
        "from_state": before,
        "to_state": after,
        "reason": reason,
        "at": at,
    }
    connection.execute(insert(events).values(values))
