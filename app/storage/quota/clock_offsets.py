"""The offset of the clock, stored so that all processes of one boot use the same."""

from __future__ import annotations

from sqlalchemy import select

from app.storage.database.connection import Database
from app.storage.database.upsert import unless_there
from app.storage.tables import clocks


class SQLOffsets:
    """The `Offsets` of the ledger's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def offset(self, boot: str, proposed: float) -> float:
        found = select(clocks.c.offset).where(clocks.c.boot == boot)
        with self._database.writing() as connection:
            row = {"boot": boot, "offset": proposed}
            connection.execute(unless_there(connection.dialect.name, clocks), row)
            return float(connection.execute(found).scalar_one())
