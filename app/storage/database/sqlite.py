"""The parts of the database code that only SQLite needs."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from app.errors import StorageError
from app.private_files import make_private_folder
from app.storage.database.database_file import FilePlace, look_at

# How long a transaction waits for another program that is writing.
BUSY_TIMEOUT_S = 5

# Write-ahead logging lets readers go on beside the one writer. With secure_delete, SQLite
# overwrites what is deleted.
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)
# An answer has cost quota and must survive a power cut. The counts of quota are unsynced: they
# survive the end of the process, because the operating system has them. They do not checkpoint
# the log either, which would wait for the disk; the next commit of answers does.
SYNCED = ("PRAGMA synchronous = FULL",)
UNSYNCED = ("PRAGMA synchronous = NORMAL", "PRAGMA wal_autocheckpoint = 0")

# A transaction that reads first and writes later fails at once if another one has written in
# between (SQLITE_BUSY_SNAPSHOT), however long the timeout. One that will write says so first.
BEGIN_READING, BEGIN_WRITING = "BEGIN", "BEGIN IMMEDIATE"


def prepare_file(path: Path) -> None:
    """Create the file of the database so that its owner alone can read it.

    An existing file is looked at before anything is changed. Raises StorageError.
    """
    # SQLite would create it by the umask, which lets others read it. It gives -wal and -shm the
    # mode of the database (test_only_the_owner_can_read_the_files_of_the_database).
    look_at(path)
    make_private_folder(path.parent, path.name)
    try:
        # Of two processes that start together, the second one finds the file of the first.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        os.close(os.open(path, os.O_RDWR))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as e:
        raise StorageError(f"The database {path} cannot be written: {e.strerror or e}.") from e


def opener(place: FilePlace) -> Callable[[], sqlite3.Connection]:
    """Return a function that opens a connection to the file that was found at first."""
    # SQLite would otherwise make a new database where one was deleted. The pool of SQLAlchemy lets
    # one thread at a time use a connection.
    uri = f"{place.path.absolute().as_uri()}?mode=rw"

    def connect() -> sqlite3.Connection:
        place.check()
        return sqlite3.connect(uri, BUSY_TIMEOUT_S, uri=True, check_same_thread=False)

    return connect


def configure(engine: Engine, is_synced: bool = True) -> None:
    """Set the pragmas of every connection that the engine opens."""

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, record: object) -> None:
        # Transactions begin where SQLAlchemy says, and DDL is part of them.
        connection.isolation_level = None
        for pragma in PRAGMAS + (SYNCED if is_synced else UNSYNCED):
            connection.execute(pragma)


def begin_with(engine: Engine, statement: str) -> None:
    """Let every transaction of the engine begin with this statement."""
    # SQLAlchemy documents an event for this, but an engine with events ran every statement a
    # tenth slower. The dialect belongs to this engine alone.

    def do_begin(connection: Any) -> None:
        connection.execute(statement)

    engine.dialect.do_begin = do_begin  # type: ignore[assignment]


def fold_log(engine: Engine) -> None:
    """Empty the -wal file; waits for transactions that still read from it."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
