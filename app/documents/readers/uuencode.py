"""Finds files in a text that are uuencoded (POSIX, `uuencode`)."""

from __future__ import annotations

import re
from binascii import Error, a2b_uu
from collections.abc import Iterator

from app.documents.models import Member

_BEGIN = re.compile(r"(?m)^begin [0-7]{3,4} ([^\r\n]{1,255}?)[ \t]*\r?\n")
_LINE = re.compile(r"([ -`]+)\r?(?:\n|\Z)")
_FEWEST = 3  # lines that prove a file whose end is missing


def uuencoded_files(text: str) -> tuple[str, list[Member]]:
    """Return the text with blank lines in the place of the files, and the files."""
    pieces: list[str] = []
    files: list[Member] = []
    place = 0
    while match := _BEGIN.search(text, place):
        content, end, is_whole = _content(text, match.end())
        if end == match.end():
            pieces.append(text[place:end])
        else:
            pieces.append(text[place : match.start()])
            pieces.append("\n" * text.count("\n", match.start(), end))
            reason = "" if is_whole else "Its end is missing."
            files.append(Member(match[1], content, "uuencoded", reason))
        place = end
    return "".join(pieces) + text[place:], files


def _content(text: str, start: int) -> tuple[bytes, int, bool]:
    """Return the file whose lines begin at `start`, the end of its text, and if it is whole.

    The end is the start if no such lines are there: "begin 644" may stand in a sentence.
    """
    pieces: list[bytes] = []
    place = start
    for line, end in _lines(text, start):
        data = _decoded(line)
        if data is None:
            break
        place = end
        if not data:
            footer = re.compile(r"end[ \t]*(?:\r?\n|\Z)").match(text, end)
            return b"".join(pieces), footer.end() if footer else end, footer is not None
        pieces.append(data)
    if len(pieces) < _FEWEST:
        return b"", start, False
    return b"".join(pieces), place, False


def _lines(text: str, place: int) -> Iterator[tuple[str, int]]:
    while match := _LINE.match(text, place):
        yield match[1], match.end()
        place = match.end()


def _decoded(line: str) -> bytes | None:
    """Return the bytes of a line; empty ones for the last line, None if it is no such line."""
    size = (ord(line[0]) - 32) & 63
    width = -(-size // 3) * 4 + 1
    # Blanks at the end of a line may be lost on the way; a checksum may follow.
    if len(line.rstrip(" ")) > width + 1:
        return None
    if len(line.rstrip(" ")) < width - 8 or (not size and line.strip(" `")):
        return None
    try:
        return a2b_uu(line[:width].ljust(width).encode("ascii"))
    except Error:
        return None
