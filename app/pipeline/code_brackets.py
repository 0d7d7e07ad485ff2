"""Finds the brackets of program text, once for all that begin their search at one."""

from __future__ import annotations

import re
from typing import NamedTuple

# A search for one character is the fastest; what stands beside it rules most brackets out.
_ROUND = re.compile(r"\((?:(?<=[A-Za-z]\()|(?=\s?[0-9&]))")
_SQUARE = re.compile(r"\[(?=[0-9csCS&:\s])")


class Brackets(NamedTuple):
    """The places of the opening brackets that may belong to program text, in their order."""

    round: list[int]
    """Those of a call, `name(`, and those before a number."""
    square: list[int]
    """Those before a number, a colon, or the first letter of `char` or `System.Char`."""


def find_code_brackets(text: str) -> Brackets:
    """Return the brackets at which `codes`, `string_calls` and `dns_labels` look closer."""
    return Brackets(
        [match.start() for match in _ROUND.finditer(text)] if "(" in text else [],
        [match.start() for match in _SQUARE.finditer(text)] if "[" in text else [],
    )
