"""run.py as a process of its own, started or forked."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from app.server import main
from tests.compiled import keep_compiled_templates
from tests.patience import PATIENCE_S

PROJECT = Path(__file__).parents[1]
# Most of the processor time of a start is spent on imports. The fork server makes them once, and
# each server is a fork of it. Python 3.11 ignores silently what cannot be imported without the
# path of this process, such as modules of `tests`.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["app.server", "app.routes", "app.services"])


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
def started(
    folder: Path, variables: Mapping[str, str] | None = None, **settings: object
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the address at which it serves; killed at the end.

    `variables` are added to its environment.
    """
    with subprocess.Popen(
        [sys.executable, str(PROJECT / "run.py")],
        cwd=folder,
        env=environment(folder, **settings) | dict(variables or {}),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[3]
        finally:
            process.kill()


def _serve(folder: Path, environ: dict[str, str], output: Connection) -> None:
    """Be run.py in `folder`. What it prints goes into `output`, and its log into a file."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    keep_compiled_templates()
    with Path("log").open("ab") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    os.dup2(output.fileno(), sys.stdout.fileno())
    sys.exit(main())


@contextmanager
def forked(folder: Path, **settings: object) -> Iterator[tuple[BaseProcess, str]]:
    """The same at a fraction of the cost, as a fork of a process that has imported the app.

    The process is asked to end at the end.
    """
    output, its_output = _processes.Pipe(duplex=False)
    process = _processes.Process(
        target=_serve, args=(folder, environment(folder, **settings), its_output)
    )
    process.start()
    its_output.close()
    try:
        with os.fdopen(os.dup(output.fileno()), encoding="utf-8") as lines:
            yield process, lines.readline().split()[3]
    finally:
        process.terminate()
        process.join(PATIENCE_S)
        output.close()
