"""Why a lookup was not asked, as a code; and the providers chosen for an analysis."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Versions 0001 to 0003 stored a sentence alone. Any other sentence is a reason of the triage
# policy: the lookup was held back.
CODES = (
    ("reason = 'cancelled'", "cancelled"),
    ("reason = 'left out in the plan'", "left_out"),
    ("reason = 'today''s quota would not do for it'", "not_today"),
    ("reason = 'type not supported by any provider'", "unsupported_type"),
    ("reason LIKE 'carries %'", "disclosure"),
)


def upgrade() -> None:
    op.add_column("analyses", sa.Column("providers", sa.JSON))
    op.add_column("lookups", sa.Column("reason_code", sa.String))
    cases = " ".join(f"WHEN {condition} THEN '{code}'" for condition, code in CODES)
    op.execute(
        f"UPDATE lookups SET reason_code = CASE {cases} ELSE 'held_back' END "  # noqa: S608 - constants
        "WHERE state = 'not_asked'"
    )
    op.drop_index("lookups_by_state", "lookups")
    op.create_index("lookups_by_state", "lookups", ["job_key", "state", "reason_code"])
    # No code ever read which run of the server had sent a lookup.
    op.drop_column("lookups", "owner")
