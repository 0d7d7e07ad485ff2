"""Lists of hosts, one on a line or in a column: names there are hosts, elsewhere they are files."""

from __future__ import annotations

import re
from bisect import bisect_left

from app.pipeline.classifier import HOST_TLDS, plain_name_objection

_ITEM = re.compile(
    r"[ \t]{0,8}(?:[-*\u2022] |[0-9]{1,4}[.)] |\| )?[\"`]?(?:\*\.)?([A-Za-z0-9_.-]{1,253})"
    r"[ \t\"`\r]*(?:[,;\t|#]|$)"
)
_ANNOUNCES = re.compile(
    r"(?:\b|_)(?:domains?|(?:domain|host|server)[ _]?names?|hosts|fqdns?)\b.{0,20}:?\s*$"
    r"|^\W{0,4}host\W{0,4}$",
    re.IGNORECASE,
)
_RULED = " \t\r-:|"  # the line below the head of a table
_MARGIN = 12
_LONGEST_LINE = 300
_DELIMITERS = frozenset(",;\t|")
_MOST_CELLS = 40
_REACH = 8  # how many lines above and below a name are looked at


# What a line of a list holds: a host beyond doubt; a name that may be one, an address, or nothing;
# a name that is none; words that announce hosts; anything else.
_HOST, _NAME, _FILE, _HEADING, _OTHER = b"hnfao"
_STOP = re.compile(rb"[fao]")


class HostLists:
    """Finds lists and columns of hosts in a text; quickly if it is called from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._columns: dict[tuple[str, int], _Column] = {}

    def hold(self, start: int, end: int) -> bool:
        """Return whether a name is the first cell of a line in a list of hosts, or in a column.

        The cells above and below must be names too, and one of them must be a host beyond doubt;
        or the cell above the list announces hosts.
        """
        text = self._text
        begin = text.rfind("\n", max(0, start - _LONGEST_LINE), start) + 1
        if not begin:
            return False
        item = _ITEM.match(text, begin, _line_end(text, end)) if start - begin < _MARGIN else None
        if item and item[1].lower().lstrip(".") == text[start:end].lower():
            place: tuple[str, int] | None = ("", 0)
        else:
            place = _place(text, begin, start, end)
        if place is None:
            return False
        column = self._columns.get(place)
        if column is None:
            column = self._columns[place] = _Column(text, *place)
        return column.holds_hosts_around(begin)


def _place(text: str, begin: int, start: int, end: int) -> tuple[str, int] | None:
    """Return the delimiter of a row, and the number of the cell that a name fills; None if none."""
    before = text[begin:start].rstrip('"')
    mark = before.rstrip(" ")[-1:]
    if mark not in _DELIMITERS or (mark != "|" and before[-1] == " "):
        return None
    behind = text[end : end + 3].lstrip('"')
    if behind.lstrip(" " if mark == "|" else "")[:1] not in (mark, "\r", "\n"):
        return None
    number = before.count(mark)
    return (mark, number) if number <= _MOST_CELLS else None


class _Column:
    """The cells with one number in rows that follow one another; each is judged once."""

    def __init__(self, text: str, delimiter: str, number: int) -> None:
        self._text = text
        self._delimiter, self._number = delimiter, number
        # The lines around the last name, and the kinds of their cells.
        self._begins: list[int] = []
        self._kinds = bytearray()

    def holds_hosts_around(self, begin: int) -> bool:
        """Return whether the cells above and below the one in a line make it a host."""
        at = self._index(begin)
        has_host = False
        for kinds in self._kinds[max(0, at - _REACH) : at][::-1], self._kinds[at + 1 :][:_REACH]:
            stop = _STOP.search(kinds)
            kind = kinds[stop.start()] if stop else _OTHER
            if kind == _HEADING:
                return True
            if kind == _FILE:
                return False  # "setup.exe": a list of files, or of mixed IOCs
            has_host |= _HOST in (kinds[: stop.start()] if stop else kinds)
        return has_host

    def _index(self, begin: int) -> int:
        """Return the place of a line among the judged ones, with those around it."""
        begins = self._begins
        at = bisect_left(begins, begin)
        if begins[at : at + 1] != [begin]:
            above = self._above(begin)
            self._begins = begins = []
            self._kinds = bytearray()
            for line in above:
                self._judge(line)
            at = len(begins)
            self._judge(begin)
        while len(begins) <= at + _REACH:
            following = self._text.find("\n", begins[-1], begins[-1] + _LONGEST_LINE) + 1
            if not 0 < following < len(self._text):
                break
            self._judge(following)
        return at

    def _above(self, begin: int) -> list[int]:
        """Return where the lines above a line begin, in the order of the text."""
        above: list[int] = []
        while len(above) < _REACH:
            end = begin - 1
            begin = self._text.rfind("\n", max(0, end - _LONGEST_LINE), end) + 1
            if not begin:
                break
            above.append(begin)
        return above[::-1]

    def _judge(self, begin: int) -> None:
        end = self._text.find("\n", begin, begin + _LONGEST_LINE)
        self._begins.append(begin)
        self._kinds.append(self._kind(self._text[begin:end]) if end >= 0 else _OTHER)

    def _kind(self, line: str) -> int:
        if not self._delimiter:
            return _kind_of(line)
        cells = line.split(self._delimiter, self._number + 1)
        return _kind_of(cells[self._number]) if len(cells) > self._number else _OTHER


def _kind_of(line: str) -> int:
    if not line.strip(_RULED):
        return _NAME
    found = _ITEM.match(line)
    if found is None or "." not in found[1]:
        return _HEADING if _ANNOUNCES.search(line) else _OTHER
    labels = found[1].lower().split(".")
    if labels[-1].isdigit():
        return _NAME
    if labels[-1] not in HOST_TLDS:
        return _FILE
    return _HOST if is_sure_host(".".join(labels)) else _NAME


def is_sure_host(name: str) -> bool:
    """Return whether a name in lower case is a host wherever it stands."""
    labels = name.split(".")
    has_tld = labels[-1] in HOST_TLDS
    return has_tld and plain_name_objection(name, labels, "\n", "\n") is None


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position, position + _LONGEST_LINE)
    return end if end >= 0 else min(len(text), position + _LONGEST_LINE)
