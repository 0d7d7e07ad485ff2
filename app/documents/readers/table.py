"""The reader of tables in plain text, with comma, semicolon, tab or bar between the cells."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.documents.limits import Budget
from app.documents.models import Item, Part
from app.documents.readers.encodings import decode_text

if TYPE_CHECKING:
    import _csv

_MARKS = ",;\t|"
_LONGEST_CELL = 1 << 24
_LONGEST_NAME = 40


def read_csv(data: bytes, budget: Budget) -> Iterator[Item]:
    """Read cell by cell if all rows have the same number of cells, else as plain text."""
    text = decode_text(data)
    csv.field_size_limit(_LONGEST_CELL)
    for mark in _MARKS:
        names = _columns(text, mark)
        if names:
            yield from _cells(text, mark, names)
            return
    yield Part("", text)


def _columns(text: str, mark: str) -> list[str]:
    """Return the heads of the columns; empty if the text is no table with this separator."""
    try:
        widths = Counter(len(row) for row in _rows(text, mark) if row)
        first: list[str] = next(_rows(text, mark), [])
    except csv.Error:
        return []
    is_table = len(widths) == 1 and len(first) > 1 and sum(widths.values()) > 1
    return [" ".join(head.split())[:_LONGEST_NAME] for head in first] if is_table else []


def _cells(text: str, mark: str, names: list[str]) -> Iterator[Item]:
    rows = _rows(text, mark)
    line = 1
    while (row := next(rows, None)) is not None:
        for number, (name, cell) in enumerate(zip(names, row, strict=False), 1):
            if len(cell) > 3:  # the shortest IOC has four characters: "t.co"
                yield Part(f"column {name or number}", cell, line)
        line = rows.line_num + 1


def _rows(text: str, mark: str) -> _csv.Reader:
    return csv.reader(text.splitlines(keepends=True), delimiter=mark)
