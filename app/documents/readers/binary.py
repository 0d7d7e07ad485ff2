"""Reads files of unknown format: the words in them. Unsupported containers are reported."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.kinds import foreign_name
from app.documents.limits import Budget, size_told
from app.documents.models import Item, Part, Unread
from app.errors import DocumentError

# Shorter runs of printable characters stand in any packed data by chance.
_SHORTEST = 12
_LONGEST = 16 << 20


def read_strings(data: bytes, budget: Budget) -> Iterator[Item]:
    yield from strings(data, "strings")


def strings(data: bytes, part: str, shortest: int = _SHORTEST) -> Iterator[Item]:
    """Runs of printable characters, one or two bytes wide."""
    if len(data) > _LONGEST:
        yield Unread(
            f"Of {size_told(len(data))} only the first {size_told(_LONGEST)} were searched."
        )
        data = data[:_LONGEST]
    for match in re.finditer(rb"[\x20-\x7e\t]{%d,}" % shortest, data):
        yield Part(part, match[0].decode("ascii"))
    for match in re.finditer(rb"(?:[\x20-\x7e\t]\x00){%d,}" % shortest, data):
        yield Part(part, match[0].decode("utf-16-le"))


def read_foreign(data: bytes, budget: Budget) -> Iterator[Item]:
    raise DocumentError(f"Telltale cannot open {foreign_name(data)}.")
    yield from ()
