"""Puts a hash together that stands on several lines below its label, as in a table of a PDF."""

from __future__ import annotations

import re
from typing import Final

from app.pipeline.models import IOCType

_WINDOW = 30
_LABEL_ENDS = frozenset(":\r126mMhH")
_LABEL = re.compile(r"(?<![0-9A-Za-z])sha[-_ ]?(1|256|512)(?:[-_ ]?(?:sum|hash))?\W{1,12}$", re.I)
_KINDS: Final = {
    "1": (IOCType.SHA1, 40),
    "256": (IOCType.SHA256, 64),
    "512": (IOCType.SHA512, 128),
}
_PART = re.compile(
    r"(?:[ \t|]{0,40}[\\-]?\r?\n[ \t|>]{0,40}| |<br ?/?>)([0-9A-Fa-f]{1,124})(?![0-9A-Za-z])"
)


def may_have_label(text: str, start: int) -> bool:
    """Return whether a label can stand before a hash; before most items of a list none does."""
    return text[start - 1] != "\n" or text[start - 2] in _LABEL_ENDS


def wrapped_hash(text: str, start: int, end: int) -> tuple[IOCType, str, int] | None:
    """Return the type, the digits and the end of the hash whose first part is `start` to `end`.

    None unless the label before it names the hash, and the parts have its length exactly.
    """
    if _PART.match(text, end) is None:
        return None
    label = _LABEL.search(text, max(0, start - _WINDOW), start)
    if label is None:
        return None
    kind, length = _KINDS[label[1]]
    digits, first = text[start:end], end - start
    while len(digits) < length and (part := _PART.match(text, end)):
        digits, end = digits + part[1], part.end()
    is_whole = len(digits) == length and len(digits) > first
    return (kind, digits.lower(), end) if is_whole else None
