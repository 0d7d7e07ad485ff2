"""The tables as this version of Telltale uses them; `migrations` makes them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

REVISIONS = ("0001",)
"""Every version a database can have, oldest first; the last one is this code's."""

NO_PROVIDER = ""
"""Stands where no provider supports an IOC's type: a primary key holds no NULL."""

ONLY_PENDING = text("state = 'pending'")


class UTCDateTime(TypeDecorator[datetime]):
    """SQLite keeps no time zone: what goes in is turned to UTC, what comes out says so."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


metadata = MetaData()

jobs = Table(
    "jobs",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("job_type", String, nullable=False),
    Column("target", Text),
    Column("state", String, nullable=False),
    Column("phase", String),
    Column("progress_percent", SmallInteger),
    Column("message", Text),
    Column("created_at", UTCDateTime, nullable=False),
    Column("started_at", UTCDateTime),
    Column("finished_at", UTCDateTime),
    Column("last_seq", Integer, nullable=False),
    Index("jobs_by_time", "created_at"),
    Index("jobs_by_state", "state", "created_at"),
    Index("jobs_by_type", "job_type", "created_at"),
)


def _job_key() -> Column[int]:
    """The job that a row belongs to, and with which it is deleted."""
    owner = ForeignKey("jobs.key", ondelete="CASCADE")
    return Column("job_key", Integer, owner, primary_key=True)


def _ioc() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["job_key", "position"], ["iocs.job_key", "iocs.position"], ondelete="CASCADE"
    )


analyses = Table("analyses", metadata, _job_key(), Column("mode", String, nullable=False))

documents = Table(
    "documents",
    metadata,
    _job_key(),
    Column("position", Integer, primary_key=True),
    Column("name", Text),  # NULL: what was pasted
)

iocs = Table(
    "iocs",
    metadata,
    _job_key(),
    Column("position", Integer, primary_key=True),  # in the order of first sight
    Column("type", String, nullable=False),
    Column("value", Text, nullable=False),
    Column("raw_match", Text, nullable=False),
    Column("severity", SmallInteger, nullable=False),  # of the worst verdict, see `codec`
    Index("iocs_by_severity", "job_key", "severity"),
    # For searches, which read all of it. PostgreSQL's indexes take no value as long as a URL
    # may be: there the table itself is read.
    Index("iocs_by_value", "value", "job_key").ddl_if(dialect="sqlite"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("job_key", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("document", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("offset", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("defanged", Boolean, nullable=False),
    Column("rule", Text, nullable=False),
    Column("unwrapped_from", Text),
    Column("mixed_scripts", Boolean, nullable=False),
    _ioc(),
)

lookups = Table(
    "lookups",
    metadata,
    Column("job_key", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("provider", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("verdict", String),
    Column("attempts", Integer, nullable=False),
    Column("owner", String),  # the run of the server that sent it, while it is in flight
    Column("not_before", UTCDateTime),
    Column("outcome", JSON(none_as_null=True)),  # what was answered, or what went wrong
    Column("reason", Text),
    Column("seq", Integer, nullable=False),
    _ioc(),
    Index("lookups_by_seq", "job_key", "seq"),
    Index("lookups_by_state", "job_key", "state", "reason"),
    Index(
        "lookups_pending",
        "provider",
        "not_before",
        sqlite_where=ONLY_PENDING,
        postgresql_where=ONLY_PENDING,
    ),
)
