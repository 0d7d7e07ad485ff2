from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage.database.connection import Database, open_database
from tests.databases import place_database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    place_database(folder)
    opened = open_database("", folder)
    yield opened
    opened.close()
