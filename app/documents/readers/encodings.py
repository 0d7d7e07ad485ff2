"""Bytes of text in any encoding."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from app.documents.kinds import wide_encoding

_SAMPLE = 1 << 16
# The longer marks first: that of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ANY = "cp1252"


def decode_text(data: bytes, declared: str | None = None) -> str:
    """Decode by the byte order mark, else as UTF-8, else as declared, else by a guess. Never fails.

    What is no text in the encoding is replaced: an IOC is ASCII for the most part, and stays.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    if wide := wide_encoding(data):
        return data.decode(wide, "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(known_encoding(declared) or _guessed(data), "replace")
    named = known_encoding(declared)
    if named and named not in ("utf-8", "ascii") and not _is_ascii_based(named):
        return f"{text}\n\n{data.decode(named, 'replace')}"  # programs disagree on which it is
    return text


def text_decoder(head: bytes) -> Callable[[bytes, bool], str]:
    """A decoder for a long text in chunks, by the way it begins."""
    mark, name = next((pair for pair in _MARKS if head.startswith(pair[0])), (b"", ""))
    name = name or wide_encoding(head) or "utf-8"
    decoder = codecs.getincrementaldecoder(name)("replace")
    skip = len(mark)

    def decode(chunk: bytes, final: bool) -> str:
        nonlocal skip
        start, skip = skip, 0
        return decoder.decode(chunk[start:], final)

    return decode


def known_encoding(name: str | None) -> str | None:
    """Return Python's name of the encoding, if it is an encoding of text."""
    if not name:
        return None
    try:
        found = codecs.lookup(name.strip().strip("\"'"))
    except (LookupError, ValueError):
        return None
    return found.name if getattr(found, "_is_text_encoding", True) else None


def _is_ascii_based(name: str) -> bool:
    """Whether ASCII is written as ASCII in it, and as nothing else: not in UTF-7 or EBCDIC."""
    letters = "Abc019+/.:@-"
    try:
        return letters.encode(name) == letters.encode() and name not in ("hz", "iso2022_jp")
    except (UnicodeError, LookupError):
        return False


def _guessed(data: bytes) -> str:
    """Guess the encoding by the first bytes."""
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE]).best()
    name = known_encoding(best.encoding) if best else None
    return name if name and _is_ascii_based(name) else _ANY
