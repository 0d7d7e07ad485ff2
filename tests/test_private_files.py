"""What a start changes of the files and folders that it is told to use."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from app import create_app
from app.errors import StorageError
from app.private_files import FolderLock, make_private_folder
from app.storage.database.connection import open_database
from app.storage.migrations.upgrade import upgrade
from app.storage.tables import REVISIONS
from tests.databases import place_database


def state(root: Path) -> dict[str, tuple[int, bytes | None]]:
    """Every path below, with its mode and content."""
    found = {}
    for path in sorted([root, *root.rglob("*")]):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else None
        found[str(path)] = (status.st_mode, content)
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def foreign_database(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements or ("CREATE TABLE notes (a)",):
        connection.execute(statement)
    connection.commit()
    connection.close()
    path.chmod(0o644)


def foreign_log(path: Path) -> None:
    """A database of another program that has not folded its log."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE notes (a)")
    content, log = path.read_bytes(), path.with_name(path.name + "-wal").read_bytes()
    connection.close()
    path.write_bytes(content)
    path.with_name(path.name + "-wal").write_bytes(log)


def other_migrations(path: Path) -> None:
    foreign_database(
        path,
        "CREATE TABLE alembic_version (version_num)",
        "INSERT INTO alembic_version VALUES ('0005')",
        "CREATE TABLE users (a)",
    )


def other_text(path: Path) -> None:
    path.write_text("a letter\n" * 900)


FOREIGN: list[Callable[[Path], None]] = [
    foreign_database,
    foreign_log,
    other_migrations,
    other_text,
    lambda path: path.write_bytes(b"x"),
    lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000),
    lambda path: path.mkdir(),
    lambda path: path.with_name(path.name + "-wal").write_bytes(b"log" * 99),
]


def refused(root: Path, **settings: object) -> str:
    """Start the app, which must change nothing below `root`; returns what it said."""
    before = state(root)
    with pytest.raises(StorageError) as caught:
        create_app({"DATA_DIR": root / "data", **settings})
    assert state(root) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("make", FOREIGN)
@pytest.mark.parametrize("folder_mode", [0o755, 0o700])
def test_a_file_in_the_place_of_the_database_is_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], None], folder_mode: int
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=folder_mode)
    make(folder / "telltale.db")
    assert str(folder / "telltale.db") in refused(tmp_path)


@pytest.mark.parametrize("make", FOREIGN)
def test_a_file_named_as_the_database_is_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    folder = tmp_path / "other"
    folder.mkdir(mode=0o755)
    make(folder / "notes.db")
    assert "notes.db" in refused(tmp_path, DATABASE_URL=f"sqlite:///{folder / 'notes.db'}")


@pytest.mark.parametrize("make", FOREIGN[:-2])
def test_a_link_to_a_foreign_file_is_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "letter")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "telltale.db").symlink_to(tmp_path / "letter")
    refused(tmp_path)


def test_a_link_that_leads_nowhere_makes_no_file(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "telltale.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="cannot be written"):
        create_app({"DATA_DIR": tmp_path / "data"})
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "names", [("letter",), ("uploads",), ("secret_key",), ("server.lock", "secret_key", "letter")]
)
@pytest.mark.parametrize("is_link", [False, True])
def test_an_open_folder_with_files_of_others_is_left_as_it_is(
    tmp_path: Path, names: tuple[str, ...], is_link: bool
) -> None:
    folder = tmp_path / "target" if is_link else tmp_path / "data"
    folder.mkdir(mode=0o755)
    if is_link:
        (tmp_path / "data").symlink_to(folder)
    for name in names:
        (folder / name).write_text("ours")
    assert "is open to other accounts" in refused(tmp_path)


def test_an_open_folder_beside_a_database_of_ours_is_left_as_it_is(tmp_path: Path) -> None:
    place_database(tmp_path / "data")
    (tmp_path / "data" / "letter").touch()
    (tmp_path / "data").chmod(0o755)
    assert "is open to other accounts" in refused(tmp_path)


def test_an_empty_folder_is_closed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    make_private_folder(tmp_path / "data")
    assert mode(tmp_path / "data") == 0o700


def test_a_data_folder_of_ours_that_was_opened_is_closed_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    app = create_app({"DATA_DIR": folder})
    app.extensions["services"].close()
    folder.chmod(0o755)
    (folder / "telltale.db").chmod(0o644)
    app = create_app({"DATA_DIR": folder})
    app.extensions["services"].close()
    assert (mode(folder), mode(folder / "telltale.db")) == (0o700, 0o600)


def test_a_data_folder_whose_database_is_elsewhere_is_known_by_its_files(tmp_path: Path) -> None:
    settings = {
        "DATA_DIR": tmp_path / "data",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'other' / 'x.db'}",
    }
    create_app(settings).extensions["services"].close()
    (tmp_path / "data").chmod(0o755)
    create_app(settings).extensions["services"].close()
    assert mode(tmp_path / "data") == 0o700


def test_a_database_whose_tables_are_in_its_log_alone_is_ours(tmp_path: Path) -> None:
    first = open_database("", tmp_path / "one")
    with first.reading():
        files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    first.close()
    (tmp_path / "two").mkdir(mode=0o700)
    for name, content in files.items():
        if not name.endswith("-shm"):
            (tmp_path / "two" / name).write_bytes(content)
    assert len(files["telltale.db"]) <= 4096
    open_database("", tmp_path / "two").close()


@pytest.mark.parametrize("version", [None, *REVISIONS[:-1]])
def test_a_database_is_not_migrated_under_a_running_server(
    tmp_path: Path, version: str | None
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    if version is not None:
        engine = create_engine(f"sqlite:///{folder / 'telltale.db'}")
        with engine.begin() as connection:
            upgrade(connection, version)
        engine.dispose()
    running = FolderLock(folder)
    assert running.acquire()
    with pytest.raises(StorageError, match="Another Telltale"):
        create_app({"DATA_DIR": folder})
    running.release()
    assert stored_version(folder / "telltale.db") == version
    create_app({"DATA_DIR": folder}).extensions["services"].close()
    assert stored_version(folder / "telltale.db") == REVISIONS[-1]


def stored_version(path: Path) -> str | None:
    with closing(sqlite3.connect(path)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return None
        version: str = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        return version


def test_a_start_that_fails_leaves_the_folder_to_the_next_one(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        create_app({"DATA_DIR": tmp_path / "data", "DATABASE_URL": "nonsense://x/y"})
    lock = FolderLock(tmp_path / "data")
    assert not (tmp_path / "data").exists() or lock.acquire()
