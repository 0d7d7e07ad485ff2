"""Reads the objects of old presentations: macros and embedded files, packed in records."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from struct import unpack_from

from app.documents.limits import Budget
from app.documents.models import Item, Member

# The headers of records with an object, plain or packed with zlib (MS-PPT 2.10.34). They are
# searched for: a hostile file may break the chain of records before them.
_OBJECT = re.compile(rb"([\x00\x10])\x00\x11\x10")
_OLE = b"\xd0\xcf\x11\xe0"
_MOST_OBJECTS = 1_000


class _Unpacking:
    """A file object that unpacks a zlib stream."""

    def __init__(self, data: bytes) -> None:
        self._unpack = zlib.decompressobj()
        self._rest = data

    def read(self, size: int = 1 << 16, /) -> bytes:
        chunk = self._unpack.decompress(self._rest, size)
        self._rest = self._unpack.unconsumed_tail
        if not chunk and not self._unpack.eof:
            raise EOFError("the end is missing")
        return chunk


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
            content, reason = budget.unpack(_Unpacking(packed), len(packed))
        if content.startswith(_OLE):
            found += 1
            place += 4 + length
            yield Member("object", content, "embedded", reason)
