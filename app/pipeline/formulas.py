"""Makes hostile text safe for spreadsheets."""

from __future__ import annotations

import unicodedata

from app.pipeline.visible import SHAPELESS

# A cell that begins with one of these is a formula for a spreadsheet, and a formula may run a
# program or send other cells away (OWASP, "CSV Injection"). Full-width forms count as well.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# Small, full-width and other compatibility forms are folded into these (NFKC).
_SIGNS = frozenset("=+-@\N{MINUS SIGN}")
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and a pattern without ink
_UNSEEN = SHAPELESS | {"Mn", "Me"}


def harmless(cell: str) -> str:
    """Return the text with an apostrophe in front if a spreadsheet would calculate it."""
    return f"'{cell}" if _is_formula(cell) else cell


def _is_formula(cell: str) -> bool:
    if cell.startswith(FORMULA_STARTS):
        return True
    # What cannot be seen before the sign is dropped by one spreadsheet or another.
    for char in cell:
        if not (char.isspace() or char in _BLANKS or unicodedata.category(char) in _UNSEEN):
            return unicodedata.normalize("NFKC", char)[:1] in _SIGNS
    return False
