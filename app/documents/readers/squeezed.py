"""Decompresses the RTF in which Outlook keeps the bodies of mails (MS-OXRTFCP)."""

from __future__ import annotations

from struct import unpack_from

# The dictionary begins with this text (MS-OXRTFCP 2.1.2.1), so that common words need few bytes.
_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_WINDOW = 4096
# "LZFu" and "MELA", the types of compression (MS-OXRTFCP 2.1.3.1.1).
_PACKED, _PLAIN = 0x75465A4C, 0x414C454D


def unsqueeze(data: bytes) -> tuple[bytes, bool]:
    """Return the RTF, and True if it is complete."""
    if len(data) < 16:
        return data, False
    packed, size, kind = unpack_from("<III", data)
    if kind == _PLAIN:
        # Some programs count the header of twelve bytes in the size of the text as well.
        size = min(size, packed - 12) if packed > 12 else size
        return data[16 : 16 + size], len(data) >= 16 + size
    if kind != _PACKED:
        return data, False
    window = bytearray(_START.ljust(_WINDOW, b"\x00"))
    write = len(_START)
    unpacked = bytearray()
    place = 16
    while place < len(data):
        flags = data[place]
        place += 1
        for bit in range(8):
            width = 1 + (flags >> bit & 1)
            if place + width > len(data):
                return bytes(unpacked), len(unpacked) >= size
            token = data[place : place + width]
            place += width
            if width == 1:
                run = token
            elif (start := token[0] << 4 | token[1] >> 4) == write:
                return bytes(unpacked), len(unpacked) >= size
            else:
                run = _copied(window, write, start, (token[1] & 15) + 2)
            for byte in run:
                window[write] = byte
                write = (write + 1) % _WINDOW
            unpacked += run
    return bytes(unpacked), len(unpacked) >= size


def _copied(window: bytearray, write: int, start: int, length: int) -> bytes:
    run = b""
    for step in range(length):
        # The run may overlap what it writes itself: then its own first bytes are repeated.
        at = (start + step) % _WINDOW
        ahead = (at - write) % _WINDOW
        run += run[ahead : ahead + 1] if ahead < len(run) else window[at : at + 1]
    return run
