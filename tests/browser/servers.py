"""Telltale as a program of its own, for a browser."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import app.routes
import app.services  # noqa: F401
from app.server import main
from tests.compiled import keep_compiled_templates
from tests.databases import place_database
from tests.patience import PATIENCE_S

keep_compiled_templates()
# Most of the processor time of a start is spent on imports. The fork server imports this module
# once, and each server is a fork of it; `tests/test_run.py` starts run.py itself.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


def _serve(folder: Path, environ: dict[str, str], output: Connection) -> None:
    """Be run.py in a process of its own, in `folder`; what it prints goes into `output`."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    with Path("log").open("wb") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    os.dup2(output.fileno(), sys.stdout.fileno())
    sys.exit(main())


@contextmanager
def running(folder: Path, base_url: str, **settings: object) -> Iterator[str]:
    """Run Telltale as a program, with a folder of its own; yields its address."""
    folder.mkdir(exist_ok=True)
    place_database(folder / "data")
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    given = {"PORT": 0, "DATA_DIR": folder / "data", "VT_BASE_URL": base_url} | settings
    environ |= {f"TELLTALE_{name}": str(value) for name, value in given.items()}
    output, its_output = _processes.Pipe(duplex=False)
    process = _processes.Process(target=_serve, args=(folder, environ, its_output))
    process.start()
    its_output.close()
    try:
        with os.fdopen(os.dup(output.fileno()), encoding="utf-8") as lines:
            yield lines.readline().split()[3]
    finally:
        process.terminate()
        process.join(PATIENCE_S)
        output.close()
