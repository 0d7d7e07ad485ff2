"""The command `telltale`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import IO

from app.cli.options import parser

# The exit codes that shells report for programs that SIGPIPE or SIGINT ended.
_BROKEN_PIPE = 128 + 13
_INTERRUPTED = 128 + 2
_TROUBLE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; Flask is imported by `telltale serve` only."""
    if sys.stdout is None:  # closed by the parent process
        return _TROUBLE
    _write_utf8(sys.stdout)
    options = parser().parse_args(arguments)
    return _guarded(options) if options.is_filter else options.run(options)


def _guarded(options: argparse.Namespace) -> int:
    """Run a filter; a closed pipe or a full disk gives an exit code, and no traceback."""
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
        return _BROKEN_PIPE
    except KeyboardInterrupt:
        _discard(sys.stdout)
        return _INTERRUPTED
    except OSError as e:  # a full disk; inputs that fail are reported where they are read
        _discard(sys.stdout)
        print(f"telltale: cannot write the output: {e.strerror or e}", file=sys.stderr)
        return _TROUBLE
    return code


def _write_utf8(stream: IO[str]) -> None:
    """Make a stream write UTF-8 in any locale, and line ends as they are."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return
    if stream.isatty():
        reconfigure(errors="backslashreplace")
    else:
        reconfigure(encoding="utf-8", errors="backslashreplace", newline="")


def _discard(stream: IO[str]) -> None:
    """Let the stream lead to nowhere, so that the last flush of the interpreter raises no error."""
    try:
        descriptor = stream.fileno()
    except OSError:  # no real stream
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
