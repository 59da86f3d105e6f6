"""The tables of the journal. Any change here needs a migration beside it (a test compares the two)."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite drops the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; without the zone where the database keeps none."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Uid = String(64)
AeTitle = String(16)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

associations = Table(
    "associations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("receiver", String(64), nullable=False),
    Column("calling_ae_title", AeTitle, nullable=False),
    Column("called_ae_title", AeTitle, nullable=False),
    Column("address", String(64), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("closing", String(16)),
    Index(None, "receiver", "closed_at"),
)

rejected_peers = Table(
    "rejected_peers",
    metadata,
    Column("calling_ae_title", AeTitle, primary_key=True),
    Column("address", String(64), primary_key=True),
    Column("called_ae_title", AeTitle, nullable=False),
    Column("reason", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("times", Integer, nullable=False),
)

instances = Table(
    "instances",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sop_instance_uid", Uid, nullable=False, unique=True),
    Column("study_instance_uid", Uid, nullable=False),
    Column("series_instance_uid", Uid, nullable=False),
    Column("content_digest", String(128), nullable=False),
    Column("blob", String(64), nullable=False),
    Column("header", Text, nullable=False),
    Column("association_id", String(64), nullable=False),
    Column("calling_ae_title", AeTitle, nullable=False),
    Column("received_at", Moment, nullable=False),
    # The revision of the study that it came into; empty until the assembly has seen it.
    Column("revision", Integer),
    # How often the same content came again, and when it last did.
    Column("repeats", Integer, nullable=False, server_default="0"),
    Column("repeated_at", Moment),
    Index(None, "study_instance_uid", "revision"),
    Index(None, "revision"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sop_instance_uid", Uid, nullable=False),
    Column("file_name", String(80), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("calling_ae_title", AeTitle, nullable=False),
    Column("address", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("sop_instance_uid", "file_name"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_instance_uid", Uid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", String(32), nullable=False),
    Column("key", String(64), unique=True),
    Column("reason", Text, nullable=False),
    Column("explanation", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("interruptions", Integer, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("lease_owner", String(128)),
    Column("lease_expires_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("study_instance_uid", "revision"),
    Index(None, "state", "not_before"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject_id", Integer, nullable=False),
    Column("from_state", String(32), nullable=False),
    Column("to_state", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "kind", "subject_id"),
)

results = Table(
    "results",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("role", String(64), nullable=False),
    Column("file_name", String(128), nullable=False),
    # Empty for what is not DICOM (findings.json).
    Column("sop_instance_uid", Uid, nullable=False),
    Column("sop_class_uid", Uid, nullable=False),
    Column("transfer_syntax_uid", Uid, nullable=False),
    Column("blob", String(64), nullable=False),
    UniqueConstraint("job_id", "file_name"),
    Index(None, "sop_instance_uid"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    Column("result_id", ForeignKey("results.id"), nullable=False),
    Column("destination", String(64), nullable=False),
    Column("state", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("began_at", Moment, nullable=False),
    # Empty: nothing more is to be done by itself.
    Column("not_before", Moment),
    Column("lease_owner", String(128)),
    Column("lease_expires_at", Moment),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("result_id", "destination"),
    Index(None, "destination", "state", "not_before"),
    Index(None, "job_id"),
)

commitments = Table(
    "commitments",
    metadata,
    Column("transaction_uid", Uid, primary_key=True),
    Column("destination", String(64), nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("reported_at", Moment),
    Column("report", JSON),
)
