"""The code that only SQLite needs."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from app.errors import StorageError
from app.private_files import make_private_folder

# How long to wait for another program that is writing.
BUSY_TIMEOUT_S = 5

# Write-ahead logging lets readers go on beside the one writer. secure_delete: what is deleted
# is overwritten.
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)
# An answer that was paid for must survive a power cut. What need not still survives the end of
# its process at any moment: the system has it. It does not move the log into the database
# either, for which it would wait for the disk: that is done with the next answers.
SYNCED = ("PRAGMA synchronous = FULL",)
UNSYNCED = ("PRAGMA synchronous = NORMAL", "PRAGMA wal_autocheckpoint = 0")

# A transaction that reads first and writes later can fail at once, however long the timeout:
# a transaction that will write says so at the beginning.
BEGIN_READING, BEGIN_WRITING = "BEGIN", "BEGIN IMMEDIATE"

# Primary result code -> what it means to the reader (https://sqlite.org/rescode.html).
SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk is full: the database {path} cannot be written.",
    sqlite3.SQLITE_READONLY: "The database {path} is read-only.",
    sqlite3.SQLITE_PERM: "The database {path} may not be opened.",
    sqlite3.SQLITE_CANTOPEN: "The database {path} cannot be opened: is its folder writable?",
    sqlite3.SQLITE_CORRUPT: "The database {path} is damaged; move it away to start anew.",
    sqlite3.SQLITE_NOTADB: "The file {path} is no database, or is damaged; move it away.",
    sqlite3.SQLITE_BUSY: "The database {path} is locked by another program.",
    sqlite3.SQLITE_LOCKED: "The database {path} is locked by another program.",
    sqlite3.SQLITE_IOERR: "The database {path} cannot be read or written: the disk fails.",
}


def prepare_file(path: Path) -> None:
    """Make it before SQLite does, which would let others read it; -wal and -shm follow its mode.

    Raises StorageError.
    """
    make_private_folder(path.parent)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as e:
        raise StorageError(f"The database {path} cannot be written: {e.strerror or e}.") from e


def configure(engine: Engine, is_synced: bool = True) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, record: object) -> None:
        # Transactions begin where SQLAlchemy says, and DDL is part of them.
        connection.isolation_level = None
        for pragma in PRAGMAS + (SYNCED if is_synced else UNSYNCED):
            connection.execute(pragma)


def begin_with(engine: Engine, statement: str) -> None:
    """Begin transactions through the dialect: an event would slow every statement by a tenth."""

    def do_begin(connection: Any) -> None:
        connection.execute(statement)

    engine.dialect.do_begin = do_begin  # type: ignore[assignment]


def fold_log(engine: Engine) -> None:
    """Empty the -wal file, which keeps pages as they were; waits for those who still read them."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def explain(error: BaseException, path: str | None) -> str | None:
    """A sentence for a failure that is not Telltale's own; None for any other."""
    code: Any = getattr(error, "sqlite_errorcode", None)
    sentence = SENTENCES.get(code & 0xFF) if isinstance(code, int) else None
    return sentence.format(path=path) if sentence else None
