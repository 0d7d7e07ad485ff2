"""Reads the text that a Word field writes as the numbers of its characters."""

from __future__ import annotations

import re

# Word shows the text of `QUOTE 104 116 116 112`; malware hides addresses and commands so.
_QUOTE = re.compile(r"\bQUOTE((?:\s{1,9}\"?(?:\d{2,5}|0x[0-9A-Fa-f]{2,4})\"?){4,5000})")
_NUMBER = re.compile(r"0x[0-9A-Fa-f]+|\d+")


def quoted(field: str) -> str:
    """Return the text that the QUOTE fields of a field write; "" if there are none."""
    found = (_QUOTE.finditer(field)) if "QUOTE" in field else ()
    return "\n".join("".join(map(_letter, _NUMBER.findall(match[1]))) for match in found)


def _letter(number: str) -> str:
    code = int(number, 16 if number.startswith("0x") else 10)
    return chr(code) if 31 < code < 0xD800 else " "
