"""The formats that no reader opens: their names, and the marks of those that need a closer look."""

from __future__ import annotations

import re

_PGP = "files that are encrypted with PGP"
_NAMES = {
    b"\x04\x22\x4d\x18": "LZ4 files",
    b"\x60\xea": "ARJ archives",
    b"\x1f\x9d": "files packed by compress (.Z)",
    b"\x1f\xa0": "files packed with LZH (.z)",
    b"LZIP": "lzip files",
    b"!<arch>": "ar archives and Debian packages",
    b"\xed\xab\xee\xdb": "RPM packages",
    b"xar!": "XAR archives",
    b"\xc7\x71": "cpio archives",
    b"07070": "cpio archives",
    b"MSWIM": "Windows images (WIM)",
    b"vhdxfile": "virtual disks",
    b"conectix": "virtual disks",
    b"KDMV": "virtual disks",
    b"QFI\xfb": "virtual disks",
    b"\x00\x01\x00\x00Standard": "Access databases",
    b"Rar!": "RAR archives",
    b"MSCF": "cabinet archives",
    b"ITSF": "compiled help files",
    b"!BDN": "Outlook stores",
    b"\x85": _PGP,
    b"\x84": _PGP,
    b"\xc1": _PGP,
    b"\x8c": _PGP,
    b"\xc3": _PGP,
}
# Formats whose mark is not at the very beginning, or could begin a text.
_LZH = re.compile(rb"..-(?:lh[0-9a-z]|lz[s45]|pm[012])-(?=.{0,14}\x00)", re.S)
_CPIO = re.compile(rb"0707(?:0[127][0-9A-Fa-f]{70}|07[0-7]{70})")
_ACE = b"**ACE**"


def is_foreign(head: bytes) -> bool:
    """Return whether a file is one of the archives without a mark at the very beginning."""
    return bool(_LZH.match(head) or _CPIO.match(head) or head[7:14] == _ACE)


def foreign_name(head: bytes) -> str:
    """Return the name of a format that is not opened, in the plural, for messages."""
    if _LZH.match(head):
        return "LZH archives"
    if head[7:14] == _ACE:
        return "ACE archives"
    if head[-512:-508] == b"koly":
        return "Macintosh disc images"
    return next((n for magic, n in _NAMES.items() if head.startswith(magic)), "such files")
