"""Walks the MAPI properties in an attribute of TNEF (MS-OXTNEF 2.1.3.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import error as StructError
from struct import unpack_from

from app.documents.models import Unread
from app.documents.readers.encodings import decode_text

LONG_NAME = 0x3707
_MANY = 0x1000
_NARROW, _WIDE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_OF_ANY_LENGTH = frozenset((_NARROW, _WIDE, _OBJECT, _BINARY))
# The sizes of values by their type (MS-OXCDATA 2.11.1), filled up to a multiple of four.
_SIZES = {
    0x01: 4,
    0x02: 4,
    0x03: 4,
    0x04: 4,
    0x05: 8,
    0x06: 8,
    0x07: 8,
    0x0A: 4,
    0x0B: 4,
    0x14: 8,
    0x40: 8,
    0x48: 16,
}
_NAMED = 0x8000  # properties from here on have a name, which stands before the value
_DAMAGED = "Its properties are damaged; the rest of them is unread."


@dataclass(frozen=True, slots=True)
class Property:
    """One value of a property; a property of many values gives one for each."""

    number: int
    kind: int
    content: bytes

    @property
    def text(self) -> str:
        is_wide = self.kind == _WIDE
        text = self.content.decode("utf-16-le", "replace") if is_wide else decode_text(self.content)
        return text.strip("\x00 ")


def properties(data: bytes) -> Iterator[Property | Unread]:
    """Yield the values of text and bytes; numbers and times tell no IOC."""
    found: list[Property] = []
    try:
        _read_row(data, 0, found)
    except (ValueError, StructError):
        yield Unread(_DAMAGED)
    yield from found


def rows_of_properties(data: bytes) -> Iterator[Property | Unread]:
    """Yield the values in a table, such as that of the recipients."""
    found: list[Property] = []
    try:
        (count,) = unpack_from("<I", data)
        place = 4
        for _ in range(count):
            place = _read_row(data, place, found)
    except (ValueError, StructError):
        yield Unread(_DAMAGED)
    yield from found


def _read_row(data: bytes, place: int, found: list[Property]) -> int:
    """Add the properties of one object; return where they end. Raises ValueError, StructError."""
    (count,) = unpack_from("<I", data, place)
    place += 4
    for _ in range(count):
        kind, number = unpack_from("<HH", data, place)
        place += 4
        if number >= _NAMED:
            place = _behind_name(data, place)
        values, place = _values(data, place, kind)
        found += [Property(number, kind & ~_MANY, value) for value in values]
    return place


def _behind_name(data: bytes, place: int) -> int:
    place += 16
    (has_text,) = unpack_from("<I", data, place)
    if not has_text:
        return place + 8
    (length,) = unpack_from("<I", data, place + 4)
    return place + 8 + _filled(length)


def _values(data: bytes, place: int, kind: int) -> tuple[list[bytes], int]:
    """Return the values of a property, and where the next one begins. Raises ValueError."""
    base = kind & ~_MANY
    count = 1
    if kind & _MANY or base in _OF_ANY_LENGTH:
        (count,) = unpack_from("<I", data, place)
        place += 4
    if base not in _OF_ANY_LENGTH:
        if base not in _SIZES:
            raise ValueError("an unknown type")
        return [], place + count * _SIZES[base]
    values = []
    for _ in range(count):
        (length,) = unpack_from("<I", data, place)
        place += 4
        if place + length > len(data):
            raise ValueError("a value that is longer than the data")
        values.append(data[place : place + length])
        place += _filled(length)
    return values, place


def _filled(length: int) -> int:
    return length + 3 & ~3
