"""Statements that are compiled once.

For the quota ledger: SQLAlchemy takes longer to compile a statement than SQLite to run it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ClauseElement, Connection, CursorResult


class Prepared:
    """A statement that is compiled once for each dialect.

    Its values go to the driver unconverted: use it for numbers and strings, not for JSON or times.
    """

    def __init__(self, statement: ClauseElement, *columns: str) -> None:
        """`columns`: those that an INSERT fills."""
        self._statement = statement
        self._columns = list(columns) or None
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def __call__(self, connection: Connection, *rows: dict[str, Any]) -> CursorResult[Any]:
        """Run the statement once for each row of values."""
        dialect = connection.dialect.name
        if dialect not in self._compiled:
            compiled = self._statement.compile(
                dialect=connection.dialect, column_keys=self._columns
            )
            self._compiled[dialect] = str(compiled), getattr(compiled, "positiontup", None)
        text, order = self._compiled[dialect]
        values = [tuple(row[name] for name in order) if order else row for row in rows]
        return connection.exec_driver_sql(text, values if len(values) > 1 else values[0])
