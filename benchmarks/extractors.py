"""Extractors in processes of their own, which may hang or crash without harm."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

PROJECT = Path(__file__).parents[1]
PEERS = ("ioc-finder", "iocsearcher")
_INSTALL_S = 240


class Extractor:
    """An extractor in a process of its own; None where it does not answer in time."""

    def __init__(self, name: str, python: str = sys.executable) -> None:
        self.name = name
        self._python = python
        self._process: subprocess.Popen[str] | None = None

    def seconds(self, text: str, deadline_s: float) -> float | None:
        answer = self._read(text, deadline_s)
        return answer["seconds"] if answer else None

    def found(self, text: str, deadline_s: float) -> set[tuple[str, str]] | None:
        """Return the type and the value of each IOC, in Telltale's words for the types."""
        answer = self._read(text, deadline_s)
        return {(kind, value) for kind, value in answer["found"]} if answer else None

    def _read(self, text: str, deadline_s: float) -> Any:
        if self._process is None:
            self._process = self._start()
            self._ask("", deadline_s + 20)
        answer = self._ask(json.dumps(text) + "\n", deadline_s)
        return json.loads(answer) if answer else None

    def close(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[str]:
        worker = str(Path(__file__).with_name("worker.py"))
        return subprocess.Popen(  # noqa: S603  # our own worker
            [self._python, "-W", "ignore", worker, self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
        )

    def _ask(self, line: str, deadline_s: float) -> str:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return ""
        timer = threading.Timer(deadline_s, process.kill)
        timer.start()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(line)
            process.stdin.flush()
        answer = process.stdout.readline()
        timer.cancel()
        if not answer:
            self.close()
        return answer


@contextlib.contextmanager
def peers() -> Iterator[list[Extractor]]:
    """Those that can be installed, in an environment that vanishes."""
    with (
        tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder,
        contextlib.ExitStack() as stack,
    ):
        yield [
            stack.enter_context(Extractor(name, python))
            for name in PEERS
            if (python := _installed(name, Path(folder) / name))
        ]


def _installed(name: str, folder: Path) -> str | None:
    """The interpreter of a new environment that holds the package."""
    print(f"Installing {name} …", file=sys.stderr)
    try:
        venv.create(folder, with_pip=True)
        python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
        subprocess.run(  # noqa: S603  # a fixed list of packages
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", name],
            check=True,
            capture_output=True,
            timeout=_INSTALL_S,
        )
    except (OSError, subprocess.SubprocessError):
        print(f"{name} cannot be installed here; it is left out.", file=sys.stderr)
        return None
    return python
