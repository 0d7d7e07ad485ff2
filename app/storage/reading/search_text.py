"""An IOC, or a part of one, as it is typed into a search field."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from app.storage.tables import iocs

# What `defang` writes, so that what was copied from a page is found.
DEFANGED = (("[.]", "."), ("[@]", "@"), ("[:]", ":"), ("hxxp", "http"))


def contains(text: str) -> ColumnElement[bool]:
    """Whether the value holds this, or what was pasted does; ASCII letters in either case."""
    plain = text.lower()
    for mark, character in DEFANGED:
        plain = plain.replace(mark, character)
    is_value = iocs.c.value.icontains(plain, autoescape=True)
    if text.isascii():  # as all values of names are, and reading less is faster
        return is_value
    return or_(is_value, iocs.c.raw_match.icontains(text, autoescape=True))
