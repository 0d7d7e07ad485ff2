"""Finds names that are written as on the wire, each label after its length (RFC 1035, 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.pipeline.brackets import DOT
from app.pipeline.code_brackets import Brackets
from app.pipeline.tlds import SPECIAL_TLDS, TLDS

LABELS = "DNS labels"
# Windows' DNS server writes "(3)www(7)example(3)com(0)" into its log, Snort and Suricata write
# "|03|www|07|example|03|com|00|", and program text has "\x03www\x07example\x03com\x00".
# The first label stands apart in each pattern: a search for one character is fast.
_ROUND = re.compile(r"\([0-9]{1,2}\)[\w-]{1,63}(?:\([0-9]{1,2}\)[\w-]{1,63}){1,40}\(0\)")
_PIPES = re.compile(
    r"\|[0-3][0-9a-f]\|[\w-]{1,63}(?:\|[0-3][0-9a-f]\|[\w-]{1,63}){1,40}(?:\|00\|)?", re.IGNORECASE
)
_ESCAPES = re.compile(
    r"\\x[0-3][0-9a-f][\w-]{1,63}(?:\\x[0-3][0-9a-f][\w-]{1,63}){1,40}\\x00", re.IGNORECASE
)
_ROUND_LENGTH = re.compile(r"\(([0-9]{1,2})\)")
_PIPE_LENGTH = re.compile(r"\|([0-3][0-9a-f])\|", re.IGNORECASE)
_ESCAPE_LENGTH = re.compile(r"\\x([0-3][0-9a-f])", re.IGNORECASE)

LabelEdit = tuple[int, int, str, str]
"""Begin, end, replacement and rule for the length of one label."""


def find_dns_labels(text: str, brackets: Brackets) -> Iterator[LabelEdit]:
    """Yield the edits for the lengths of the labels of each name."""
    end = 0
    for at in brackets.round:
        match = _ROUND.match(text, at) if at >= end else None
        if match:
            end = match.end()
            yield from _lengths(text, match, _ROUND_LENGTH, 10)
    for match in _PIPES.finditer(text) if "|" in text else ():
        yield from _lengths(text, match, _PIPE_LENGTH, 16)
    for match in _ESCAPES.finditer(text) if "\\" in text else ():
        yield from _lengths(text, match, _ESCAPE_LENGTH, 16)


def _lengths(
    text: str, name: re.Match[str], length: re.Pattern[str], base: int
) -> Iterator[LabelEdit]:
    start, end = name.span()
    marks = list(length.finditer(text, start, end))
    ends = [*(mark.start() for mark in marks[1:]), end]
    labels = [text[mark.end() : stop] for mark, stop in zip(marks, ends, strict=True)]
    if labels and not labels[-1]:  # the root
        labels.pop()
    if not labels or labels[-1].lower() not in TLDS | SPECIAL_TLDS:
        return
    if any(int(mark[1], base) != len(label) for mark, label in zip(marks, labels, strict=False)):
        return
    for i, mark in enumerate(marks):
        is_edge = i in (0, len(labels))
        yield *mark.span(), " " if is_edge else DOT, LABELS
