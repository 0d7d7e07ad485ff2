"""The analyst's preferences in the database."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, select

from app.storage.database.connection import Database
from app.storage.database.upsert import or_replace
from app.storage.tables import preferences
from app.triage.models import Preferences

SWITCHES = "providers"
"""The name of the row with the providers that the analyst switched on or off, by id."""


class PreferenceStore:
    """Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self) -> Preferences:
        """Return the stored preferences, with defaults for those that were never saved."""
        with self._database.reading() as connection:
            kept = {row.name: row.value for row in connection.execute(select(preferences))}
        return Preferences(
            own_domains=tuple(kept.get("own_domains", ())),
            own_networks=tuple(kept.get("own_networks", ())),
            hold_look_alikes=kept.get("hold_look_alikes", True),
            start_at_once=kept.get("start_at_once", False),
            also_find=tuple(kept.get("also_find", ())),
        )

    def switches(self) -> dict[str, bool]:
        """Return the providers that were switched on or off, by id."""
        found = select(preferences.c.value).where(preferences.c.name == SWITCHES)
        with self._database.reading() as connection:
            return dict(connection.scalar(found) or {})

    def switch(self, provider_id: str, is_on: bool) -> None:
        """Remember that a provider was switched on or off."""
        with self._database.writing() as connection:
            found = select(preferences.c.value).where(preferences.c.name == SWITCHES)
            switches = {**(connection.scalar(found) or {}), provider_id: is_on}
            self._replace(connection, [{"name": SWITCHES, "value": switches}])

    def set(self, wanted: Preferences) -> None:
        """Store all preferences of the settings page; the switches of providers stay."""
        rows = [{"name": name, "value": value} for name, value in asdict(wanted).items()]
        with self._database.writing() as connection:
            self._replace(connection, rows)

    @staticmethod
    def _replace(connection: Connection, rows: list[dict[str, Any]]) -> None:
        connection.execute(or_replace(connection.dialect.name, preferences, ("value",)), rows)
