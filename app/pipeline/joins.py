"""Finds the joins of strings in program text: `'bad' + 'site.com'`, `"a"&"b"`, `b^ad` of cmd.

Where a part cannot be known, as in `x + 'site.com'`, the string is marked as a part of a name.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

UNKNOWN = "\U0010fffd"
"""The letter that stands for an unknown part of a name: no host name can hold it."""

JOIN, CARET = "joined strings", "carets"
_QUOTE = r"""\\?["'`]"""
_BREAK = r"(?:[ \t]{0,9}_?\r?\n[ \t]{0,40}|[ \t]{0,9})"
_BEGIN = r"(?=[=\s_\\\"'`])"  # of what follows an operator: the quickest test
_PLUS = re.compile(rf"\+{_BEGIN}=?{_BREAK}{_QUOTE}")
_AND = re.compile(rf"&{_BEGIN}=?{_BREAK}{_QUOTE}")
_PHP = re.compile(r"""\.=?[ \t]?["']""")
_SQL = re.compile(rf"\|\|[ \t]?{_QUOTE}")
_CLOSE = re.compile(rf"{_QUOTE}{_BREAK}$")
_CLOSE_WINDOW = 64
# `u = "http://bad"; u += "site.com"`, and `u = u & "site.com"` in the next line.
_STATEMENT = re.compile(
    rf"({_QUOTE})[ \t]{{0,9}};?[ \t]{{0,9}}(?:\r?\n[ \t]{{0,40}})?"
    r"(\$?\w{1,40})[ \t]?(?:=[ \t]?(\$?\w{1,40})[ \t]?)?$"
)
_STATEMENT_WINDOW = 160
_ASSIGNED = re.compile(r"(\$?\w{1,40})[ \t]?[+&.]?=[ \t]?\\?$")
_LITERAL_WINDOW = 1000
_OPERAND_WINDOW = 80
_IN_NAMES = string.ascii_letters + string.digits + "_$."
_KNOWN_START = re.compile(r"(?:[a-z*]{2,6}:|www\.)", re.IGNORECASE)
_SCHEME_NAME = re.compile("proto|scheme|https?$|slash", re.IGNORECASE)
_CARETS = re.compile(r"\^(?<=[\w:/.-]\^)(?=[\w:/.&-])")
_TOKEN = re.compile(r"[^\s\"'<>|]{1,100}$")
_COMMANDS = re.compile(
    r"\b(?:cmd|powershell|pwsh|curl|wget|certutil|bitsadmin|mshta|start|call|set|echo|ping"
    r"|nslookup|msiexec|rundll32|regsvr32|wscript|cscript|for)\b",
    re.IGNORECASE,
)
_LINE_WINDOW = 300

Join = tuple[int, int, str, str]
"""Begin, end, replacement, and the name of the rule."""


def find_joins(text: str, taken: frozenset[int]) -> Iterator[Join]:
    """Yield what is to be removed between two strings; `taken` are the ends of other joins."""
    has_quotes = '"' in text or "'" in text or "`" in text
    for operator, pattern in (("+", _PLUS), ("&", _AND), ("$", _PHP), ("|", _SQL)):
        if not has_quotes or operator not in text:
            continue
        for match in pattern.finditer(text):
            if match.end() not in taken and (join := _join(text, match, operator)):
                yield join
    if "^" in text:
        yield from _carets(text)


def _join(text: str, match: re.Match[str], operator: str) -> Join | None:
    start, end = match.span()
    is_assignment = match[0][1:2] == "="
    # The character before decides which of the patterns can match: they are slow.
    last = text[max(0, start - _CLOSE_WINDOW) : start].rstrip()[-1:]
    if not is_assignment and last and last in "\"'`_":
        if text[start - 1] == last and last != "_":
            return start - 1 - (text[start - 2 : start - 1] == "\\"), end, "", JOIN
        if close := _CLOSE.search(text, max(0, start - _CLOSE_WINDOW), start):
            return close.start(), end, "", JOIN
    is_word = last.isalnum() or last == "_"
    begin = _earlier_statement(text, start, is_assignment) if is_word else -1
    if begin >= 0:
        return begin, end, "", JOIN
    can_be_unknown = operator in "+&$" and (is_word or (last and last in "$.)]}"))
    if can_be_unknown and _is_after_unknown(text, start, end, is_assignment):
        return end, end, UNKNOWN, JOIN
    return None


def _earlier_statement(text: str, start: int, is_assignment: bool) -> int:
    """Return the end of the string to which the next statement appends one; -1 if there is none."""
    match = _STATEMENT.search(text, max(0, start - _STATEMENT_WINDOW), start)
    if match is None or (match[3] is None) != is_assignment or match[3] not in (None, match[2]):
        return -1
    quote = match[1][-1]
    opening = text.rfind(quote, max(0, match.start() - _LITERAL_WINDOW), match.start())
    assigned = _ASSIGNED.search(text, max(0, opening - 60), opening) if opening >= 0 else None
    return match.start() if assigned and assigned[1] == match[2] else -1


def _is_after_unknown(text: str, start: int, end: int, is_assignment: bool) -> bool:
    """Return whether a string that may begin with a part of a name follows an unknown operand."""
    if not text[end : end + 1].isalnum() or _KNOWN_START.match(text, end):
        return False
    before = text[max(0, start - _OPERAND_WINDOW) : start]
    operand = before.rstrip(" \t")
    name = operand[len(operand.rstrip(_IN_NAMES)) :].lstrip(string.digits + ".")
    if not name and operand[-1:] not in (")", "]", "}"):
        return False
    if (text[start] == "." and name[:1] not in ("", "$")) or _SCHEME_NAME.search(name):
        return False
    # "Google+ " is a word: an operator has a space on both sides, or on none.
    has_space = text[end - 2] in " \t\n"
    return is_assignment or (len(operand) < len(before)) == has_space


def _carets(text: str) -> Iterator[Join]:
    """Yield the carets that cmd drops; in other lines a name with one is no name."""
    line_end = -1
    is_command = False
    for match in _CARETS.finditer(text):
        at = match.start()
        if at > line_end:
            line = text.rfind("\n", max(0, at - _LINE_WINDOW), at) + 1
            found = text.find("\n", at)
            line_end = found if found >= 0 else len(text)
            window = text[line or max(0, at - _LINE_WINDOW) : min(line_end, at + _LINE_WINDOW)]
            is_command = _COMMANDS.search(window.replace("^", "")) is not None
        if is_command or "://" in text[at : at + 24]:
            yield at, at + 1, "", CARET
            continue
        token = _TOKEN.search(text, max(0, at - 100), at)
        before, colon, host = token[0].rpartition("://") if token else ("", "", "")
        if "/" not in host and text[at + 1] != "&":
            yield at, at + 1, "" if colon else UNKNOWN, CARET
