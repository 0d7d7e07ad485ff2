"""Makes hostile text safe for spreadsheets."""

from __future__ import annotations

# A cell that begins with one of these is a formula for a spreadsheet, and a formula may run a
# program or send other cells away (OWASP, "CSV Injection"). Full-width forms count as well.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def harmless(cell: str) -> str:
    """Return the text with an apostrophe in front if a spreadsheet would calculate it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell
