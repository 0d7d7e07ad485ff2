"""Finds the paragraphs of a text that are quoted-printable, as in the source of a mail."""

from __future__ import annotations

import re

_PARAGRAPH_GAP = re.compile(r"\n[ \t]*\r?\n")
_FULL_SOFT_LINE = re.compile(r"^[^\n]{72,75}=\r?$", re.MULTILINE)


class QuotedPrintable:
    """Finds which paragraphs are quoted-printable.

    Each paragraph must show it by itself: a pasted alert may hold one part of a mail between
    plain text, in which "=3D" is a parameter. The line break at its end counts for nothing.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self._covers = False

    def covers(self, position: int) -> bool:
        """Return whether a position is inside a quoted-printable paragraph.

        Must be called in the order of the text, so that each paragraph is read once.
        """
        while position >= self._end:
            start = self._end
            gap = _PARAGRAPH_GAP.search(self._text, start)
            self._end = gap.end() if gap else len(self._text) + 1
            self._covers = self._end > position and _is_quoted_printable(
                self._text[start : gap.start() if gap else None].rstrip()
            )
        return self._covers


def _is_quoted_printable(paragraph: str) -> bool:
    # One "=3D" or one line that ends in "=" proves nothing: it may be a parameter, or base64.
    equals_signs = paragraph.count("=3D")
    soft_breaks = paragraph.count("=\n") + paragraph.count("=\r\n")
    if '=3D"' in paragraph or (equals_signs and equals_signs + soft_breaks >= 2):
        return True
    # An encoder fills its lines up to 76 characters, the "=" included (RFC 2045, 6.7, rule 5).
    return soft_breaks > 0 and _FULL_SOFT_LINE.search(paragraph) is not None
