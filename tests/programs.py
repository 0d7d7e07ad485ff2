"""run.py as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import PATIENCE_S

PROJECT = Path(__file__).parents[1]


def environment(folder: Path, **settings: object) -> dict[str, str]:
    given = {"DATA_DIR": folder / "data", "PORT": 0} | settings
    passed = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return (
        passed
        | {"PYTHONPATH": str(PROJECT), "HOME": str(folder)}
        | {f"TELLTALE_{name}": str(value) for name, value in given.items()}
    )


def run(folder: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROJECT / "run.py")],
        cwd=folder,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@contextmanager
def started(folder: Path, **settings: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the address at which it serves; killed at the end."""
    with subprocess.Popen(
        [sys.executable, str(PROJECT / "run.py")],
        cwd=folder,
        env=environment(folder, **settings),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[3]
        finally:
            process.kill()
