"""The output formats of the command line; no output can steer a terminal."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import fields
from typing import IO, Protocol

from app.cli.rows import NEAR_MISS, ExplainedRow, Row
from app.pipeline.formulas import harmless
from app.pipeline.models import IOCType
from app.pipeline.visible import make_visible

_GAP = "  "
_WIDEST = 60  # so that one long URL does not push the evidence of all others off the screen
_LONGEST_REASONED = 100


class RowWriter(Protocol):
    """Writes the rows of one run in one format."""

    def add(self, row: Row) -> None: ...

    def close(self) -> None:
        """End the output; called once, after the last row."""


class TextWriter:
    """Writes one IOC a line, and no near misses."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def add(self, row: Row) -> None:
        if row.type != NEAR_MISS:
            self._out.write(f"{make_visible(row.value)}\n")

    def close(self) -> None:
        """Write nothing: the last line needs no end."""


class JSONLinesWriter:
    """Writes one JSON object a line."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def add(self, row: Row) -> None:
        self._out.write(f"{_json(row)}\n")

    def close(self) -> None:
        """Write nothing: each line is complete by itself."""


class JSONWriter:
    """Writes one JSON array, row by row."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._before = "[\n"

    def add(self, row: Row) -> None:
        self._out.write(f"{self._before}{_json(row)}")
        self._before = ",\n"

    def close(self) -> None:
        self._out.write("[]\n" if self._before == "[\n" else "\n]\n")


class CSVWriter:
    """Writes CSV (RFC 4180); a run has rows of one kind, whose fields are the columns."""

    def __init__(self, out: IO[str]) -> None:
        self._csv = csv.writer(out, lineterminator="\r\n")
        self._has_header = False

    def add(self, row: Row) -> None:
        names = _names(row)
        if not self._has_header:
            self._csv.writerow(names)
            self._has_header = True
        self._csv.writerow([_cell(getattr(row, name)) for name in names])

    def close(self) -> None:
        if not self._has_header:
            self._csv.writerow(_names(Row))


class TableWriter:
    """Writes a table for people; it is grouped by type, so it is written at the end."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._groups: dict[str, list[Row]] = {name: [] for name in (*IOCType, NEAR_MISS)}

    def add(self, row: Row) -> None:
        self._groups[row.type].append(row)

    def close(self) -> None:
        near_misses = self._groups.pop(NEAR_MISS)
        groups = {name: rows for name, rows in self._groups.items() if rows}
        width = max(map(len, groups), default=0)
        longest = max((len(row.value) for rows in groups.values() for row in rows), default=0)
        for name, rows in groups.items():
            for row in rows:
                cells = [name.ljust(width), _described(row, min(longest, _WIDEST))]
                self._out.write(f"{_GAP.join(cells).rstrip()}\n")
                name = ""
        if near_misses:
            gap = "\n" if groups else ""
            self._out.write(f"{gap}Not treated as IOCs:\n")
        for row in near_misses:
            assert isinstance(row, ExplainedRow)  # noqa: S101  # for the type checker
            text = make_visible(row.value, _LONGEST_REASONED)
            self._out.write(f"{_GAP}{text}: {row.reason} (line {row.line})\n")


FORMATS: dict[str, Callable[[IO[str]], RowWriter]] = {
    "table": TableWriter,
    "text": TextWriter,
    "jsonl": JSONLinesWriter,
    "json": JSONWriter,
    "csv": CSVWriter,
}


def _described(row: Row, width: int) -> str:
    value = make_visible(row.value)
    if not isinstance(row, ExplainedRow):
        return value
    times = (
        f"{row.count:,} times from line {row.line:,}" if row.count != 1 else f"line {row.line:,}"
    )
    notes = [f"{times}: {row.rule}"]
    if row.defanged:
        notes.append(f"written as {make_visible(row.raw_match, _LONGEST_REASONED)}")
    if row.port:
        notes.append(f"port {row.port}")
    if row.unwrapped_from:
        notes.append(f"unwrapped from {make_visible(row.unwrapped_from, _LONGEST_REASONED)}")
    if row.mixed_scripts:
        notes.append("letters that pass for others")
    return f"{value.ljust(width)}{_GAP}{', '.join(notes)}"


def _names(row: Row | type[Row]) -> list[str]:
    return [field.name for field in fields(row)]


def _json(row: Row) -> str:
    # JSON in ASCII escapes all control characters but DEL.
    filled = {name: getattr(row, name) for name in _names(row)}
    return json.dumps(filled).replace("\x7f", "\\u007f")


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else harmless(make_visible(str(value)))
