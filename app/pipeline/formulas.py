"""Hostile text made safe for spreadsheets."""

from __future__ import annotations

# What a spreadsheet takes for the beginning of a formula, full-width forms included.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def harmless(cell: str) -> str:
    """Return the text with an apostrophe in front if a spreadsheet would calculate it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell
