"""Writes the IOCs that an extraction finds, as rows of the format that was asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from app.cli.formats import RowWriter
from app.cli.rows import Row, evidence_row, near_miss_row, placed_row, plain_row
from app.pipeline.models import IOC, OFF_BY_DEFAULT, IOCType
from app.pipeline.stream import explain_stream, extract_stream, locate_stream


class Report:
    """Writes the IOCs of one input after the other; keeps those types that are wanted."""

    def __init__(
        self, writer: RowWriter, types: frozenset[IOCType], is_defanged: bool, has_places: bool
    ) -> None:
        """`types` are those to find and to write."""
        self._writer = writer
        self._types = types
        self.also = types & OFF_BY_DEFAULT
        self.is_defanged = is_defanged
        self.has_places = has_places
        self._seen: set[str] = set()
        self.has_found = False

    def write_plain(self, name: str, texts: Iterator[str]) -> None:
        """Write each IOC once over all inputs, as soon as it is found; or once for each place."""
        if self.has_places:
            for ioc, line in locate_stream(_flushing(texts), self.also):
                self.add(ioc, placed_row(ioc, self.is_defanged, name, "", line))
            return
        for ioc in extract_stream(_flushing(texts), self._seen, self.also):
            self.add(ioc, plain_row(ioc, self.is_defanged))

    def add_once(self, ioc: IOC) -> None:
        """Write an IOC of a document, unless it was written before."""
        if ioc.value not in self._seen:
            self._seen.add(ioc.value)
            self.add(ioc, plain_row(ioc, self.is_defanged))

    def write_explained(self, name: str, texts: Iterator[str]) -> None:
        """Write the IOCs of an input with their evidence, then the near misses."""
        extraction = explain_stream(texts, self.also)
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


def _flushing(texts: Iterator[str]) -> Iterator[str]:
    """Yield the texts; flush the output before the next one, for which a pipe may have to wait."""
    for text in texts:
        yield text
        sys.stdout.flush()
