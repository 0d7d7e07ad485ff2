"""Decodes bytes of text in any encoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from app.documents.wide_text import wide_encoding

_SAMPLE = 1 << 16
# Byte order marks, the longer ones first: that of UTF-32-LE begins like that of UTF-16-LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ANY = "cp1252"
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
# Letters of Western languages stand alone or in pairs; those of other scripts make up words.
_WESTERN = re.compile(rb"[\xa0-\xff]|[\xc0-\xff]{2}")
_FEW = 20
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_SOUND = re.compile(f"[^\x00-\x7f{_REPLACED}]")


def decode_text(data: bytes, declared: str | None = None) -> str:
    """Decode by the byte order mark, else as UTF-8, else as declared, else by a guess.

    Never fails: bytes that are no text in the encoding are replaced. IOCs are ASCII for the most
    part, and survive that.
    """
    mark, name = _mark(data)
    if name:
        return data[len(mark) :].decode(name, "replace")
    if wide := wide_encoding(data):
        return data.decode(wide, "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return sound_text(data.decode(known_encoding(declared) or _guessed(data), "replace"))
    named = known_encoding(declared)
    if named and named not in ("utf-8", "ascii") and not _is_ascii_based(named):
        # Valid UTF-8, and declared as something in which ASCII means something else (UTF-7,
        # EBCDIC): programs differ in which they believe, so both are read.
        return f"{text}\n\n{sound_text(data.decode(named, 'replace'))}"
    return text


def undamaged(text: str, declared: str | None = None) -> str:
    """Return text decoded in which a library kept the bytes beyond ASCII as surrogates."""
    if text.isascii():
        return text
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return sound_text(text)
    return decode_text(data, declared)


def sound_text(text: str) -> str:
    """Return text in which halves of characters, which UTF-8 cannot carry, are replaced.

    UTF-7 and names in tar archives can spell such halves; the two halves of one character join.
    """
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def text_encoding(head: bytes) -> tuple[bytes, str]:
    """Return the byte order mark and the encoding of a long text that begins with these bytes."""
    mark, name = _mark(head)
    if name := name or wide_encoding(head) or "":
        return mark, name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return b"", "utf-8" if b"\x00" in head else _guessed(head)
    return b"", "utf-8"


def text_decoder(head: bytes) -> Callable[[bytes, bool], str]:
    """Return a decoder for a long text in chunks; the encoding follows from its beginning."""
    mark, name = text_encoding(head)
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
    # "base64" and "zip" are codecs as well, and encode bytes.
    return found.name if getattr(found, "_is_text_encoding", True) else None


def _is_ascii_based(name: str) -> bool:
    """Return whether ASCII letters mean themselves in an encoding: not in UTF-7 or EBCDIC."""
    letters = "Abc019+/.:@-"
    try:
        return letters.encode(name) == letters.encode() and name not in ("hz", "iso2022_jp")
    except (UnicodeError, LookupError):
        return False


def _mark(data: bytes) -> tuple[bytes, str]:
    return next((pair for pair in _MARKS if data.startswith(pair[0])), (b"", ""))


def _guessed(data: bytes) -> str:
    """Return the encoding that the first bytes suggest; one that is based on ASCII."""
    from charset_normalizer import from_bytes

    text = data[:_SAMPLE].decode("utf-8", "replace")
    broken = text.count(_REPLACED)
    # What is no UTF-8 hardly ever spells its characters: two thirds of them are no accident.
    if len(_SOUND.findall(text)) > 2 * broken:
        return "utf-8"
    letters = _BEYOND_ASCII.findall(data[:_SAMPLE])
    if len(letters) < _FEW and all(_WESTERN.fullmatch(one) for one in letters):
        return _ANY  # a line with a few letters is too little to guess by
    best = from_bytes(data[:_SAMPLE]).best()
    name = known_encoding(best.encoding) if best else None
    return name if name and _is_ascii_based(name) else _ANY
