"""Finds the columns of a table whose heading says that they hold no indicators: versions, users."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

# Each begins with letters, because a search for such a pattern is fast.
_VERSION = tuple(re.compile(rf"{word}s?[ \t\"]{{0,4}}[,;\t|\r\n]") for word in ("ersion", "ERSION"))
_USER = tuple(
    re.compile(rf"{user}(?:s|[ _-]?{name})?[ \t\"]{{0,4}}[,;\t|\r\n]")
    for user, name in (("ser", "[Nn]ame"), ("SER", "NAME"))
)
_VERSIONS = frozenset(("version", "versions"))
_USERS = frozenset(("user", "users", "username", "usernames"))
_DELIMITERS = frozenset(",;\t|")
_CELL_ENDS = _DELIMITERS | frozenset('" \r\n')
_LONGEST_LINE = 1000
_MOST = 20
"""How many lines of a block are looked at for each mark, and how many columns are kept."""
_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+")


class _Column(NamedTuple):
    begin: int
    """Where the rows begin."""
    end: int
    """Where they end."""
    delimiter: str
    number: int
    """The number of the cell in its row, from 0 on."""
    cells: int
    """How many cells a row has."""


class Headings:
    """The columns of one kind in a text; they are looked for at the first question."""

    def __init__(
        self, text: str, marks: tuple[re.Pattern[str], ...], names: frozenset[str]
    ) -> None:
        self._text = text
        self._marks = marks
        self._names = names
        self._columns: list[_Column] | None = None

    def cover(self, start: int) -> bool:
        """Return whether the cell that begins at a place stands in such a column."""
        if self._columns is None:
            self._columns = list(islice(self._find(), _MOST))
        return any(
            column.begin <= start < column.end and self._is_in(column, start)
            for column in self._columns
        )

    def _is_in(self, column: _Column, start: int) -> bool:
        text, mark = self._text, column.delimiter
        row = text.rfind("\n", max(column.begin - 1, start - _LONGEST_LINE), start) + 1
        if not row or text.count(mark, row, start) != column.number:
            return False
        end = text.find("\n", start, start + _LONGEST_LINE)
        return column.number + text.count(mark, start, max(start, end)) + 1 == column.cells

    def _find(self) -> Iterator[_Column]:
        text = self._text
        for end in sorted({end for mark in self._marks for end in _line_ends(text, mark)}):
            begin = text.rfind("\n", max(0, end - _LONGEST_LINE), end) + 1
            line = text[begin:end]
            delimiter = max(sorted(_DELIMITERS), key=line.count)
            cells = line.split(delimiter)
            if not begin or len(cells) == 1 or any(map(_is_value, cells)):
                continue
            blank = text.find("\n\n", end)
            for number, cell in enumerate(cells):
                words = [word.lower() for word in _WORD.findall(cell)]
                if not self._names.isdisjoint((*words[-1:], "".join(words[-2:]))):
                    rows_end = blank if blank >= 0 else len(text)
                    yield _Column(end + 1, rows_end, delimiter, number, len(cells))


def _line_ends(text: str, mark: re.Pattern[str]) -> Iterator[int]:
    """Yield the ends of the first lines in which a mark stands."""
    at = 0
    for _ in range(_MOST):
        match = mark.search(text, at)
        at = text.find("\n", match.end() - 1) if match else -1
        if at < 0:
            break
        yield at


def begins_cell(text: str, start: int) -> bool:
    """Return whether the delimiter of a row stands before a value, with a quote or space or not."""
    return text[start - 1] in _DELIMITERS or (
        text[start - 1] in ' "' and text[start - 2] in _DELIMITERS
    )


def is_cell(text: str, start: int, end: int) -> bool:
    """Return whether a value is a cell: the first one of a row, or another."""
    if text[start - 1] == "\n":
        return text[end] in _DELIMITERS
    return text[end] in _CELL_ENDS and begins_cell(text, start)


def version_columns(text: str) -> Headings:
    """Return the columns of versions."""
    return Headings(text, _VERSION, _VERSIONS)


def user_columns(text: str) -> Headings:
    """Return the columns of user names."""
    return Headings(text, _USER, _USERS)


def _is_value(cell: str) -> bool:
    """Return whether a cell holds a number, an address or a name with a dot: it is no heading."""
    return any(map(str.isdigit, cell)) or "." in cell.strip(" .")
