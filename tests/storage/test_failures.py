"""What is said when the database cannot be used: one sentence that names the path."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app.enrichment.models import Analysis, Lookup, Mode
from app.errors import StorageError
from app.jobs.models import ANALYSIS, Job
from app.private_files import FolderLock
from app.storage.database import sqlite
from app.storage.database.connection import Database, open_database
from app.storage.writing.job_store import SQLJobStore
from tests.disks import mounted
from tests.factories import make_iocs


def sentence(folder: Path) -> str:
    with pytest.raises(StorageError) as caught:
        open_database("", folder)
    assert str(folder / "telltale.db") in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_that_is_no_database(folder: Path) -> None:
    folder.mkdir()
    (folder / "telltale.db").write_bytes(b"not a database at all" * 500)
    assert "is no database, or is damaged" in sentence(folder)


def test_a_damaged_database(folder: Path, database: Database) -> None:
    database.close()
    path = folder / "telltale.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    assert "is damaged" in sentence(folder)


def test_a_path_that_is_a_folder(folder: Path) -> None:
    (folder / "telltale.db").mkdir(parents=True)
    assert "cannot be written" in sentence(folder)


def test_a_database_that_another_program_keeps_locked(
    folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.1)
    other = open_database("", folder)
    with database.writing(), pytest.raises(StorageError, match="locked by another"):
        SQLJobStore(other).create(Job("job", ANALYSIS), Analysis("job", (), Mode.OFFLINE), [])
    other.close()


def test_a_database_locked_at_the_start(
    folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.1)
    database.close()
    holder = sqlite3.connect(folder / "telltale.db", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("CREATE TABLE taken (a)")
    assert "locked by another" in sentence(folder)
    holder.close()


def fill(store: SQLJobStore, kept: list[str]) -> None:
    """Until it fails; `kept` are the jobs that it did not fail for."""
    while True:
        name = f"job{len(kept)}"
        iocs = make_iocs(200)
        rows = [Lookup(ioc, "Fake", seq=n) for n, ioc in enumerate(iocs, start=1)]
        store.create(Job(name, ANALYSIS), Analysis(name, tuple(iocs), Mode.ONLINE), rows)
        kept.append(name)


def test_a_full_disk_loses_no_committed_row(folder: Path) -> None:
    with mounted(folder, "size=1m,mode=700"):
        database = open_database("", folder)
        store = SQLJobStore(database)
        kept: list[str] = []
        with pytest.raises(StorageError, match=f"disk is full.*{folder}") as caught:
            fill(store, kept)
        assert str(caught.value).endswith(".")
        assert len(kept) > 0
        assert all(len(store.load(name).lookups) == 200 for name in kept)  # type: ignore[union-attr]
        with database.reading() as connection:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
        database.close()


def test_a_folder_that_is_read_only(folder: Path) -> None:
    with mounted(folder, "size=4m,mode=700"):
        open_database("", folder).close()
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)  # noqa: S607
        assert "Read-only" in sentence(folder)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense://x/y", "is no address of a database"),
        ("sqlite://", "names no file"),
        ("postgresql+nodriver://user:secret@127.0.0.1/x", "TELLTALE_DATABASE_URL"),
        ("oracle://user:secret@127.0.0.1/x", "needs a package"),
    ],
)
def test_an_unusable_database_url_is_refused_without_its_password(
    folder: Path, url: str, said: str
) -> None:
    with pytest.raises(StorageError, match=said) as caught:
        open_database(url, folder)
    assert "secret" not in str(caught.value)


def test_a_database_url_is_used_instead_of_the_file_in_the_folder(folder: Path) -> None:
    other = folder / "elsewhere" / "other.db"
    open_database(f"sqlite:///{other}", folder).close()
    assert other.stat().st_mode & 0o777 == 0o600
    assert not (folder / "telltale.db").exists()


def test_one_server_locks_the_folder_until_it_ends(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    assert first.acquire()
    assert not second.acquire()
    code = "import sys; from pathlib import Path; from app.private_files import FolderLock;"
    code += "print(FolderLock(Path(sys.argv[1])).acquire())"
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "False\n"
    first.release()
    assert second.acquire()
    second.release()
