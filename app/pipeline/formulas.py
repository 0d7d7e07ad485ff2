"""Makes hostile text safe for spreadsheets."""

from __future__ import annotations

import unicodedata

from app.pipeline.visible import SHAPELESS

# A cell that begins with one of these is a formula for a spreadsheet, and a formula may run a
# program or send other cells away (OWASP, "CSV Injection"). Full-width forms count as well.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# Small and other compatibility forms of the signs are folded into these (NFKC).
_FOLDED = frozenset("=+-@")


def harmless(cell: str) -> str:
    """Return the text with an apostrophe in front if a spreadsheet would calculate it."""
    return f"'{cell}" if _is_formula(cell) else cell


def _is_formula(cell: str) -> bool:
    if cell.startswith(FORMULA_STARTS):
        return True
    if cell[:1].isalnum():
        return False
    # White space and characters without a shape before the sign are dropped by one
    # spreadsheet or another.
    for char in cell:
        if char.isspace() or unicodedata.category(char) in SHAPELESS:
            continue
        folded = unicodedata.normalize("NFKC", char)
        return folded[:1] in _FOLDED or char == "−"
    return False
