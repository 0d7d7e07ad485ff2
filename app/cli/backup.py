"""`telltale backup` and `telltale restore`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

_KEYS_STAY = "API keys are not in it: keep those elsewhere."


def run_backup(options: argparse.Namespace) -> int:
    # Imported here: the other commands start without the database.
    from app.storage.database.backup import back_up

    def work(url: str, folder: Path) -> str:
        back_up(url, folder, options.file)
        return f"The database is backed up in {options.file}. {_KEYS_STAY}"

    return _told(work)


def run_restore(options: argparse.Namespace) -> int:
    from app.storage.database.backup import restore

    def work(url: str, folder: Path) -> str:
        kept = restore(url, folder, options.file)
        before = f" The database before it is kept as {kept}." if kept else ""
        return f"The backup {options.file} is restored.{before}"

    return _told(work)


def _told(work: Callable[[str, Path], str]) -> int:
    """Do it with the settings of this installation, and print what it says or why it failed."""
    from app.config import load_config, read_dotenv
    from app.errors import TelltaleError

    try:
        config = load_config({**read_dotenv(Path(".env")), **os.environ})
        print(work(config["DATABASE_URL"], config["DATA_DIR"]))
    except TelltaleError as e:
        print(f"telltale: {e}", file=sys.stderr)
        return 1
    return 0
