"""Telltale as a program of its own, for a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import place_database
from tests.programs import forked


@contextmanager
def running(folder: Path, base_url: str, **settings: object) -> Iterator[str]:
    """Run Telltale as a program, with a folder of its own; yields its address."""
    folder.mkdir(exist_ok=True)
    place_database(folder / "data")
    with forked(folder, **({"VT_BASE_URL": base_url} | settings)) as (_, address):
        yield address
