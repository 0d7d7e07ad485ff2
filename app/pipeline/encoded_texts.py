"""Finds long words that hold encoded text, and names the rules by which other text was undone."""

from __future__ import annotations

import re
import string
from bisect import bisect_left
from collections.abc import Iterator

from app.pipeline.base64_text import decode, decode_hex
from app.pipeline.hits import Hits
from app.pipeline.refanged_text import RefangedText
from app.pipeline.undoing import OPAQUE

_ALPHABET = string.ascii_letters + string.digits + "+/-_"
_TABLE = bytes([ord("a") if chr(byte) in _ALPHABET else ord(" ") for byte in range(256)])
_RUN = re.compile(rb"[A-Za-z0-9+/_-]*+")
_LONGEST_LEFT = 400
# A line of an encoder has 60 characters and more; its text goes on in the next line.
_FULL_LINE = 60
_NEXT_LINE = re.compile(r"\r?\n[ \t>]{0,8}(?=[A-Za-z0-9+/_-]{2,}+=?=?(?:[\s\"'<]|$))")
_PADDING = 2
_HEX = frozenset(string.hexdigits)


def encoded_texts(refanged: RefangedText) -> Iterator[tuple[int, int, str]]:
    """Yield begin, end and text of what is Base64 or hexadecimal digits of a text."""
    reached = 0
    for run_start, _ in refanged.long_runs:
        if run_start < reached:
            continue
        start = run_start - refanged.run_before(_TABLE, run_start, _LONGEST_LEFT)
        start = max(start, reached)
        end = refanged.run_end(_RUN, run_start)
        token, stop = _token(refanged, start, end)
        reached = stop
        decoded = _decode(token)
        if decoded is None and start < run_start:  # a path before it
            token, stop = _token(refanged, run_start, end)
            start, decoded = run_start, _decode(token)
        if decoded:
            yield start, stop, decoded


def _token(refanged: RefangedText, start: int, end: int) -> tuple[str, int]:
    """Return the encoded text that begins at a place, over all its lines, and its end."""
    text = refanged.text
    pieces = [text[start:end]]
    while end - start >= _FULL_LINE and (line := _NEXT_LINE.match(text, end)):
        start = line.end()
        end = refanged.run_end(_RUN, start)
        if end == start:
            break
        pieces.append(text[start:end])
    padding = len(text[end : end + _PADDING]) - len(text[end : end + _PADDING].lstrip("="))
    return "".join(pieces), end + padding


def _decode(token: str) -> str | None:
    if _HEX.issuperset(token):
        return decode_hex(token)
    return decode(token)


def name_rules(undone: list[tuple[int, int, str]], hits: Hits) -> None:
    """Name the rule of each hit that was read in text that `undoing` replaced."""
    ends = [end for _, end, _ in undone]
    for i, (start, stop, kind, value, rule) in enumerate(hits.hits):
        at = bisect_left(ends, start)
        # An edit that ends where the hit begins concerns it only if it put something there.
        while at < len(undone) and ends[at] <= start:
            at += 1
        if at == len(undone) or undone[at][0] >= stop:
            continue
        begin, end, rule = undone[at]
        if rule in OPAQUE:
            start, stop = min(start, begin), max(stop, end)
        hits.hits[i] = start, stop, kind, value, rule
