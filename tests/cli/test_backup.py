"""telltale backup and restore: consistent, private, and nothing replaced that is not a backup."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from app.cli import main
from app.private_files import FolderLock
from app.storage.database.connection import Database, open_database
from tests.databases import place_database


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TELLTALE_DATA_DIR", str(tmp_path / "data"))
    place_database(tmp_path / "data")
    return tmp_path / "data"


def add(database: Database, *boots: str) -> None:
    """Store rows in one transaction."""
    with database.writing() as connection:
        for boot in boots:
            connection.execute(text("INSERT INTO clocks VALUES (:boot, 1)"), {"boot": boot})


def stored(folder: Path) -> set[str]:
    with closing(sqlite3.connect(folder / "telltale.db")) as connection:
        return {boot for (boot,) in connection.execute("SELECT boot FROM clocks")}


def fill(folder: Path, *boots: str) -> None:
    database = open_database("", folder)
    add(database, *boots)
    database.close()


def test_a_backup_is_restored_and_what_it_replaces_is_kept(data: Path, tmp_path: Path) -> None:
    fill(data, "one")
    assert main(["backup", str(tmp_path / "b.db")]) == 0
    fill(data, "two")
    assert main(["restore", str(tmp_path / "b.db")]) == 0
    assert stored(data) == {"one"}
    with closing(sqlite3.connect(data / "telltale.db.replaced")) as connection:
        assert connection.execute("SELECT count(*) FROM clocks").fetchone() == (2,)
    assert stat.S_IMODE((tmp_path / "b.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((data / "telltale.db").stat().st_mode) == 0o600
    open_database("", data).close()
    assert {path.name for path in tmp_path.iterdir()} == {"data", "b.db"}
    assert not [path for path in data.iterdir() if path.name.startswith(".")]


def test_a_backup_beside_a_writer_holds_whole_transactions(data: Path, tmp_path: Path) -> None:
    database = open_database("", data)
    add(database, "0a", "0b")
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            add(database, f"{number}a", f"{number}b")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(10):
            assert main(["backup", str(tmp_path / f"{number}.db")]) == 0
    finally:
        ended.set()
        writer.join()
        database.close()
    for number in range(10):
        with closing(sqlite3.connect(tmp_path / f"{number}.db")) as connection:
            boots = {boot for (boot,) in connection.execute("SELECT boot FROM clocks")}
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert {b[:-1] for b in boots if b[-1] == "a"} == {b[:-1] for b in boots if b[-1] == "b"}
        assert boots


def test_a_lost_data_folder_is_restored(data: Path, tmp_path: Path) -> None:
    fill(data, "one")
    main(["backup", str(tmp_path / "b.db")])
    data.rename(tmp_path / "gone")
    assert main(["restore", str(tmp_path / "b.db")]) == 0
    assert stored(data) == {"one"}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_the_log_of_a_killed_server_does_not_come_into_the_restored_one(
    data: Path, tmp_path: Path
) -> None:
    fill(data, "one")
    main(["backup", str(tmp_path / "b.db")])
    database = open_database("", data)
    add(database, "two")
    left = {path.name: path.read_bytes() for path in data.iterdir()}
    database.close()
    for name, content in left.items():
        (data / name).write_bytes(content)
    assert main(["restore", str(tmp_path / "b.db")]) == 0
    assert stored(data) == {"one"}


def test_restore_is_refused_while_a_server_works(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(data, "one")
    main(["backup", str(tmp_path / "b.db")])
    lock = FolderLock(data)
    assert lock.acquire()
    before = (data / "telltale.db").read_bytes()
    assert main(["restore", str(tmp_path / "b.db")]) == 1
    assert "end it first" in capsys.readouterr().err
    assert (data / "telltale.db").read_bytes() == before
    lock.release()


def newer(path: Path) -> None:
    place_database(path.parent / "newer")
    with closing(sqlite3.connect(path.parent / "newer" / "telltale.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    path.write_bytes((path.parent / "newer" / "telltale.db").read_bytes())


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (a)")


def cut(path: Path) -> None:
    place_database(path.parent / "whole")
    content = (path.parent / "whole" / "telltale.db").read_bytes()
    path.write_bytes(content[: len(content) // 2])


NO_BACKUPS: list[Callable[[Path], object]] = [
    lambda path: path.write_text("a letter"),
    lambda path: path.mkdir(),
    lambda path: path.touch(),
    lambda path: None,
    foreign,
    newer,
    cut,
]


@pytest.mark.parametrize("make", NO_BACKUPS)
def test_what_is_no_backup_is_not_restored(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], object]
) -> None:
    fill(data, "one")
    make(tmp_path / "b.db")
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    assert main(["restore", str(tmp_path / "b.db")]) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "b.db") in sentence
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


@pytest.mark.parametrize("make", [NO_BACKUPS[0], NO_BACKUPS[1], foreign])
def test_a_file_that_is_no_backup_is_not_overwritten(
    data: Path, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "b.db")
    content = (tmp_path / "b.db").read_bytes() if (tmp_path / "b.db").is_file() else None
    assert main(["backup", str(tmp_path / "b.db")]) == 1
    assert content == ((tmp_path / "b.db").read_bytes() if content is not None else None)


def test_the_database_itself_is_no_place_for_its_backup(data: Path) -> None:
    assert main(["backup", str(data / "telltale.db")]) == 1


def test_a_backup_takes_the_place_of_an_earlier_one(data: Path, tmp_path: Path) -> None:
    assert main(["backup", str(tmp_path / "b.db")]) == 0
    fill(data, "one")
    assert main(["backup", str(tmp_path / "b.db")]) == 0
    assert main(["restore", str(tmp_path / "b.db")]) == 0
    assert stored(data) == {"one"}
