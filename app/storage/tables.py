"""The tables as this version of Telltale uses them; `migrations` creates them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every version that a database can have, oldest first; this code uses the last one."""

NO_PROVIDER = ""
"""The provider of a lookup whose type no provider supports: a primary key holds no NULL."""

QUEUED = "queued"
"""The state of a document that is still to be read."""

ONLY_PENDING = text("state = 'pending'")


class UTCDateTime(TypeDecorator[datetime]):
    """A time that is stored in UTC without its zone, which SQLite cannot store, and read as UTC."""

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
    Column("report", JSON(none_as_null=True)),  # the findings of a check; NULL for analyses
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


analyses = Table(
    "analyses",
    metadata,
    _job_key(),
    Column("mode", String, nullable=False),
    Column("tlp", String),
    Column("shows_plan", Boolean),
    Column("providers", JSON(none_as_null=True)),  # the ids of those chosen; NULL: all
    Column("tlp_said", String),  # the TLP in the text that forbids lookups
)

documents = Table(
    "documents",
    metadata,
    _job_key(),
    Column("position", Integer, primary_key=True),
    Column("name", Text),  # NULL: what was pasted
    Column("parent", Integer),  # the position of the document that a file is in
    Column("part", Text),  # where it is there
    Column("path", LargeBinary),  # where it is to be read from: names need not be text
    Column("follows_links", Boolean),
    Column("size", BigInteger),  # in bytes
    Column("md5", String),
    Column("sha1", String),
    Column("sha256", String),
    Column("state", String),  # `queued`, or how far it was read; NULL: what was pasted
    Column("reason", Text),
    Index("documents_by_state", "job_key", "state"),
    Index("documents_by_hash", "job_key", "sha256"),
)

iocs = Table(
    "iocs",
    metadata,
    _job_key(),
    Column("position", Integer, primary_key=True),  # 0, 1, ... in the order of first sight
    Column("type", String, nullable=False),
    Column("value", Text, nullable=False),
    Column("raw_match", Text, nullable=False),
    Column("severity", SmallInteger, nullable=False),  # see `codec.SEVERITIES`
    Index("iocs_by_severity", "job_key", "severity"),
    # A search for a part of a value reads this whole index instead of the larger table. An
    # index of PostgreSQL takes no value as long as a URL may be: there the table is read.
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
    Column("port", Integer),
    _ioc(),
    Index("sightings_by_document", "job_key", "document"),
)

# The first places where an IOC was found in a document.
places = Table(
    "places",
    metadata,
    Column("job_key", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("document", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("part", Text, nullable=False),
    Column("line", Integer, nullable=False),  # 0: the file itself
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
    Column("not_before", UTCDateTime),
    Column("outcome", JSON(none_as_null=True)),  # the answer, or the error, see `codec`
    Column("reason", Text),
    Column("reason_code", String),  # why it was not asked, see `NotAsked`
    Column("seq", Integer, nullable=False),
    Column("rank", Integer, nullable=False, server_default="0"),
    _ioc(),
    Index("lookups_by_seq", "job_key", "seq"),
    Index("lookups_by_state", "job_key", "state", "reason_code"),
    Index(
        "lookups_pending",
        "provider",
        "not_before",
        sqlite_where=ONLY_PENDING,
        postgresql_where=ONLY_PENDING,
    ),
)

accounts = Table(
    "accounts",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("provider", String, nullable=False),
    Column("digest", String, nullable=False),  # of the API key, see `Account`
    Column("blocked_until", Float),  # seconds of the ledger's clock
    Column("refusals", Integer, nullable=False),  # 429 answers since the last other one
    Column("learned", JSON(none_as_null=True)),  # the windows that the provider told
    UniqueConstraint("provider", "digest"),
)


def _account_key(primary_key: bool = False) -> Column[int]:
    """The account that a row belongs to, and with which it is deleted."""
    owner = ForeignKey("accounts.key", ondelete="CASCADE")
    return Column("account_key", Integer, owner, primary_key=primary_key, nullable=False)


# The calls that may still count in a sliding window.
grants = Table(
    "grants",
    metadata,
    Column("key", Integer, primary_key=True),
    _account_key(),
    Column("counted_by", Float, nullable=False),  # seconds of the ledger's clock
    Index("grants_by_time", "account_key", "counted_by"),
    # The end of a call is written to its grant by number. Without AUTOINCREMENT, SQLite could
    # have given the number of a deleted grant to a newer call.
    sqlite_autoincrement=True,
)

# The calls of a day or a month.
tallies = Table(
    "tallies",
    metadata,
    _account_key(primary_key=True),
    Column("period", String, primary_key=True),
    Column("start", String, primary_key=True),  # its first day, ISO 8601
    Column("used", Integer, nullable=False),
)

# The offset of each boot's own clock, so that setting the system's clock moves no quota.
clocks = Table(
    "clocks",
    metadata,
    Column("boot", String, primary_key=True),
    Column("offset", Float, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("key", Integer, primary_key=True),
    _account_key(),
    Column("verdict", String),
    Column("outcome", JSON, nullable=False),
    Column("fetched_at", UTCDateTime, nullable=False),
)

# The names by which an answer is found: one for each hash of a file, one for any other IOC.
answer_names = Table(
    "answer_names",
    metadata,
    _account_key(primary_key=True),
    Column("name", LargeBinary, primary_key=True),  # a digest, see `codec`: a URL may be long
    Column("answer_key", ForeignKey("answers.key", ondelete="CASCADE"), nullable=False),
    Index("answer_names_by_answer", "answer_key"),
)

# The analyses that show an answer. An answer without any is deleted.
answer_uses = Table(
    "answer_uses",
    metadata,
    Column("answer_key", ForeignKey("answers.key", ondelete="CASCADE"), primary_key=True),
    _job_key(),
    Index("answer_uses_by_job", "job_key"),
)

egress = Table(
    "egress",
    metadata,
    _job_key(),
    Column("host", String, primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("bytes_sent", Integer, nullable=False),
    Column("bytes_received", Integer, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", JSON, nullable=False),
)
