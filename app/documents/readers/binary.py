"""The reader of unknown formats, which finds runs of letters; and of formats not supported."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.foreign import foreign_name
from app.documents.limits import Budget, format_size
from app.documents.models import Item, Part, Unread
from app.errors import DocumentError

# Shorter runs of printable characters occur in packed data by chance.
_SHORTEST = 12
_LONGEST = 16 << 20


def read_strings(data: bytes, budget: Budget) -> Iterator[Item]:
    yield from strings(data, "strings")


def strings(data: bytes, part: str, shortest: int = _SHORTEST) -> Iterator[Item]:
    """Yield the runs of printable characters, in ASCII and in UTF-16."""
    if len(data) > _LONGEST:
        yield Unread(
            f"Of {format_size(len(data))} only the first {format_size(_LONGEST)} were searched."
        )
        data = data[:_LONGEST]
    for match in re.finditer(rb"[\x20-\x7e\t]{%d,}" % shortest, data):
        yield Part(part, match[0].decode("ascii"))
    for match in re.finditer(rb"(?:[\x20-\x7e\t]\x00){%d,}" % shortest, data):
        yield Part(part, match[0].decode("utf-16-le"))


def read_foreign(data: bytes, budget: Budget) -> Iterator[Item]:
    """Raise DocumentError: the format is known, and there is no reader for it."""
    raise DocumentError(f"Telltale cannot open {foreign_name(data)}.")
    yield from ()  # makes this function a generator, like the other readers
