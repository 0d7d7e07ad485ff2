"""What the analyst wants of triage, as the settings page keeps it."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select

from app.storage.database.connection import Database
from app.storage.database.upsert import or_replace
from app.storage.tables import preferences
from app.triage.models import Preferences


class PreferenceStore:
    """Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self) -> Preferences:
        """The defaults, for what was never set."""
        with self._database.reading() as connection:
            kept = {row.name: row.value for row in connection.execute(select(preferences))}
        return Preferences(
            own_domains=tuple(kept.get("own_domains", ())),
            own_networks=tuple(kept.get("own_networks", ())),
            hold_look_alikes=kept.get("hold_look_alikes", True),
            start_at_once=kept.get("start_at_once", False),
        )

    def set(self, wanted: Preferences) -> None:
        rows = [{"name": name, "value": value} for name, value in asdict(wanted).items()]
        with self._database.writing() as connection:
            connection.execute(or_replace(connection.dialect.name, preferences, ("value",)), rows)
