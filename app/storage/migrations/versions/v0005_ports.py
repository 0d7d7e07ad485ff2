"""The port behind an address or a host name, as evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("sightings", sa.Column("port", sa.Integer))
