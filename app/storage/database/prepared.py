"""Statements for where every call counts: to put one together takes longer than to carry it out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ClauseElement, Connection, CursorResult


class Prepared:
    """Put together once for each kind of database. Its values go to the driver as they are."""

    def __init__(self, statement: ClauseElement, *columns: str) -> None:
        """`columns`: what an INSERT gives values for."""
        self._statement = statement
        self._columns = list(columns) or None
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def __call__(self, connection: Connection, *rows: dict[str, Any]) -> CursorResult[Any]:
        """Once for each row of values."""
        dialect = connection.dialect.name
        if dialect not in self._compiled:
            compiled = self._statement.compile(
                dialect=connection.dialect, column_keys=self._columns
            )
            self._compiled[dialect] = str(compiled), getattr(compiled, "positiontup", None)
        text, order = self._compiled[dialect]
        values = [tuple(row[name] for name in order) if order else row for row in rows]
        return connection.exec_driver_sql(text, values if len(values) > 1 else values[0])
