"""The source text of VBA macros: "Office VBA File Format Structure" (MS-OVBA), 2.4.1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import unpack_from

_SOURCE = b"\x00Attribut"
"""How every module begins once it is packed: three bytes behind the mark of the container."""
_CHUNK = 4096
_JOINED = re.compile(r"\"[ \t]*[&+][ \t]*\"")


def macro_sources(stream: bytes) -> Iterator[str]:
    """The modules in a stream, with literals that are put together on one line joined."""
    place = stream.find(_SOURCE)
    while place >= 0:
        start = place - 3
        if start >= 0 and stream[start] == 1:
            yield _JOINED.sub("", decompress(stream[start:]).decode("cp1252", "replace"))
        place = stream.find(_SOURCE, place + 1)


def decompress(data: bytes) -> bytes:
    """As far as it is sound."""
    unpacked = bytearray()
    place = 1
    while place + 2 <= len(data):
        (header,) = unpack_from("<H", data, place)
        if header >> 12 & 7 != 3:
            break
        end = min(place + (header & 0xFFF) + 3, len(data))
        place += 2
        if header & 0x8000:
            _unpack_chunk(data, place, end, unpacked)
        else:
            unpacked += data[place : place + _CHUNK]
        place = end
    return bytes(unpacked)


def _unpack_chunk(data: bytes, place: int, end: int, unpacked: bytearray) -> None:
    start = len(unpacked)
    while place < end:
        flags = data[place]
        place += 1
        for bit in range(8):
            if place >= end:
                return
            if not flags >> bit & 1:
                unpacked.append(data[place])
                place += 1
                continue
            if place + 2 > end:
                return
            (token,) = unpack_from("<H", data, place)
            place += 2
            width = max((len(unpacked) - start - 1).bit_length(), 4)
            back = (token >> 16 - width) + 1
            length = (token & 0xFFFF >> width) + 3
            if back > len(unpacked) - start:
                return
            for _ in range(length):
                unpacked.append(unpacked[-back])
