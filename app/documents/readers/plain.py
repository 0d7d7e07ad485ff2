"""The reader of plain text in any encoding; JSON is text to the extractor as well."""

from __future__ import annotations

from collections.abc import Iterator

from app.documents.limits import Budget
from app.documents.models import Item
from app.documents.readers.bodies import text_items
from app.documents.readers.encodings import decode_text


def read_text(data: bytes, budget: Budget) -> Iterator[Item]:
    yield from text_items(decode_text(data), "")


def read_nothing(data: bytes, budget: Budget) -> Iterator[Item]:
    """Yield nothing: the kind has no text."""
    yield from ()
