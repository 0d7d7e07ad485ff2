"""The commands `telltale defang` and `telltale refang`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator

from app.cli.inputs import Encoding, Input, read_all
from app.pipeline.rewriting import defang_stream, refang_stream
from app.pipeline.visible import make_visible

_UTF_8 = Encoding("utf-8", b"")
_LINE_OR_TAB = re.compile(r"([\n\t])")

Rewrite = Callable[[Iterable[str]], Iterator[str]]


def run_defang(options: argparse.Namespace) -> int:
    return _run(options.files, defang_stream)


def run_refang(options: argparse.Namespace) -> int:
    return _run(options.files, refang_stream)


def _run(files: list[str], rewrite: Rewrite) -> int:
    is_terminal = sys.stdout.isatty()
    write = _show if is_terminal else _copy
    is_complete = read_all(files, lambda _, source: write(source, rewrite), not is_terminal)
    return 0 if is_complete else 2


def _copy(source: Input, rewrite: Rewrite) -> None:
    """Write the text in the encoding in which it was read."""
    out = sys.stdout.buffer
    encoding = source.encoding
    is_wide = encoding.name.startswith(("utf-16", "utf-32"))
    if not is_wide and not _is_exact(encoding.name):
        encoding = _UTF_8
    # Bytes that are no text are written as they were read: a filter changes nothing but IOCs.
    errors = "replace" if is_wide else "surrogateescape"
    out.write(encoding.mark)
    for piece in rewrite(source.texts(errors, encoding)):
        out.write(piece.encode(encoding.name, errors))
    out.flush()


def _is_exact(encoding: str) -> bool:
    """Return whether text that is decoded and encoded again gives the same bytes.

    UTF-8 and the encodings of one byte for each character do; Shift JIS and its like write some
    characters in two ways.
    """
    high = bytes(range(0x80, 0x100))
    return encoding == "utf-8" or len(high.decode(encoding, "replace")) == len(high)


def _show(source: Input, rewrite: Rewrite) -> None:
    """Write the text line by line, with everything shown that could steer the terminal."""
    for piece in rewrite(source.texts()):
        for part in _LINE_OR_TAB.split(piece):
            sys.stdout.write(part if part in "\n\t" else make_visible(part))
