"""Decompresses the source of VBA macros ("Office VBA File Format Structure", MS-OVBA 2.4.1)."""

from __future__ import annotations

import re
from itertools import islice
from struct import unpack_from

_CONTAINER = re.compile(rb"\x01[\x00-\xff][\x30-\x3f\xb0-\xbf]")
"""The signature of a compressed container, and the header of its first chunk."""
# The offset of the source stands in another stream, which may be missing or wrong in a hostile
# file: so the source is searched for. The mark is short, and occurs by chance too.
_MOST_TRIES = 2_000
_SHORTEST = 12
_PRINTABLE = bytes([9, 10, 13, *range(32, 127), *range(160, 256)])
_CHUNK = 4096
_JOINED = re.compile(r"\"[ \t]*[&+][ \t]*\"")


def macro_source(stream: bytes) -> tuple[str, int]:
    """Return the source of the module in a stream, and its offset; "" and the length if none.

    String literals that are concatenated on one line are joined: macros hide addresses so.
    """
    for match in islice(_CONTAINER.finditer(stream), _MOST_TRIES):
        text = decompress(stream[match.start() :])
        if len(text) >= _SHORTEST and len(text.translate(None, _PRINTABLE)) < len(text) / 50:
            return _JOINED.sub("", text.decode("cp1252", "replace")), match.start()
    return "", len(stream)


def decompress(data: bytes) -> bytes:
    """Decompress a container up to the first damage."""
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
            # A copy token: the more there is to copy from, the more bits its offset has.
            width = max((len(unpacked) - start - 1).bit_length(), 4)
            back = (token >> 16 - width) + 1
            length = (token & 0xFFFF >> width) + 3
            if back > len(unpacked) - start:
                return
            for _ in range(length):
                unpacked.append(unpacked[-back])
