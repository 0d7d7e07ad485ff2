"""Finds texts that a program writes as character codes or short Base64: `Chr(104) & Chr(116)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.pipeline.base64_text import decode
from app.pipeline.code_brackets import Brackets

CODES, BASE64 = "character codes", "Base64"
_NUMBER = r"(?:0x[0-9a-f]{1,4}|&H[0-9a-f]{1,4}|[0-9]{1,5})"
_LIST = rf"\s?({_NUMBER}(?:\s{{0,3}},\s{{0,3}}{_NUMBER}){{3,20000}})\s?"
_SQUARE = re.compile(
    rf"\[(?:(?:system\.)?char\]\s?\(?(?P<code>{_NUMBER})\)?|(?P<codes>{_LIST})\])", re.IGNORECASE
)
_ROUND = re.compile(
    rf"""\((?:
      (?<=chr\(|hrw\(|har\()\s?(?P<code>{_NUMBER})\s?\)
    | (?P<codes>{_LIST})\)
    | (?<=atob\(|code\(|ring\()\s?\\?["'](?P<base64>[A-Za-z0-9+/_=-]{{4,4000}})\\?["']\s?\)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_NAME = re.compile(r"[\w.$:@\[\]]{1,60}$")
_QUOTE = r"""\\?["'`]"""
_OPERATOR = r"[ \t]?(?:\r?\n[ \t]{0,40})?[+&.][ \t]?(?:_?\r?\n[ \t]{0,40})?"
_LEFT = re.compile(rf"{_QUOTE}{_OPERATOR}\(?$")
_RIGHT = re.compile(rf"{_OPERATOR}{_QUOTE}")
_BETWEEN = re.compile(rf"{_OPERATOR}\(?|\s?,\s?")
_WINDOW = 64


class Atom(NamedTuple):
    """A part of an expression that stands for a text."""

    start: int
    end: int
    text: str
    rule: str


def find_atoms(text: str, brackets: Brackets) -> list[Atom]:
    """Return the coded texts in their order; each takes in the join with what stands beside it."""
    atoms = sorted(_atoms(text, brackets))
    joined: list[Atom] = []
    for i, atom in enumerate(atoms):
        start, end = atom.start, atom.end
        if joined and start < joined[-1].end:
            continue
        if left := _LEFT.search(text, max(0, start - _WINDOW), start):
            start = left.start()
        following = atoms[i + 1].start if i + 1 < len(atoms) else -1
        if right := _RIGHT.match(text, end):
            end = right.end()
        elif 0 <= following - end < _WINDOW and _BETWEEN.fullmatch(text, end, following):
            end = following
        joined.append(Atom(max(start, joined[-1].end if joined else 0), end, atom.text, atom.rule))
    return joined


def _atoms(text: str, brackets: Brackets) -> Iterator[Atom]:
    has_calls = "(" in text
    for at in brackets.square:
        match = _SQUARE.match(text, at)
        if match and (match["code"] or has_calls):
            yield from _atom(text, match, _characters(match["code"] or match["codes"]), CODES)
    for at in brackets.round:
        match = _ROUND.match(text, at)
        if match and match["base64"]:
            yield from _atom(text, match, decode(match["base64"]) or "", BASE64)
        elif match:
            yield from _atom(text, match, _characters(match["code"] or match["codes"]), CODES)


def _atom(text: str, match: re.Match[str], plain: str, rule: str) -> Iterator[Atom]:
    if plain:
        yield Atom(_begin(text, match.start()), match.end(), plain, rule)


def _characters(codes: str) -> str:
    """Return the text of a list of codes; empty if one of them is no character of a text."""
    characters = [_character(code.strip()) for code in codes.split(",")]
    return "".join(characters) if all(characters) else ""


def _begin(text: str, bracket: int) -> int:
    """Return the begin of the name before a bracket: of `String.fromCharCode`, of `[char`."""
    match = _NAME.search(text, max(0, bracket - 60), bracket)
    return match.start() if match else bracket


def _character(number: str) -> str:
    """Return the character of a code, a space for a control character; empty if there is none."""
    value = int(
        number.lower().replace("&h", "0x"), 16 if number[:2].lower() in ("0x", "&h") else 10
    )
    if value > 0x7E or (value < 0x20 and value not in (0, 9, 10, 13)):
        return ""
    return chr(value) if value >= 0x20 else " "
