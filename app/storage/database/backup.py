"""A database copied into one file while it is in use, and put back."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.errors import SchemaError, StorageError
from app.private_files import REPLACED, FolderLock, make_private_folder, sync_folder
from app.storage.database.connection import database_path
from app.storage.database.database_file import explain, look_at
from app.storage.database.sqlite import BUSY_TIMEOUT_S
from app.storage.tables import REVISIONS

NOT_SQLITE = "This database is no file: back it up with the tools of its own server."
LOG_SUFFIXES = ("-wal", "-shm")
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def back_up(url: str, folder: Path, file: Path) -> None:
    """Write the database of the data folder into `file`, as of one moment, with mode 0600.

    A server may go on writing meanwhile. An earlier backup is replaced, any other file is refused.
    Raises StorageError.
    """
    path = _path(url, folder)
    _check_is_there(path)
    if file.exists():
        if file.samefile(path):
            raise StorageError(f"The file {file} is the database itself: name another one.")
        _check_is_backup(file)
    with _replacement(file) as temporary:
        _copy(path, temporary)


def restore(url: str, folder: Path, file: Path) -> Path | None:
    """Put a backup in the place of the database; returns where the one before is kept, if any.

    Raises StorageError while a server works on the data folder, and for a file that is no backup,
    or that a newer Telltale wrote.
    """
    path = _path(url, folder)
    _check_is_backup(file)
    look_at(path)
    make_private_folder(folder)
    make_private_folder(path.parent, path.name)
    lock = FolderLock(folder)
    if not lock.acquire():
        raise StorageError(f"Telltale works on the data directory {folder}: end it first.")
    try:
        with _replacement(path) as temporary:
            _copy(file, temporary)
            return _keep(path)
    finally:
        lock.release()


def _path(url: str, folder: Path) -> Path:
    if (path := database_path(url, folder)) is None:
        raise StorageError(NOT_SQLITE)
    return path.resolve()


def _check_is_there(path: Path) -> None:
    if not path.exists():
        raise StorageError(f"There is no database {path}.")
    look_at(path)


def _check_is_backup(file: Path) -> None:
    """Raise StorageError for a file that this version did not write, and cannot read."""
    _check_is_there(file)
    with _opened(file, "mode=ro&immutable=1") as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if found is None or found[0] not in REVISIONS:
            raise SchemaError(
                f"The backup {file} was written by a newer Telltale: update Telltale first."
            )
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise StorageError(f"The backup {file} is damaged.")


def _copy(source: Path, target: Path) -> None:
    with _opened(source, "mode=ro") as connection, closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)
        # One file: the copy of a database with a log says that it has one.
        copy.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    uri = f"{path.absolute().as_uri()}?{mode}"
    try:
        with closing(sqlite3.connect(uri, BUSY_TIMEOUT_S, uri=True)) as connection:
            yield connection
    except sqlite3.Error as e:
        raise StorageError(explain(e, str(path)) or f"The file {path} is no backup.") from e


@contextmanager
def _replacement(path: Path) -> Iterator[Path]:
    """Give an empty file of mode 0600, which takes the place of `path` at the end."""
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        os.close(descriptor)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as e:
        raise StorageError(f"The file {path} cannot be written: {e.strerror or e}.") from e
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _keep(path: Path) -> Path | None:
    """Keep the database that is to be replaced under another name, with what is in its log."""
    if not path.exists():
        return None
    kept = path.with_name(path.name + REPLACED)
    for suffix in ("", *LOG_SUFFIXES):
        kept.with_name(kept.name + suffix).unlink(missing_ok=True)
    _fold_log(path)
    # What could not be folded goes with its database: beside another one it would damage that.
    for suffix in LOG_SUFFIXES:
        log = path.with_name(path.name + suffix)
        if log.exists():
            log.rename(kept.with_name(kept.name + suffix))
    os.link(path, kept)  # so that at no moment there is no database
    return kept


def _fold_log(path: Path) -> None:
    """Bring the log into the database. A database that is too damaged for that is left as it is."""
    with closing(sqlite3.connect(path, BUSY_TIMEOUT_S)) as connection:
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.DatabaseError as e:
            if getattr(e, "sqlite_errorcode", 0) & 0xFF not in DAMAGED:
                raise StorageError(explain(e, str(path)) or str(e)) from e
