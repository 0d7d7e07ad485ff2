"""The condition for a search field: an IOC or a part of it, plain or defanged."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from app.storage.tables import iocs

# The marks that `defang` writes: an analyst pastes what was copied from a page or a ticket.
DEFANGED = (("[.]", "."), ("[@]", "@"), ("[:]", ":"), ("hxxp", "http"))


def contains(text: str) -> ColumnElement[bool]:
    """Match IOCs whose value or pasted form contains the text; ASCII letters in either case."""
    plain = text.lower()
    for mark, character in DEFANGED:
        plain = plain.replace(mark, character)
    is_value = iocs.c.value.icontains(plain, autoescape=True)
    # Values of names are ASCII (xn--); only the pasted form has letters of other scripts. A text
    # in ASCII therefore needs the index over the values alone, and not the rows of the table.
    if text.isascii():
        return is_value
    return or_(is_value, iocs.c.raw_match.icontains(text, autoescape=True))
