"""Reads the objects of old presentations: macros and embedded files, packed in records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import unpack_from

from app.documents.limits import Budget
from app.documents.models import Item, Member
from app.documents.readers.inflating import Inflating

# The headers of records with an object, plain or packed with zlib (MS-PPT 2.10.34). They are
# searched for: a hostile file may break the chain of records before them.
_OBJECT = re.compile(rb"([\x00\x10])\x00\x11\x10")
_OLE = b"\xd0\xcf\x11\xe0"
_MOST_OBJECTS = 1_000


def objects_of(stream: bytes, budget: Budget) -> Iterator[Item]:
    """Yield the objects in the stream of a presentation."""
    found = 0
    place = 0
    while found < _MOST_OBJECTS and (match := _OBJECT.search(stream, place)):
        place = match.end()
        if place + 8 > len(stream):
            return
        (length,) = unpack_from("<I", stream, place)
        content, reason = stream[place + 4 : place + 4 + length], ""
        if match[1] == b"\x10":
            packed = content[4:]
            if packed[:1] != b"\x78":
                continue
            content, reason = budget.unpack(Inflating(packed), len(packed))
        if content.startswith(_OLE):
            found += 1
            place += 4 + length
            yield Member("object", content, "embedded", reason)
