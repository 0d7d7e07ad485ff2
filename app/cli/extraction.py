"""telltale extract."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from app.cli.formats import FORMATS, Writer
from app.cli.inputs import read_all
from app.cli.rows import evidence_row, near_miss_row, plain_row
from app.pipeline.models import IOCType
from app.pipeline.stream import explain_stream, extract_stream

FOUND, NOTHING_FOUND, TROUBLE = 0, 1, 2


class _Report:
    """Writes what the inputs hold, one after the other."""

    def __init__(self, writer: Writer, types: frozenset[IOCType], is_defanged: bool) -> None:
        self._writer = writer
        self._types = types
        self._is_defanged = is_defanged
        self._seen: set[str] = set()
        self.has_found = False

    def plain(self, name: str, texts: Iterator[str]) -> None:
        """Each IOC once, over all inputs, as soon as it is found."""
        for ioc in extract_stream(_flushing(texts), self._seen):
            if ioc.type in self._types:
                self._writer.add(plain_row(ioc, self._is_defanged))
                self.has_found = True

    def explained(self, name: str, texts: Iterator[str]) -> None:
        extraction = explain_stream(texts)
        for evidence in extraction.found:
            if evidence.ioc.type in self._types:
                self._writer.add(evidence_row(evidence, self._is_defanged, name))
                self.has_found = True
        for miss in extraction.near_misses:
            if miss.ioc is None or miss.ioc.type in self._types:
                self._writer.add(near_miss_row(miss, name))
        if extraction.near_misses_left_out:
            left_out = f"{extraction.near_misses_left_out:,} more near misses are not listed"
            print(f"telltale: {left_out}", file=sys.stderr)


def run_extract(options: argparse.Namespace) -> int:
    is_terminal = sys.stdout.isatty()
    name = options.format or ("table" if is_terminal else "text")
    is_defanged = options.defang
    if is_defanged is None:
        is_defanged = name == "table" and is_terminal
    writer = FORMATS[name](sys.stdout)
    report = _Report(writer, options.types or frozenset(IOCType), is_defanged)
    read: Callable[[str, Iterator[str]], None]
    read = report.explained if options.explain else report.plain
    # Results that come while a file is read would run into the line on the same terminal.
    is_late = options.explain or name == "table"
    is_complete = read_all(
        options.files,
        lambda name, source: read(name, source.texts()),
        shows_progress=is_late or not is_terminal,
    )
    writer.close()
    if not is_complete:
        return TROUBLE
    return FOUND if report.has_found else NOTHING_FOUND


def _flushing(texts: Iterator[str]) -> Iterator[str]:
    """What was found in a chunk is out before the next one is waited for."""
    for text in texts:
        yield text
        sys.stdout.flush()
