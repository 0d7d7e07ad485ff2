"""Databases whose tables are there already, so that a test need not wait for their migration."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from app.storage.database.connection import FILE_NAME, open_database


def place_database(folder: Path) -> None:
    """Put an empty, migrated database into the folder, unless one is there.

    Alembic takes 30 of the 50 ms in which an app is made; opening a database of the newest
    version runs no migration. A test of the real first start does not call this.
    """
    path = folder / FILE_NAME
    if path.exists():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        open_database("", Path(folder)).close()
        (path,) = Path(folder).iterdir()  # a log beside it would hold what is missing here
        return path.read_bytes()
