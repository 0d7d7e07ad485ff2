"""Finds the edits that make full-width characters narrow: `９．８．７．６` is an address.

Marks are narrowed only inside of a name or number. Elsewhere they are the punctuation of Chinese
and Japanese: `Ａ：Ｂ` are two words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.pipeline.brackets import DOT

_LETTERS = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_FULL_STOP, _AT, _SLASH, _COLON = "\uff0e", "\uff20", "\uff0f", "\uff1a"
_MARKS = f"{_FULL_STOP}{_AT}{_SLASH}{_COLON}\uff0d\uff3f"
_URL_MARKS = f"{_MARKS}\uff1f\uff1d\uff06\uff05\uff03\uff5e\uff0b"
_ANY = re.compile(f"[{_LETTERS}{_FULL_STOP}{_AT}{_SLASH}]|{_COLON}/")
_PART = re.compile(
    rf"""(?P<url>[hf\uff48\uff46\uff28\uff26][tx\uff54\uff58\uff34\uff38]{{1,2}}[p\uff50\uff30][s\uff53\uff33]?
      (?:{_COLON}[/{_SLASH}]{{2}}|:{_SLASH}{{2}}|(?<=[{_LETTERS}])://)
      [A-Za-z0-9._~/?\#@!$&%*+=:-{_LETTERS}{_URL_MARKS}]{{1,2000}})
    | (?P<letters>[{_LETTERS}]+)
    | (?P<mark>[{_MARKS}])""",
    re.VERBOSE | re.IGNORECASE,
)
_WIDE = re.compile(f"[{_LETTERS}{_URL_MARKS}]+")
# A defanged mark between brackets, some of them as Chinese and Japanese write them: evil【.】com.
_BRACKETED = re.compile(
    r"[\uff08\uff3b\uff5b\u3010\u3014\u3016\u300c\u300a\[({](?<=\w.) ?"
    r"(?:([@\uff20])|[.\uff0e\u3002\uff61点點]) ?"
    r"[\uff09\uff3d\uff5d\u3011\u3015\u3017\u300d\u300b\])}](?=\w)"
)
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def find_fullwidth(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield begin, end, and narrow form of full-width letters, and of the marks in names."""
    if not _ANY.search(text):
        return
    for match in _PART.finditer(text):
        start = match.start()
        if match.lastgroup == "url":
            for wide in _WIDE.finditer(text, start, match.end()):
                yield *wide.span(), wide[0].translate(_NARROW)
        elif match.lastgroup == "letters" or _is_inside_name(text, start):
            yield *match.span(), match[0].translate(_NARROW)


def find_wide_brackets(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield begin, end, and what is meant by a dot or at-sign in brackets beyond ASCII."""
    for match in _BRACKETED.finditer(text):
        if not match[0].isascii():
            yield *match.span(), "@" if match[1] else DOT


def _is_inside_name(text: str, at: int) -> bool:
    """Return whether a mark joins what stands beside it to one name, number or address."""
    mark, left, right = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if not (_is_letter(left) and _is_letter(right)):
        return False
    if mark == _COLON:  # a port
        return left.isdigit() and right.isdigit()
    if mark == _SLASH:
        return not left.isascii() and not right.isascii()
    # One that stands between two letters in ASCII is a defanged dot, which `refang` finds.
    return mark != _FULL_STOP or not (left.isascii() and right.isascii())


def _is_letter(character: str) -> bool:
    return character.isalnum() and (character.isascii() or "\uff10" <= character <= "\uff5a")
