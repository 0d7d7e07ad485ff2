"""A database that is deleted, moved or replaced while it is open: said, and nothing is taken on."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from app.errors import StorageError
from app.storage.database.connection import Database
from tests.databases import place_database


def delete(folder: Path) -> None:
    (folder / "telltale.db").unlink()


def move(folder: Path) -> None:
    (folder / "telltale.db").rename(folder / "away.db")


def replace(folder: Path) -> None:
    shutil.copy(folder / "telltale.db", folder / "copy.db")
    (folder / "copy.db").replace(folder / "telltale.db")


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def move_folder(folder: Path) -> None:
    folder.rename(folder.with_name("away"))


def new_folder(folder: Path) -> None:
    move_folder(folder)
    place_database(folder)
    keys = folder.with_name("away") / "keys.json"
    if keys.exists():
        shutil.copy(keys, folder)


WAYS: list[Callable[[Path], None]] = [
    delete,
    move,
    replace,
    remove_folder,
    move_folder,
    new_folder,
]
each_way = pytest.mark.parametrize("lose", WAYS)


@each_way
def test_a_lost_database_is_written_no_more(
    folder: Path, database: Database, lose: Callable[[Path], None]
) -> None:
    database.check_still_there()
    lose(folder)
    with pytest.raises(StorageError, match=r"while Telltale ran.*\.$"):
        database.check_still_there()
    for one in (database, database.unsynced()):
        with pytest.raises(StorageError, match="while Telltale ran"), one.writing():
            raise AssertionError("nothing may be written")


def _write_and_move(connection: Connection, folder: Path) -> None:
    connection.execute(text("INSERT INTO clocks VALUES ('boot', 1)"))
    move(folder)


def test_a_database_that_is_lost_within_a_transaction_commits_nothing(
    folder: Path, database: Database
) -> None:
    with (
        pytest.raises(StorageError, match="while Telltale ran"),
        database.writing() as connection,
    ):
        _write_and_move(connection, folder)
    (folder / "away.db").rename(folder / "telltale.db")
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM clocks")) == 0


def test_a_database_that_is_put_back_is_written_again(folder: Path, database: Database) -> None:
    move(folder)
    (folder / "away.db").rename(folder / "telltale.db")
    with database.writing() as connection:
        connection.execute(text("INSERT INTO clocks VALUES ('boot', 1)"))


@each_way
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/analyze", {"text": "8.8.4.4", "mode": "offline"}),
        ("/analyze", {"text": "8.8.4.4", "mode": "online"}),
        ("/api/upload", {"mode": "offline"}),
    ],
)
def test_work_is_refused_in_a_sentence_while_the_database_is_lost(
    client: FlaskClient,
    settings: dict[str, Any],
    lose: Callable[[Path], None],
    path: str,
    form: dict[str, Any],
) -> None:
    folder = settings["DATA_DIR"]
    lose(folder)
    left = sorted(path.name for path in folder.iterdir()) if folder.exists() else None
    data = form | ({"files": (io.BytesIO(b"8.8.4.4"), "a.txt")} if "upload" in path else {})
    answer = client.post(path, data=data, headers={"Accept": "application/json"})
    assert answer.status_code == 503, answer.get_data(as_text=True)
    assert f"The database {folder / 'telltale.db'}" in answer.get_json()["error"]
    assert (sorted(path.name for path in folder.iterdir()) if folder.exists() else None) == left
