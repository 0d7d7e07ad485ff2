"""Walks the elements of ASN.1 data in BER or DER (X.690), without a schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import DocumentError

SEQUENCE, OCTETS, OBJECT_ID, CONTEXT_0 = 0x30, 0x04, 0x06, 0xA0
_CONSTRUCTED = 0x20
_DEEPEST = 12
_DAMAGED = "Its structure is damaged."


@dataclass(frozen=True, slots=True)
class Element:
    """One element, by its places in the data."""

    tag: int
    start: int
    """Where its content begins."""
    stop: int
    """Where its content ends: the end of the data if that is cut."""
    end: int
    """Where the next element begins."""
    is_whole: bool


def element(data: bytes, place: int, stop: int, depth: int = 0) -> Element:
    """Return the element at a place, which ends at `stop` at the latest. Raises DocumentError."""
    if place + 2 > stop or depth > _DEEPEST:
        raise DocumentError(_DAMAGED)
    tag, length = data[place], data[place + 1]
    start = place + 2
    if tag & 0x1F == 0x1F:  # numbers of tags beyond 30 occur in no format that is read here
        raise DocumentError(_DAMAGED)
    if length == 0x80 and tag & _CONSTRUCTED:
        return _without_length(data, tag, start, stop, depth)
    if length & 0x80:
        width = length & 0x7F
        if not 0 < width <= 8 or start + width > stop:
            raise DocumentError(_DAMAGED)
        length = int.from_bytes(data[start : start + width], "big")
        start += width
    end = min(start + length, stop)
    return Element(tag, start, end, end, start + length <= stop)


def _without_length(data: bytes, tag: int, start: int, stop: int, depth: int) -> Element:
    """Return an element of indefinite length, which two zeros end."""
    place = start
    while place + 2 <= stop:
        if data[place : place + 2] == b"\x00\x00":
            return Element(tag, start, place, place + 2, True)
        place = element(data, place, stop, depth + 1).end
    return Element(tag, start, stop, stop, False)


def children(data: bytes, parent: Element) -> Iterator[Element]:
    """Yield the elements in an element. Raises DocumentError where they are damaged."""
    place = parent.start
    while place < parent.stop:
        child = element(data, place, parent.stop)
        yield child
        place = child.end


def octets(data: bytes, parent: Element, depth: int = 0) -> tuple[bytes, bool]:
    """Return the bytes of a string, which may come in pieces, and if they are whole."""
    if not parent.tag & _CONSTRUCTED:
        return data[parent.start : parent.stop], parent.is_whole
    pieces, is_whole = [], parent.is_whole and depth < _DEEPEST
    for child in children(data, parent) if depth < _DEEPEST else ():
        piece, piece_is_whole = octets(data, child, depth + 1)
        pieces.append(piece)
        is_whole = is_whole and piece_is_whole
    return b"".join(pieces), is_whole
