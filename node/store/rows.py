"""Rows of the database → values of ``service.journal.records``."""

from typing import Any

from sqlalchemy import Row

from node.domain.job import JobState, OutboxState
from node.service.journal.records import Delivery, JobRow


def job_row(row: Row[Any]) -> JobRow:
    """A row of ``jobs``."""
    return JobRow(
        id=row.id,
        study_instance_uid=row.study_instance_uid,
        revision=row.revision,
        state=JobState(row.state),
        reason=row.reason,
        explanation=row.explanation,
        attempts=row.attempts,
        interruptions=row.interruptions,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def delivery(row: Row[Any]) -> Delivery:
    """A row of ``outbox`` joined with its result."""
    return Delivery(
        id=row.id,
        job_id=row.job_id,
        destination=row.destination,
        state=OutboxState(row.state),
        reason=row.reason,
        attempts=row.attempts,
        began_at=row.began_at,
        file_name=row.file_name,
        blob=row.blob,
        sop_instance_uid=row.sop_instance_uid,
        sop_class_uid=row.sop_class_uid,
        transfer_syntax_uid=row.transfer_syntax_uid,
        updated_at=row.updated_at,
        not_before=row.not_before,
    )
