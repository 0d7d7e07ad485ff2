"""Runs the migrations that a database lacks."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

SCRIPTS = "app.storage:migrations"


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Inside the caller's transaction: all steps or none."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
