"""The reader of calendars and contacts (iCalendar, RFC 5545; vCard, RFC 6350)."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterator

from app.documents.limits import Budget
from app.documents.models import Item, Member, Part
from app.documents.readers.encodings import decode_text
from app.documents.readers.html import html_items
from app.documents.readers.transfer import from_base64

_NAME = re.compile(r"(?:[A-Za-z0-9-]{1,60}\.)?([A-Za-z0-9-]{1,60})(?=[;:])")
_ESCAPED = re.compile(r"\\([nN\\,;:])")
# Identifiers with an at sign that are no mail addresses, like the Message-ID of a mail.
_IDENTIFIERS = frozenset(("uid", "related-to", "prodid", "x-wr-relcalid"))
_LONGEST_PARAMETERS = 2_000


def read_calendar(data: bytes, budget: Budget) -> Iterator[Item]:
    yield from calendar_items(decode_text(data))


def calendar_items(text: str) -> Iterator[Item]:
    """Yield each property as a part with its line; long ones are folded over several lines."""
    for number, line in _unfolded(text):
        match = _NAME.match(line)
        if match is None:
            if line.strip():
                yield Part("text", line, number, is_one_line=True)
            continue
        yield from _property(match[1].lower(), line[match.end() :], number)


def _property(name: str, rest: str, number: int) -> Iterator[Item]:
    parameters, value = _parted(rest)
    about = parameters.lower()
    if name in _IDENTIFIERS and "://" not in value:
        return
    if "encoding=b" in about:
        yield Part(f"property {name}", parameters, number, is_one_line=True)
        yield Member(name, from_base64(value.encode("ascii", "ignore")), "attachment")
        return
    if "encoding=quoted-printable" in about:
        value = decode_text(a2b_qp(value.encode("utf-8", "replace")))
    value = _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
    if "fmttype=text/html" in about:
        for item in html_items(value):
            if isinstance(item, Part):
                item = Part(f"property {name}, {item.part}", item.text, number, is_one_line=True)
            yield item
        return
    parameters = f"{parameters}\n" if parameters else ""
    yield Part(f"property {name}", parameters + value, number, is_one_line=True)


def _parted(rest: str) -> tuple[str, str]:
    """Return the parameters and the value; a colon in quotes belongs to a parameter."""
    in_quotes = False
    if rest.startswith(";"):
        for place, letter in enumerate(rest[:_LONGEST_PARAMETERS]):
            if letter == '"':
                in_quotes = not in_quotes
            elif letter == ":" and not in_quotes:
                return rest[1:place], rest[place + 1 :]
    return "", rest[1:]


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number: the lines that begin with a blank go on with the one above.

    Old vCards break quoted-printable text with "=" instead.
    """
    pieces: list[str] = []
    start = 1
    is_open = False
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if pieces and (line[:1] in (" ", "\t") or is_open):
            pieces.append(line if is_open else line[1:])
        else:
            if pieces:
                yield start, "".join(pieces)
            pieces, start = [line], number
        is_open = line.endswith("=") and "quoted-printable" in pieces[0][:200].lower()
        if is_open:
            pieces[-1] = pieces[-1][:-1]
    yield start, "".join(pieces)
