"""The reader of OneNote sections (MS-ONESTORE): the files in them, and text as runs of letters."""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from

from app.documents.kinds import Kind, kind_of
from app.documents.limits import Budget, format_size
from app.documents.models import Item, Member, Unread
from app.documents.readers.binary import strings

# The head of a FileDataStoreObject (MS-ONESTORE 2.6.13): an id, the length, and 12 empty bytes.
_FILE = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
_HEAD = 36
_MOST_FILES = 1_000
_SHORTEST = 6


def read_onenote(data: bytes, budget: Budget) -> Iterator[Item]:
    place = last = 0
    found = 0
    while (place := data.find(_FILE, place)) >= 0 and found < _MOST_FILES:
        found += 1
        start = place + _HEAD
        if start > len(data):
            yield Unread("Its end is missing.")
            break
        (size,) = unpack_from("<Q", data, place + 16)
        yield from strings(data[last:place], "text", _SHORTEST)
        reason = ""
        if start + size > len(data) or size > budget.limits.member:
            reason = f"Of {format_size(size)} only a part could be read."
            # What follows may be read twice: a wrong length must not hide the other files.
            size = min(budget.limits.member, max(data.find(_FILE, start), 0) or len(data)) - start
        yield from _file(data[start : start + max(size, 0)], found, reason)
        place = last = start + max(size, 0)
    if place >= 0 and found == _MOST_FILES:
        yield Unread(f"Only the first {_MOST_FILES:,} files in it were read.")
    yield from strings(data[last:], "text", _SHORTEST)


def _file(content: bytes, number: int, reason: str) -> Iterator[Item]:
    if kind_of(content[:64]) is Kind.IMAGE:
        from app.documents.readers.image import code_parts

        yield from code_parts(content, f"picture {number}")
        if reason:
            yield Unread(reason)
    else:
        yield Member(f"file {number}", content, "embedded", reason)
