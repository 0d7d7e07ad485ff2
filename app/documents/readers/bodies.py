"""Reads plain text, as in the body of a mail: files and encrypted text inside are told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.flowed import joined_lines
from app.documents.readers.uuencode import uuencoded_files

_PGP = re.compile(r"(?m)^[> ]*-----BEGIN PGP MESSAGE-----[ \t]*\r?$")
_PGP_END = "-----END PGP MESSAGE-----"
_SAMPLE = 2_000
_ARMOR = re.compile(r"(?m)^[> ]*[A-Za-z0-9+/=]{40,}\r?$")
_ENCRYPTED = "A PGP message in it is encrypted."


def plain_items(text: str, part: str, is_flowed: bool = False) -> Iterator[Item]:
    """Yield the body of a mail as plain text, with the lines joined that were broken."""
    yield from text_items(joined_lines(text, is_flowed), part)


def text_items(text: str, part: str) -> Iterator[Item]:
    files: list[Member] = []
    if "begin " in text:
        text, files = uuencoded_files(text)
    yield Part(part, text)
    yield from files
    if _PGP_END in text and _has_message(text):
        yield Unread(_ENCRYPTED)


def _has_message(text: str) -> bool:
    """Return whether a PGP message is there, and not only a sentence about them."""
    begins = [match.end() for match in _PGP.finditer(text)]
    ends = [*begins[1:], len(text)]
    # Up to the next one at most: a text of nothing but first lines takes linear time.
    return any(
        _ARMOR.search(text, begin, min(end, begin + _SAMPLE))
        for begin, end in zip(begins, ends, strict=False)
    )
