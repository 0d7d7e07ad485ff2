"""Jobs, analyses, documents, IOCs, where each stood, and the lookups.

A database that has half of these tables cannot come to be: the step is one transaction.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ONLY_PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    _create_jobs()
    _create_analyses()
    _create_lookups()


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("job_type", sa.String, nullable=False),
        sa.Column("target", sa.Text),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("phase", sa.String),
        sa.Column("progress_percent", sa.SmallInteger),
        sa.Column("message", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("started_at", sa.DateTime),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("last_seq", sa.Integer, nullable=False),
    )
    op.create_index("jobs_by_time", "jobs", ["created_at"])
    op.create_index("jobs_by_state", "jobs", ["state", "created_at"])
    op.create_index("jobs_by_type", "jobs", ["job_type", "created_at"])


def _create_analyses() -> None:
    op.create_table("analyses", _of_a_job(), sa.Column("mode", sa.String, nullable=False))
    op.create_table(
        "documents",
        _of_a_job(),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text),
    )
    op.create_table(
        "iocs",
        _of_a_job(),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("raw_match", sa.Text, nullable=False),
        sa.Column("severity", sa.SmallInteger, nullable=False),
    )
    op.create_index("iocs_by_severity", "iocs", ["job_key", "severity"])
    if op.get_bind().dialect.name == "sqlite":  # PostgreSQL's indexes take no long value
        op.create_index("iocs_by_value", "iocs", ["value", "job_key"])
    op.create_table(
        "sightings",
        sa.Column("job_key", sa.Integer, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("document", sa.Integer, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("offset", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("defanged", sa.Boolean, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("unwrapped_from", sa.Text),
        sa.Column("mixed_scripts", sa.Boolean, nullable=False),
        _of_an_ioc(),
    )


def _create_lookups() -> None:
    op.create_table(
        "lookups",
        sa.Column("job_key", sa.Integer, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("provider", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("verdict", sa.String),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.String),
        sa.Column("not_before", sa.DateTime),
        sa.Column("outcome", sa.JSON),
        sa.Column("reason", sa.Text),
        sa.Column("seq", sa.Integer, nullable=False),
        _of_an_ioc(),
    )
    op.create_index("lookups_by_seq", "lookups", ["job_key", "seq"])
    op.create_index("lookups_by_state", "lookups", ["job_key", "state", "reason"])
    op.create_index(
        "lookups_pending",
        "lookups",
        ["provider", "not_before"],
        sqlite_where=ONLY_PENDING,
        postgresql_where=ONLY_PENDING,
    )


def _of_a_job() -> sa.Column[int]:
    owner = sa.ForeignKey("jobs.key", ondelete="CASCADE")
    return sa.Column("job_key", sa.Integer, owner, primary_key=True)


def _of_an_ioc() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["job_key", "position"], ["iocs.job_key", "iocs.position"], ondelete="CASCADE"
    )
