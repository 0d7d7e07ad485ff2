"""The file of a SQLite database: whether it is Telltale's, and what its failures mean."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

from app.errors import StorageError

HEADER = b"SQLite format 3\x00"  # https://sqlite.org/fileformat.html, 1.3
OWN_TABLES = frozenset({"alembic_version", "jobs", "lookups"})
# A log is searched for these where the database itself holds no table yet.
OWN_STATEMENTS = (b"CREATE TABLE alembic_version", b"CREATE TABLE jobs", b"CREATE TABLE lookups")

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


def look_at(path: Path) -> None:
    """Check that a database could be Telltale's, and change nothing, not even the files beside it.

    A file that is missing or empty may become one. Raises StorageError.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise StorageError(f"The database {path} cannot be written: it is no file.")
        if status.st_mode & 0o077 and status.st_uid != os.geteuid():
            raise StorageError(f"The database {path} belongs to another account, and is open.")
        with path.open("rb") as file:
            head = file.read(len(HEADER))
    except FileNotFoundError:
        head = b""
    except OSError as e:
        raise StorageError(f"The database {path} cannot be written: {e.strerror or e}.") from e
    if not head:
        _check_no_log_is_left(path)
    elif head != HEADER:
        raise StorageError(SENTENCES[sqlite3.SQLITE_NOTADB].format(path=path))
    elif not _is_own(path):
        raise StorageError(
            f"The file {path} is a database of another program: name another one, or move it away."
        )


def _log_of(path: Path) -> Path:
    real = path.resolve()  # SQLite keeps the log beside the file that a link leads to
    return real.with_name(real.name + "-wal")


def _check_no_log_is_left(path: Path) -> None:
    # SQLite deletes a log that it finds beside an empty database.
    log = _log_of(path)
    if log.exists() and log.stat().st_size:
        raise StorageError(
            f"The file {log} belongs to a database that is missing: put {path.name} back beside "
            "it, or move it away to start anew."
        )


def _is_own(path: Path) -> bool:
    """Return whether Telltale made the database, or can: there is nothing in it."""
    log = _content(_log_of(path))
    # A crash soon after the first start leaves the tables in the log alone.
    is_made_by_log = all(statement in log for statement in OWN_STATEMENTS)
    try:
        tables = _tables(path)
    except sqlite3.Error as e:
        if is_made_by_log:  # another process is just making it
            return True
        raise StorageError(explain(e, str(path)) or f"The database {path} cannot be read.") from e
    return tables >= OWN_TABLES or (not tables and (is_made_by_log or not log))


def _tables(path: Path) -> frozenset[str]:
    # As an immutable file: SQLite would otherwise create, change or delete -wal and -shm.
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return frozenset(name for (name,) in names)


def _content(log: Path) -> bytes:
    try:
        return log.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as e:
        raise StorageError(f"The file {log} cannot be read: {e.strerror or e}.") from e


def explain(error: BaseException, path: str | None) -> str | None:
    """Return a sentence for a failure outside of Telltale, None for a mistake of its own."""
    code: Any = getattr(error, "sqlite_errorcode", None)
    sentence = SENTENCES.get(code & 0xFF) if isinstance(code, int) else None
    return sentence.format(path=path) if sentence else None


class FilePlace:
    """The place of an open database: its path, and the file that was found there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = self._found()

    def check(self) -> None:
        """Raise StorageError if the path leads to another file by now, or to none."""
        if (found := self._found()) is None or found != self._file:
            what = "deleted or moved away" if found is None else "replaced"
            raise StorageError(
                f"The database {self.path} was {what} while Telltale ran, so nothing can be kept: "
                "end Telltale, put the database back, and start it again."
            )

    def _found(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino
