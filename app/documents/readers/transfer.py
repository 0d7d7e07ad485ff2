"""Undoes the transfer encodings of mails (RFC 2045, 6), as mail programs do: forgivingly."""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp

from app.documents.readers.uuencode import uuencoded_files

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_OTHERS = bytes(set(range(256)) - set(_LETTERS + b"="))
_RUN = re.compile(rb"[^=]+")
_UU_NAMES = frozenset(("uuencode", "xuuencode", "uue", "xuue"))
_LINE = re.compile(rb"[^\n]*\n?")
_ENCODED_LINE = re.compile(rb"(?m)^[A-Za-z0-9+/]{60,}=*\r?$")
_BLANKS_AFTER_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")


def undo_transfer(data: bytes, declared: str) -> tuple[bytes, bytes]:
    """Return the content, and the plain text that stands below encoded content.

    `declared` is the whole header field. What stands around the name of the encoding, such as
    quotes, a comment or a semicolon, is no reason to leave content encoded.
    """
    name = re.sub(r"[^a-z0-9]", "", declared[:200].lower())
    if "base64" in name:
        end = _end_of_base64(data)
        return from_base64(data[:end]), data[end:]
    if "quotedprintable" in name:
        return a2b_qp(_BLANKS_AFTER_SOFT_BREAK.sub(b"=", data)), b""
    if name in _UU_NAMES:
        _, files = uuencoded_files(data.decode("latin-1"))
        return (files[0].data, b"") if len(files) == 1 else (data, b"")
    return data, b""


def from_base64(data: bytes) -> bytes:
    """Decode base64 without raising: other characters are skipped, an incomplete end is dropped."""
    pieces = []
    # Padding ends a stretch only: several may follow each other, and the library reads the first.
    for run in _RUN.findall(data.translate(None, _OTHERS)):
        whole = run[:-1] if len(run) % 4 == 1 else run
        pieces.append(a2b_base64(whole + b"=" * (-len(whole) % 4)))
    return b"".join(pieces)


def _end_of_base64(data: bytes) -> int:
    """Return where prose follows: what mailing lists and virus scanners put under each mail."""
    if not data.translate(None, _LETTERS + b"=\r\n"):
        return len(data)
    for match in _LINE.finditer(data):
        line = match[0].strip()
        is_prose = b" " in line and line.translate(None, _LETTERS + b"= \t")
        if is_prose or line.startswith((b"--", b"__")):
            # Encoded lines below mean that this is junk in the middle, which is skipped.
            return len(data) if _ENCODED_LINE.search(data, match.end()) else match.start()
    return len(data)
