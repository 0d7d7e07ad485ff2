"""The severity of each IOC, computed again; and the TLP that a text named."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# Version 0005 left the severity of an IOC at 0 if its answers came from the cache after the
# documents of an import were read: history, search and counts did not know them.
SEVERITIES = (
    ("not_found", 1),
    ("known_good", 2),
    ("no_detections", 3),
    ("suspicious", 4),
    ("malicious", 5),
)


def upgrade() -> None:
    op.add_column("analyses", sa.Column("tlp_said", sa.String))
    cases = " ".join(f"WHEN '{verdict}' THEN {number}" for verdict, number in SEVERITIES)
    worst = f"SELECT MAX(CASE verdict {cases} ELSE 0 END) FROM lookups"  # noqa: S608 - constants
    of_the_ioc = "lookups.job_key = iocs.job_key AND lookups.position = iocs.position"
    op.execute(f"UPDATE iocs SET severity = COALESCE(({worst} WHERE {of_the_ioc}), 0)")  # noqa: S608
