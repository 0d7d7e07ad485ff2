"""The run of the migrations that a database lacks."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

SCRIPTS = "app.storage:migrations"


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Migrate up to `revision` in the caller's transaction: all steps are committed, or none."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
