"""Cuts a long text where no indicator can stand: small blocks stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

_SIZE = 100_000


def blocks(text: str, size: int = _SIZE) -> Iterator[str]:
    """The text in pieces of about the size: cut at a blank line, else at the end of a line."""
    start = 0
    while len(text) - start > 2 * size:
        cut = _cut(text, start + size, start + 2 * size)
        if not cut:
            break
        yield text[start:cut]
        start = cut
    yield text[start:]


def _cut(text: str, start: int, end: int) -> int:
    blank_line = text.find("\n\n", start, end)
    if blank_line >= 0:
        return blank_line + 2
    line_end = text.find("\n", start)
    # A line that ends in "=" may go on in the next: quoted-printable.
    while line_end >= 0 and text[line_end - 2 : line_end].rstrip("\r").endswith("="):
        line_end = text.find("\n", line_end + 1)
    return line_end + 1
