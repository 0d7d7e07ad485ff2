"""Accounts with their quota and answers, what went out, preferences; ranks of lookups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_accounts()
    _create_answers()
    op.create_table(
        "egress",
        _of_a_job(),
        sa.Column("host", sa.String),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("bytes_sent", sa.Integer, nullable=False),
        sa.Column("bytes_received", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("job_key", "host"),
    )
    op.create_table(
        "preferences",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
    op.add_column("jobs", sa.Column("report", sa.JSON))
    op.add_column("analyses", sa.Column("tlp", sa.String))
    op.add_column("lookups", sa.Column("rank", sa.Integer, nullable=False, server_default="0"))


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("key", sa.Integer, primary_key=True),
        sa.Column("provider", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("blocked_until", sa.Float),
        sa.Column("refusals", sa.Integer, nullable=False),
        sa.Column("learned", sa.JSON),
        sa.UniqueConstraint("provider", "digest"),
    )
    op.create_table(
        "grants",
        sa.Column("key", sa.Integer, primary_key=True),
        _of_an_account(),
        sa.Column("counted_by", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("grants_by_time", "grants", ["account_key", "counted_by"])
    op.create_table(
        "tallies",
        _of_an_account(),
        sa.Column("period", sa.String),
        sa.Column("start", sa.String),
        sa.Column("used", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account_key", "period", "start"),
    )
    op.create_table(
        "clocks",
        sa.Column("boot", sa.String, primary_key=True),
        sa.Column("offset", sa.Float, nullable=False),
    )


def _create_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("key", sa.Integer, primary_key=True),
        _of_an_account(),
        sa.Column("verdict", sa.String),
        sa.Column("outcome", sa.JSON, nullable=False),
        sa.Column("fetched_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "answer_names",
        _of_an_account(),
        sa.Column("name", sa.LargeBinary),
        sa.Column(
            "answer_key",
            sa.Integer,
            sa.ForeignKey("answers.key", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("account_key", "name"),
    )
    op.create_index("answer_names_by_answer", "answer_names", ["answer_key"])
    op.create_table(
        "answer_uses",
        sa.Column("answer_key", sa.Integer, sa.ForeignKey("answers.key", ondelete="CASCADE")),
        _of_a_job(),
        sa.PrimaryKeyConstraint("answer_key", "job_key"),
    )
    op.create_index("answer_uses_by_job", "answer_uses", ["job_key"])


def _of_a_job() -> sa.Column[int]:
    return sa.Column("job_key", sa.Integer, sa.ForeignKey("jobs.key", ondelete="CASCADE"))


def _of_an_account() -> sa.Column[int]:
    owner = sa.ForeignKey("accounts.key", ondelete="CASCADE")
    return sa.Column("account_key", sa.Integer, owner, nullable=False)
