"""INSERTs of rows that may exist already, for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

DIALECTS = ("sqlite", "postgresql")


@cache
def unless_there(dialect: str, table: Table) -> Insert:
    """Return an INSERT that leaves existing rows as they are."""
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def or_add(dialect: str, table: Table, columns: Sequence[str]) -> Insert:
    """Return an INSERT that adds these columns to those of existing rows."""
    row = _insert(dialect, table)
    sums = {name: table.c[name] + row.excluded[name] for name in columns}
    return row.on_conflict_do_update(index_elements=_key(table), set_=sums)


@cache
def or_replace(dialect: str, table: Table, columns: Sequence[str]) -> Insert:
    """Return an INSERT that replaces these columns of existing rows."""
    row = _insert(dialect, table)
    values = {name: row.excluded[name] for name in columns}
    return row.on_conflict_do_update(index_elements=_key(table), set_=values)


def _insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]
