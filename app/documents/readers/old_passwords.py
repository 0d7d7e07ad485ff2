"""Tells whether an old Office file is encrypted: each of the three formats says so elsewhere."""

from __future__ import annotations

from struct import error as StructError
from struct import unpack_from

from olefile import OleFileIO

_WORD_FLAGS, _WORD_ENCRYPTED = 0x0A, 0x0100  # MS-DOC 2.5.1, FibBase
_FILE_PASS, _FIRST_SHEET_END = 0x002F, 0x000A  # MS-XLS 2.4.117; a record EOF ends the globals
_MOST_RECORDS = 64  # the record of the password is one of the first
_SLIDES_ENCRYPTED = 0xF3D1C4DF  # MS-PPT 2.3.2, CurrentUserAtom.headerToken


def is_encrypted(ole: OleFileIO[str]) -> bool:
    """Return whether the text of the document is encrypted with a password."""
    streams = {path[0].lower(): path for path in ole.listdir() if len(path) == 1}
    try:
        if path := streams.get("worddocument"):
            (flags,) = unpack_from("<H", _head(ole, path), _WORD_FLAGS)
            return bool(flags & _WORD_ENCRYPTED)
        if path := streams.get("workbook") or streams.get("book"):
            return _has_password_record(_head(ole, path))
        if path := streams.get("current user"):
            (token,) = unpack_from("<I", _head(ole, path), 12)
            return bool(token == _SLIDES_ENCRYPTED)
    except (OSError, ValueError, IndexError, StructError, TypeError):
        return False  # too damaged to say so: its reader tells what is wrong
    return False


def _head(ole: OleFileIO[str], path: list[str]) -> bytes:
    with ole.openstream(path) as stream:
        head: bytes = stream.read(1 << 13)
    return head


def _has_password_record(data: bytes) -> bool:
    place = 0
    for _ in range(_MOST_RECORDS):
        if place + 4 > len(data):
            return False
        kind, size = unpack_from("<HH", data, place)
        if kind == _FILE_PASS:
            return True
        if kind == _FIRST_SHEET_END:
            return False
        place += 4 + size
    return False
