"""Undoes how programs hide a text: strings in parts, character codes, Base64, DNS labels.

Readers of documents call `undo` on the source of a script or macro.
"""

from __future__ import annotations

from app.pipeline.code_brackets import find_code_brackets
from app.pipeline.codes import BASE64, CODES, find_atoms
from app.pipeline.dns_labels import find_dns_labels
from app.pipeline.escapes import find_escapes
from app.pipeline.joins import UNKNOWN, find_joins
from app.pipeline.string_calls import CALLS, find_string_calls

OPAQUE = frozenset((CODES, BASE64, CALLS))
"""The rules of which a finding has no place of its own: only the whole code has one."""
Undoing = tuple[int, int, str, str]
"""Begin, end, replacement, and the name of a rule in `rules`."""


def find_undoings(text: str) -> list[Undoing]:
    """Return what is to be replaced, in the order of the text; one may begin inside another."""
    brackets = find_code_brackets(text)
    undoings: list[Undoing] = [*find_atoms(text, brackets)]
    calls = find_string_calls(text, brackets)
    undoings += [(start, end, plain, CALLS) for start, end, plain in calls]
    taken = frozenset(undoing[1] for undoing in undoings)
    undoings += find_joins(text, taken)
    undoings += find_dns_labels(text, brackets)
    undoings.sort()
    return undoings


def undo(text: str) -> str:
    """Return a script with its strings joined, and its codes, escapes and Base64 as plain text."""
    edits = [*find_undoings(text), *(find_escapes(text) if "\\" in text else ())]
    pieces: list[str] = []
    last = 0
    for start, end, plain, *_ in sorted(edits):
        if start >= last:
            pieces += text[last:start], plain
            last = end
    return "".join([*pieces, text[last:]]).replace(UNKNOWN, "")
