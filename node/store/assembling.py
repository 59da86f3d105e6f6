"""Rows that grouping reads and writes: implements ``records.AssemblyJournal``."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import IntegrityError

from node.domain.completeness import Arrivals
from node.domain.job import JobState
from node.service.journal.records import JobRow, Settlement, StoredInstance
from node.service.ports import Closing
from node.store.database import Database
from node.store.headers import instance_of
from node.store.rows import job_row
from node.store.tables import associations, instances, jobs
from node.store.transitions import move_job, open_job

_BATCH = 50


class AssemblyRows:
    """Implements ``AssemblyJournal``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def group_new_instances(self, now: datetime, pause: timedelta, deadline: timedelta) -> Sequence[str]:
        """One transaction a study, so that receivers never wait long for the lock."""
        with self._database.read() as connection:
            new = select(instances.c.study_instance_uid).where(instances.c.revision.is_(None)).distinct()
            studies = sorted(connection.execute(new).scalars())
        for study in studies:
            try:
                with self._database.write() as connection:
                    _group(connection, study, now, pause, deadline)
            except IntegrityError:
                continue  # another engine opened the revision at the same moment
        return studies

    def due_revisions(self, now: datetime) -> Sequence[JobRow]:
        """Oldest first."""
        due = (jobs.c.state == JobState.RECEIVED.value) & (jobs.c.not_before <= now)
        with self._database.read() as connection:
            rows = connection.execute(select(jobs).where(due).order_by(jobs.c.not_before).limit(_BATCH))
            return [job_row(row) for row in rows]

    def instances_of(self, study_instance_uid: str, revision: int) -> Sequence[StoredInstance]:
        """By SOP Instance UID."""
        of_study = (instances.c.study_instance_uid == study_instance_uid) & (instances.c.revision <= revision)
        columns = (instances.c.header, instances.c.blob, instances.c.calling_ae_title)
        query = select(*columns).where(of_study).order_by(instances.c.sop_instance_uid)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [StoredInstance(instance_of(row.header), row.blob, row.calling_ae_title) for row in rows]

    def arrivals_of(self, study_instance_uid: str, revision: int) -> Arrivals:
        """An association that the journal does not know counts as still open."""
        # Corrected instances leave their revision for a later one.
        mine = (instances.c.study_instance_uid == study_instance_uid) & (instances.c.revision >= revision)
        times = select(func.min(instances.c.received_at), func.max(instances.c.received_at)).where(mine)
        senders = (
            select(associations.c.id, associations.c.closing)
            .select_from(instances.outerjoin(associations, instances.c.association_id == associations.c.id))
            .where(mine)
            .distinct()
        )
        with self._database.read() as connection:
            first, last = connection.execute(times).one()
            closings = [row.closing for row in connection.execute(senders)]
        return Arrivals(first, last, closings.count(None), all(c in (None, Closing.RELEASED) for c in closings))

    def postpone(self, job: JobRow, until: datetime, reason: str) -> None:
        """No event: the state does not change."""
        same = (jobs.c.id == job.id) & (jobs.c.state == JobState.RECEIVED.value)
        with self._database.write() as connection:
            connection.execute(update(jobs).where(same).values(not_before=until, reason=reason))

    def settle(self, job: JobRow, settlement: Settlement, now: datetime) -> JobState | None:
        """Close the revision in one transaction."""
        with self._database.write() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job.id).with_for_update()).one()
            if row.state != JobState.RECEIVED or _has_new(connection, job.study_instance_uid):
                return None
            to, reason, key = settlement.state, settlement.reason, settlement.key
            known = _job_of_key(connection, key, job.id)
            if known is not None:
                to, key = JobState.UNCHANGED, None
                reason = f"The same pair as revision {known}: nothing new to measure."
            elif to is JobState.PAIRED:
                _supersede_waiting(connection, row.study_instance_uid, row.revision, now)
            change = {"explanation": dict(settlement.explanation), "key": key, "not_before": now}
            move_job(connection, row, to, reason, now, attempts=0, interruptions=0, **change)
            return to


def _group(connection: Connection, study: str, now: datetime, pause: timedelta, deadline: timedelta) -> None:
    latest = connection.execute(
        select(jobs).where(jobs.c.study_instance_uid == study).order_by(jobs.c.revision.desc()).limit(1)
    ).one_or_none()
    if latest is not None and latest.state == JobState.RECEIVED:
        revision = latest.revision
        due = min(now + pause, latest.updated_at + deadline)
        connection.execute(update(jobs).where(jobs.c.id == latest.id).values(not_before=due))
    else:
        revision = 1 if latest is None else latest.revision + 1
        open_job(connection, study, revision, now, now + pause)
    new = (instances.c.study_instance_uid == study) & instances.c.revision.is_(None)
    connection.execute(update(instances).where(new).values(revision=revision))


def _has_new(connection: Connection, study: str) -> bool:
    new = (instances.c.study_instance_uid == study) & instances.c.revision.is_(None)
    return connection.execute(select(instances.c.id).where(new).limit(1)).first() is not None


def _job_of_key(connection: Connection, key: str | None, other_than: int) -> int | None:
    if key is None:
        return None
    same = (jobs.c.key == key) & (jobs.c.id != other_than)
    return connection.execute(select(jobs.c.revision).where(same)).scalar_one_or_none()


def _supersede_waiting(connection: Connection, study: str, revision: int, now: datetime) -> None:
    waiting = (jobs.c.study_instance_uid == study) & (jobs.c.state == JobState.PAIRED.value)
    for row in connection.execute(select(jobs).where(waiting & (jobs.c.revision < revision)).with_for_update()).all():
        move_job(connection, row, JobState.SUPERSEDED, f"Revision {revision} has more images.", now)
