"""What documents are, how far they were read, and where in them each IOC stood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

COLUMNS = (
    ("parent", sa.Integer),
    ("part", sa.Text),
    ("path", sa.LargeBinary),
    ("follows_links", sa.Boolean),
    ("size", sa.BigInteger),
    ("md5", sa.String),
    ("sha1", sa.String),
    ("sha256", sa.String),
    ("state", sa.String),
    ("reason", sa.Text),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("documents", sa.Column(name, kind))
    op.add_column("analyses", sa.Column("shows_plan", sa.Boolean))
    op.create_index("documents_by_state", "documents", ["job_key", "state"])
    op.create_index("documents_by_hash", "documents", ["job_key", "sha256"])
    op.create_index("sightings_by_document", "sightings", ["job_key", "document"])
    op.create_table(
        "places",
        sa.Column("job_key", sa.Integer),
        sa.Column("position", sa.Integer),
        sa.Column("document", sa.Integer),
        sa.Column("number", sa.Integer),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("job_key", "position", "document", "number"),
        sa.ForeignKeyConstraint(
            ["job_key", "position"], ["iocs.job_key", "iocs.position"], ondelete="CASCADE"
        ),
    )
