"""A text as the finders see it: refanged, classified byte by byte, and still traceable."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping

from app.pipeline.refang import find_edits

_WIDE = re.compile("[^\x00-\x7f]+")
_LETTER = "\xe0"  # stands for any letter, digit or combining mark beyond ASCII
_GAP = "\xa0"  # stands for any other character beyond ASCII


def byte_table(classes: Mapping[str, str]) -> bytes:
    """A table for `translate`: each class letter for its characters, a space for all others.

    The class of `z` is also that of every letter beyond ASCII.
    """
    table = bytearray(b" " * 256)
    for mark, characters in classes.items():
        table[characters.encode()[0]] = ord(mark)
        for byte in characters.encode():
            table[byte] = ord(mark)
    table[ord(_LETTER)] = table[ord("z")]
    return bytes(table)


class Page:
    """A refanged text with one byte for each character, and the way back to what was pasted.

    The text begins and ends with a line break, so that every span has neighbours.
    """

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self._starts: list[int] = []
        self._spans: list[tuple[int, int]] = []
        self.text = f"\n{self._refang()}\n"
        self._bytes = bytearray(_one_byte_each(self.text))

    def _refang(self) -> str:
        """The edited text; notes where each literal stretch and each edit begins in it."""
        pieces: list[str] = []
        length, last = 1, 0
        for start, end, text in find_edits(self.raw):
            pieces += (self.raw[last:start], text)
            self._starts += (length, length + start - last)
            self._spans += ((last, start), (start, end))
            length += start - last + len(text)
            last = end
        self._starts.append(length)
        self._spans.append((last, len(self.raw)))
        pieces.append(self.raw[last:])
        return "".join(pieces)

    def classes(self, table: bytes) -> bytes:
        """The class of each character; what a finder has claimed counts as a gap."""
        return bytes(self._bytes.translate(table))

    def claim(self, start: int, end: int) -> None:
        """Hide a span from the finders that come later."""
        self._bytes[start:end] = b"\n" * (end - start)

    def pasted(self, start: int, end: int) -> str:
        """What was pasted where the span stands in the text."""
        segment = bisect_right(self._starts, start) - 1
        if self._starts[segment] == start or bisect_right(self._starts, end) - 1 != segment:
            first, last = self.raw_span(start, end)
            return self.raw[first:last]
        return self.text[start:end]

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the text stands in what was pasted."""
        return self._raw_place(start)[0], self._raw_place(end - 1)[1]

    def _raw_place(self, position: int) -> tuple[int, int]:
        segment = bisect_right(self._starts, position) - 1
        start, end = self._spans[segment]
        if segment % 2:  # an edit stands for all that it replaced
            return start, end
        start += position - self._starts[segment]
        return start, start + 1


def _one_byte_each(text: str) -> bytes:
    if text.isascii():
        return text.encode("ascii")
    return _WIDE.sub(_narrow, text).encode("latin-1")


def _narrow(match: re.Match[str]) -> str:
    return "".join([_LETTER if _is_letter(c) else _GAP for c in match[0]])


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"
