"""Shows on the terminal how far a large file has been read."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from app.pipeline.visible import make_visible

_LARGE = 20_000_000
_EVERY_S = 0.2
_CLEAR = "\r\x1b[K"
_LONGEST_NAME = 30


class Progress:
    """One line on standard error, which is redrawn while bytes are added and deleted at the end."""

    def __init__(self, name: str = "", size: int = 0) -> None:
        """A `size` of 0 draws nothing."""
        self._name = make_visible(name, _LONGEST_NAME)
        self._size = size
        self._read = 0
        self._start = self._drawn = time.monotonic()

    @classmethod
    def of(cls, path: Path) -> Progress:
        """Return the progress of a file; only a large file is shown, and only on a terminal."""
        size = path.stat().st_size
        return cls(path.name, size if sys.stderr.isatty() and size >= _LARGE else 0)

    def add(self, count: int) -> None:
        self._read += count
        now = time.monotonic()
        if self._size and now - self._drawn >= _EVERY_S:
            self._drawn = now
            line = progress_line(self._name, self._read, self._size, now - self._start)
            sys.stderr.write(_CLEAR + line)
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._size:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()


def progress_line(name: str, read: int, size: int, seconds: float) -> str:
    """Return the line, such as `proxy.log  412 of 1,024 MB  40%  19.8 MB/s  0:31 left`."""
    share = min(read / size, 1)
    rate = read / max(seconds, 0.001)
    minutes, rest = divmod(round((size - size * share) / max(rate, 1)), 60)
    return (
        f"{name}  {read / 1e6:,.0f} of {size / 1e6:,.0f} MB  {share:.0%}  "
        f"{rate / 1e6:.1f} MB/s  {minutes}:{rest:02} left"
    )
