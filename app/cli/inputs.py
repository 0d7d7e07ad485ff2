"""Reads files and standard input as text in chunks."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.cli.progress import Progress
from app.documents.readers.encodings import text_encoding
from app.errors import InputError
from app.pipeline.visible import make_visible

_CHUNK = 1 << 18
_LONGEST_MARK = 4


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a text, and the byte order mark that it begins with."""

    name: str
    mark: bytes


class Input:
    """One file or standard input, which can be read once. Raises InputError."""

    def __init__(self, stream: IO[bytes], progress: Progress) -> None:
        self._stream = stream
        self._progress = progress
        head = b""
        while len(head) < _LONGEST_MARK and (more := self._read()):
            head += more
        mark, name = text_encoding(head)
        self.encoding = Encoding(name, mark)
        self._head = head[len(mark) :]

    def texts(self, errors: str = "replace", encoding: Encoding | None = None) -> Iterator[str]:
        """Yield the text in chunks; `encoding` replaces the one that the first bytes suggest."""
        name = (encoding or self.encoding).name
        decode = codecs.getincrementaldecoder(name)(errors).decode
        yield decode(self._head)
        while chunk := self._read():
            yield decode(chunk)
        yield decode(b"", final=True)

    def _read(self) -> bytes:
        # `read1` returns the bytes that have arrived; `read` would wait until a pipe has filled
        # the buffer, and rows would come late.
        read: Callable[[int], bytes] = getattr(self._stream, "read1", self._stream.read)
        with _input_errors():
            chunk = read(_CHUNK)
        self._progress.add(len(chunk))
        return chunk


def read_all(
    names: Iterable[str], read: Callable[[str, Input], None], shows_progress: bool
) -> bool:
    """Read every input, also after one that fails; return whether all could be read."""
    is_complete = True
    for name in names:
        try:
            with _opened(name, shows_progress) as source:
                read(name, source)
        except InputError as e:
            report_unread(name, str(e))
            is_complete = False
    return is_complete


def report_unread(name: str, reason: str, what: str = "cannot read") -> None:
    """Say on standard error that an input was not read, or only a part of it."""
    shown = "standard input" if name == "-" else make_visible(name)
    print(f"telltale: {what} {shown}: {make_visible(reason)}", file=sys.stderr)


@contextmanager
def _opened(name: str, shows_progress: bool) -> Iterator[Input]:
    """Open an input; `-` is standard input."""
    if name != "-":
        path = Path(name)
        with _input_errors():
            stream = path.open("rb")
        with stream, Progress.of(path) if shows_progress else Progress() as progress:
            yield Input(stream, progress)
        return
    if sys.stdin is None:
        raise InputError("it is closed")
    if sys.stdin.isatty():
        print("Reading from the terminal; Ctrl-D ends the text.", file=sys.stderr)
    yield Input(sys.stdin.buffer, Progress())


@contextmanager
def _input_errors() -> Iterator[None]:
    """Turn OSError into InputError: an OSError elsewhere is an output that cannot be written."""
    try:
        yield
    except OSError as e:
        raise InputError(e.strerror or str(e)) from e
