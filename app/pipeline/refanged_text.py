"""The text that the finders read: refanged, and traceable to what was pasted."""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect
from collections.abc import Iterable, Mapping
from functools import lru_cache

from app.pipeline.joins import UNKNOWN
from app.pipeline.refang import DOT, find_edits
from app.pipeline.undoing import find_undoings

Span = tuple[int, int, *tuple[object, ...]]
"""A tuple that begins with the begin and end of a span; the rest depends on the caller."""

_WIDE = re.compile("[^\x00-\x7f]+")
_LETTER = "\xe0"  # stands for any letter, digit or combining mark beyond ASCII
_SPACELESS_LETTER = "\xe1"  # stands for one of a script that puts no spaces between words
SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff\uff66-\uffdc"
    "\U00020000-\U0003ffff"
)
"""The scripts that put no spaces between words, or none before particles, for a set of a pattern.

They are Thai, Lao, Burmese, Khmer, Chinese, Japanese and Korean.
"""
_SPACELESS = re.compile(f"[{SPACELESS}]")
_SPACELESS_BYTE = ord(_SPACELESS_LETTER)
SPACELESS_RUN = re.compile(_SPACELESS_LETTER.encode("latin-1") + b"*+")
"""A run of letters of these scripts, for `RefangedText.run_end`."""
# Superscript digits and letters behind a word point to a footnote. Inside of a word they stay.
_FOOTNOTE = re.compile(
    "[\xaa\xb2\xb3\xb9\xba\u2070-\u207f\u1d2c-\u1d6a\u2460-\u2473\u2776-\u2793]++"
    "(?!\\.?[A-Za-z0-9_/-])"
)
_CLAIMED = ord("\n")
STEERING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the direction of text; paths hold them to deceive the reader."""
_STEERING = "\xb7"
_GAP = "\xa0"  # stands for any other character beyond ASCII


def byte_table(classes: Mapping[str, str], *, spaceless: bool = True) -> bytes:
    """Return a table for `translate`: a class letter for its characters, a space for all others.

    Letters beyond ASCII get the class of `z`, but those of scripts without spaces get a space if
    `spaceless` is false. Characters that turn the direction of text get the class of the slash,
    because a path can hold them.
    """
    table = bytearray(b" " * 256)
    for mark, characters in classes.items():
        table[characters.encode()[0]] = ord(mark)
        for byte in characters.encode():
            table[byte] = ord(mark)
    table[ord(_LETTER)] = table[ord("z")]
    if spaceless:
        table[ord(_SPACELESS_LETTER)] = table[ord("z")]
    table[ord(_STEERING)] = table[ord("/")]
    return bytes(table)


def byte_run(characters: str, *, spaceless: bool = True) -> re.Pattern[bytes]:
    """Return a pattern for a run of these characters, or of none, for `RefangedText.run_end`.

    Characters beyond ASCII belong to `z` and to the slash, as in `byte_table`.
    """
    more = {"z": _LETTER + _SPACELESS_LETTER * spaceless, "/": _STEERING}
    every = characters + "".join([more[c] for c in more if c in characters])
    return re.compile(b"[%s]*+" % re.escape(every.encode("latin-1")))


class RefangedText:
    """A refanged text, with a class byte for each character, and offsets of what was pasted.

    The text begins and ends with a line break, so that every span has neighbours.
    """

    # One byte for each character: `translate`, `find` and `rfind` run over bytes in C, and an
    # offset in the bytes is an offset in the text.

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self._edit_ends: list[int] = []  # in the text
        self.undone: list[tuple[int, int, str]] = []
        """Begin, end and rule of what `undoing` replaced, in the order of the text."""
        self.long_runs: list[tuple[int, int]] = []
        """Begin and end of the long words that are no IOC: they may hold encoded text."""
        self._shifts = [-1]  # from the text to what was pasted, before and after each edit
        self.text = f"\n{self._refang()}\n"
        self._bytes = bytearray(_one_byte_each(self.text))

    def _refang(self) -> str:
        raw = self.raw.replace(DOT, " ")  # a DOT in the text must come from an edit
        pieces: list[str] = []
        last, shift = 0, -1
        edits = find_edits(raw)
        rules = {}
        if undoings := find_undoings(raw):
            rules = {undoing[:3]: undoing[3] for undoing in undoings}
            edits = sorted([*edits, *rules])
        for edit in edits:
            start, end, text = edit
            if start < last:
                continue
            pieces.append(raw[last:start])
            pieces.append(text)
            if edit in rules:
                self.undone.append((start - shift, start - shift + len(text), rules[edit]))
            shift += end - start - len(text)
            self._edit_ends.append(end - shift)
            self._shifts.append(shift)
            last = end
        pieces.append(raw[last:])
        return "".join(pieces)

    def classes(self, table: bytes) -> bytearray:
        """Return the class of each character; claimed text counts as a gap."""
        return self._bytes.translate(table)

    def without(self, dropped: bytes) -> bytearray:
        """Return the text without these bytes: a mark of rare letters is found quickly there."""
        return self._bytes.translate(None, dropped)

    def run_end(self, run: re.Pattern[bytes], start: int, limit: int = sys.maxsize) -> int:
        """Return the end of the run that begins at a position; claimed text ends it too."""
        match = run.match(self._bytes, start, limit)
        return match.end() if match else start

    def run_before(self, table: bytes, end: int, limit: int) -> int:
        """Return the length of the run that ends at a position; at most `limit`."""
        window = self._bytes[max(0, end - limit) : end].translate(table)
        return len(window) - 1 - window.rfind(b" ")

    def claim(self, start: int, end: int) -> None:
        """Hide a span from the finders that come later."""
        self._bytes[start:end] = b"\n" * (end - start)

    def is_spaceless(self, position: int) -> bool:
        """Return whether a letter of a script without spaces stands at a position."""
        return self._bytes[position] == _SPACELESS_BYTE

    def is_claimed(self, position: int) -> bool:
        return self._bytes[position] == _CLAIMED

    def places(self, spans: Iterable[Span]) -> tuple[list[int], list[int]]:
        """Return the begins and the ends of spans in the pasted text.

        The spans must come in the order of the text: most lie between the same two edits as
        the one before, and need no search.
        """
        shifts = self._shifts
        edits = [*self._edit_ends, len(self.text) + 1]
        starts: list[int] = []
        ends: list[int] = []
        next_edit, shift = -1, 0
        for span in spans:
            start, end = span[0], span[1]
            end_shift = shift
            if end >= next_edit:
                edit = bisect(edits, start)
                shift, next_edit = shifts[edit], edits[edit]
                end_shift = shift if end < next_edit else shifts[bisect(edits, end, edit)]
            starts.append(start + shift)
            ends.append(end + end_shift)
        return starts, ends

    def pasted(self, spans: Iterable[Span]) -> list[str]:
        """Return the pasted text of each span; the spans must come in the order of the text."""
        raw = self.raw
        if not self._edit_ends:
            return [raw[span[0] - 1 : span[1] - 1] for span in spans]
        return [raw[start:end] for start, end in zip(*self.places(spans), strict=True)]


def _one_byte_each(text: str) -> bytes:
    if text.isascii():
        return text.encode("ascii")
    text = _FOOTNOTE.sub(lambda footnote: _GAP * len(footnote[0]), text)
    return _WIDE.sub(_narrow, text).encode("latin-1")


def _narrow(match: re.Match[str]) -> str:
    return "".join([_class(character) for character in match[0]])


@lru_cache(maxsize=4096)
def _class(character: str) -> str:
    if _is_letter(character) or character == UNKNOWN:
        return _SPACELESS_LETTER if _SPACELESS.match(character) else _LETTER
    return _STEERING if character in STEERING else _GAP


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"
