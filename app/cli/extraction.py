"""telltale extract."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import groupby

from app.cli.formats import FORMATS, Writer
from app.cli.inputs import read_all, tell_unread
from app.cli.rows import Row, evidence_row, near_miss_row, placed_row, plain_row
from app.cli.sources import expanded, has_documents, is_document
from app.pipeline.models import IOC, IOCType
from app.pipeline.stream import explain_stream, extract_stream, locate_stream

FOUND, NOTHING_FOUND, TROUBLE = 0, 1, 2
WITH_PLACES = frozenset(("jsonl", "json", "csv"))
"""The formats that tell each place of an IOC, once there is more to read than texts."""


class Report:
    """Writes what the inputs hold, one after the other."""

    def __init__(
        self, writer: Writer, types: frozenset[IOCType], is_defanged: bool, has_places: bool
    ) -> None:
        self._writer = writer
        self._types = types
        self.is_defanged = is_defanged
        self.has_places = has_places
        self._seen: set[str] = set()
        self.has_found = False

    def plain(self, name: str, texts: Iterator[str]) -> None:
        """Each IOC once, over all inputs, as soon as it is found; or once in each place."""
        if self.has_places:
            for ioc, line in locate_stream(_flushing(texts)):
                self.add(ioc, placed_row(ioc, self.is_defanged, name, "", line))
            return
        for ioc in extract_stream(_flushing(texts), self._seen):
            self.add(ioc, plain_row(ioc, self.is_defanged))

    def once(self, ioc: IOC) -> None:
        """An IOC of a document, unless it was written before."""
        if ioc.value not in self._seen:
            self._seen.add(ioc.value)
            self.add(ioc, plain_row(ioc, self.is_defanged))

    def explained(self, name: str, texts: Iterator[str]) -> None:
        extraction = explain_stream(texts)
        for evidence in extraction.found:
            self.add(evidence.ioc, evidence_row(evidence, self.is_defanged, name))
        for miss in extraction.near_misses:
            self.add_miss(miss.ioc, near_miss_row(miss, name))
        if extraction.near_misses_left_out:
            left_out = f"{extraction.near_misses_left_out:,} more near misses are not listed"
            print(f"telltale: {left_out}", file=sys.stderr)

    def add(self, ioc: IOC, row: Row) -> None:
        if ioc.type in self._types:
            self._writer.add(row)
            self.has_found = True

    def add_miss(self, ioc: IOC | None, row: Row) -> None:
        if ioc is None or ioc.type in self._types:
            self._writer.add(row)


def run_extract(options: argparse.Namespace) -> int:
    is_terminal = sys.stdout.isatty()
    name = options.format or ("table" if is_terminal else "text")
    is_defanged = options.defang
    if is_defanged is None:
        is_defanged = name == "table" and is_terminal
    writer = FORMATS[name](sys.stdout)
    has_places = name in WITH_PLACES and has_documents(options.files)
    report = Report(writer, options.types or frozenset(IOCType), is_defanged, has_places)
    # Results that come while a file is read would run into the line on the same terminal.
    is_late = options.explain or name == "table"
    is_complete = _read(options, report, shows_progress=is_late or not is_terminal)
    writer.close()
    if not is_complete:
        return TROUBLE
    return FOUND if report.has_found else NOTHING_FOUND


def _read(options: argparse.Namespace, report: Report, shows_progress: bool) -> bool:
    """Whether all of every input could be read."""
    unread: list[str] = []

    def tell(name: str, reason: str) -> None:
        tell_unread(name, reason)
        unread.append(name)

    read: Callable[[str, Iterator[str]], None]
    read = report.explained if options.explain else report.plain
    is_complete = True
    with ExitStack() as stack:
        readers = None
        for are_documents, names in groupby(expanded(options.files, tell), is_document):
            if not are_documents:
                is_complete &= read_all(
                    names, lambda name, source: read(name, source.texts()), shows_progress
                )
                continue
            from app.cli.documents import read_all_documents, started_readers

            readers = readers or stack.enter_context(started_readers())
            is_complete &= read_all_documents(readers, names, report, options.explain)
    return is_complete and not unread


def _flushing(texts: Iterator[str]) -> Iterator[str]:
    """What was found in a chunk is out before the next one is waited for."""
    for text in texts:
        yield text
        sys.stdout.flush()
