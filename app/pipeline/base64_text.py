"""Decodes Base64 and hexadecimal digits that hold text."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error

_URL_SAFE = str.maketrans("-_", "+/")
_SAMPLE = 48
_SHORTEST = 4


def decode(token: str) -> str | None:
    """Return the text in a Base64 token, also in UTF-16 as PowerShell has it; None if no text."""
    token = token.rstrip("=").translate(_URL_SAFE)
    if len(token) < _SHORTEST or _read(token[:_SAMPLE]) is None:
        return None
    return _read(token)


def decode_hex(token: str) -> str | None:
    """Return the text in a row of hexadecimal digits; None if it is no text."""
    try:
        return _text(bytes.fromhex(token))
    except ValueError:
        return None


def _read(token: str) -> str | None:
    kept = token if len(token) % 4 != 1 else token[:-1]
    try:
        return _text(b64decode(kept + "=" * (-len(kept) % 4), validate=True))
    except Base64Error:
        return None


def _text(data: bytes) -> str | None:
    """Return printable text in UTF-8 or UTF-16; None if the bytes are none."""
    if data[1:2] == b"\0" or data[:2] == b"\xff\xfe":
        text = data[: len(data) & ~1].decode("utf-16-le", "replace").lstrip("\ufeff")
    else:
        # A sample may end inside of a character.
        text = data.decode("utf-8", "replace").removesuffix("\ufffd")
    return text if _is_text(text) else None


def _is_text(text: str) -> bool:
    plain = text.translate({9: " ", 10: " ", 13: " ", 0xFFFD: "\0"})
    return len(plain) > 1 and plain.isprintable()
