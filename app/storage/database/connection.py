"""The database: it is opened and migrated here, and its failures become sentences."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, column, create_engine, event, inspect, select, table
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from app.errors import SchemaError, StorageError
from app.storage.database import sqlite
from app.storage.database.database_file import FilePlace, explain, look_at
from app.storage.tables import REVISIONS

FILE_NAME = "telltale.db"
NO_ADDRESS = "TELLTALE_DATABASE_URL is no address of a database."


class Database:
    """The connections to one database, safe to use from any thread.

    A failure that is not Telltale's own, such as a full disk, is raised as a StorageError with a
    sentence. A child process must open a Database of its own.
    """

    def __init__(self, engine: Engine, writing: Engine, place: FilePlace | None = None) -> None:
        """`engine` is for reading; both engines share one pool of connections.

        `place`: where the file is, if there is one.
        """
        self._engine = engine
        self._writing = writing
        self._unsynced: Database | None = None
        self._place = place

    def check_still_there(self) -> None:
        """Check that the file of the database is the one that was opened. Raises StorageError."""
        # SQLite goes on writing into a file that was deleted, and all of it would be lost.
        if self._place is not None:
            self._place.check()

    def check(self) -> None:
        """Check that the database is there and answers. Raises StorageError."""
        self.check_still_there()
        with self.reading() as connection:
            _stored_version(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction for reading, which sees the database as of one moment."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction for writing, which is committed as a whole or not at all."""
        self.check_still_there()
        with self._writing.begin() as connection:
            yield connection
            self.check_still_there()

    def unsynced(self) -> Database:
        """Return the same database with commits that do not wait for the disk.

        They survive the end of the process at any moment; a power cut may take the last ones.
        """
        if self._engine.dialect.name != "sqlite":
            return self
        if self._unsynced is None:
            engines = _engines(self._engine.url, self._place, is_synced=False)
            self._unsynced = Database(*engines, self._place)
        return self._unsynced

    def scrub(self) -> None:
        """Remove what was deleted from every file. Call it outside of a transaction."""
        # secure_delete overwrites deleted rows in the database, but the log keeps the pages as
        # they were until it is emptied (test_a_deleted_job_leaves_no_byte_in_the_files).
        if self._engine.dialect.name == "sqlite":
            sqlite.fold_log(self._engine)

    def close(self) -> None:
        if self._unsynced is not None:
            self._unsynced.close()
        self._engine.dispose()


def database_path(url: str, folder: Path) -> Path | None:
    """Return the file of the database; None for one that is no file. Raises StorageError."""
    return _path_of(_parsed(url or _default(folder)))


def look_at_database(url: str, folder: Path) -> None:
    """Check that `open_database` would find Telltale's own, and change nothing.

    Raises StorageError.
    """
    if (path := database_path(url, folder)) is not None:
        look_at(path)


def open_database(url: str, folder: Path, may_migrate: bool = True) -> Database:
    """Open the database at `url`, or `telltale.db` in the folder if `url` is empty.

    Creates or migrates the tables where that is needed; where it may not, such a database is
    refused. Raises StorageError, and SchemaError for a database that a newer Telltale wrote.
    """
    parsed, place = _parsed(url or _default(folder)), None
    if (path := _path_of(parsed)) is not None:
        sqlite.prepare_file(path)
        place = FilePlace(path)
    database = Database(*_engines(parsed, place), place)
    try:
        _bring_up_to_date(database, may_migrate)
    except BaseException:
        database.close()
        raise
    return database


def _default(folder: Path) -> URL:
    # Not as a text: a `?` in the folder's name would end it.
    return URL.create("sqlite", database=str(folder / FILE_NAME))


def _parsed(text: str | URL) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as e:  # the latter for a port that is no number
        raise StorageError(NO_ADDRESS) from e
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        shown = url.render_as_string(hide_password=True)
        raise StorageError(f"The database {shown} (TELLTALE_DATABASE_URL) names no file.")
    return url


def _path_of(url: URL) -> Path | None:
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _engines(url: URL, place: FilePlace | None, is_synced: bool = True) -> tuple[Engine, Engine]:
    """Return the engines for reading and for writing."""
    shown = url.render_as_string(hide_password=True)
    is_sqlite = url.get_backend_name() == "sqlite"
    try:
        # Errors and logs must not show what was searched or pasted.
        kept: dict[str, Any] = {"hide_parameters": True}
        opener = {"creator": sqlite.opener(place)} if place else {}
        reading = create_engine(url, **kept, **opener)
        writing = create_engine(url, pool=reading.pool, **kept) if is_sqlite else reading
    except (ArgumentError, NoSuchModuleError, ValueError, TypeError) as e:
        raise StorageError(NO_ADDRESS) from e
    except ImportError as e:
        raise StorageError(f"The database {shown} needs a package that is missing: {e}.") from e
    if is_sqlite:
        sqlite.configure(reading, is_synced)
        sqlite.begin_with(reading, sqlite.BEGIN_READING)
        sqlite.begin_with(writing, sqlite.BEGIN_WRITING)
    for engine in {reading, writing}:
        _explain_failures(engine, url.database if is_sqlite else None, shown)
    return reading, writing


def _explain_failures(engine: Engine, path: str | None, shown: str) -> None:
    @event.listens_for(engine, "handle_error", retval=True)
    def explained(context: ExceptionContext) -> StorageError | None:
        error = context.original_exception
        if path is not None:
            sentence = explain(error, path)
        else:
            is_theirs = isinstance(error, engine.dialect.loaded_dbapi.OperationalError)
            sentence = f"The database {shown} cannot be used now." if is_theirs else None
        return StorageError(sentence) if sentence else None


def _bring_up_to_date(database: Database, may_migrate: bool) -> None:
    with database.reading() as connection:
        version = _stored_version(connection)
    if version == REVISIONS[-1]:
        return
    if version is not None and version not in REVISIONS:
        raise SchemaError(
            f"The database was written by a newer Telltale (its schema is {version}, this one "
            f"knows {REVISIONS[-1]}): update Telltale, or name another data directory."
        )
    if not may_migrate:
        raise SchemaError(
            "Another Telltale, of another version, works on this data directory: end it first."
        )
    # Alembic's own messages are for developers of migrations.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Alembic takes half a second to load, which a start without a migration need not wait for.
    from app.storage.migrations.upgrade import upgrade

    with database.writing() as connection:
        upgrade(connection)


def _stored_version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(
        select(column("version_num")).select_from(table("alembic_version"))
    )
    return version
