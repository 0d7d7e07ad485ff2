"""Where an IOC ends in a text without spaces: Chinese, Japanese, Korean, Thai.

A letter of these scripts ends a mail address, a hash or a host in ASCII. Paths are harder: they may
hold such letters, and the sentence may also go on directly after them.
"""

from __future__ import annotations

import re

from app.pipeline.refang import DOT
from app.pipeline.refanged_text import SPACELESS, SPACELESS_RUN, RefangedText, byte_run

_LETTER = re.compile(f"[{SPACELESS}]")
_ASCII_NAME = re.compile(r"[A-Za-z0-9_.\x01-]*")
_REST_RUN = byte_run(
    f"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&*+-./:=?@_~,;()[]{DOT}"
)
_REACH = 300
_EXTENSION_WINDOW = 6
_EXTENSION = re.compile(r"[.\x01][A-Za-z][A-Za-z0-9]{1,4}$")
# Hiragana, in which Japanese writes its particles; Hangul; Thai.
_NO_PATH_AFTER_ASCII = re.compile("[\u3041-\u309f\uac00-\ud7a3\u0e00-\u0e7f]")
# Particles and conjunctions, with which the sentence goes on after a slash.
_GOING_ON = re.compile(
    "[\u306b\u3092\u306f\u304c\u3067\u306e\u3068\u3078\u3082]|\u304b\u3089|\u307e\u3067|\u3088\u308a"
    "|[\u5e76\u548c\u6216\u53ca\u4e0e\u7b49\u7684]"
    f"|[\uc5d0\ub97c\uc744\ub85c\uc758\uac00\uc774\uc740\ub294\uc640\uacfc](?![{SPACELESS}]{{2}})"
)
_MORE_PATH = re.compile(r"[/._-][A-Za-z0-9_]|[/?=&%]")
_FRAME = frozenset("\"'<>\r\n\t|,")


def ascii_part(name: str) -> str:
    """Return the ASCII before the first letter of a script without spaces; empty if there is none.

    `name` is a run of letters that is no host name as a whole.
    """
    if name.isascii() or not _LETTER.search(name):
        return ""
    part = _ASCII_NAME.match(name)
    return part[0] if part and part.end() < len(name) else ""


def path_end(refanged: RefangedText, begin: int, path: int, at: int) -> int:
    """Return the end of the letters at `at` if the path of a URL goes on with them, else `at`.

    `begin` and `path` are the begins of the URL and of its path; a letter of a script without
    spaces stands at `at`.
    """
    text = refanged.text
    end = refanged.run_end(SPACELESS_RUN, at, at + _REACH)
    return end if _goes_on(refanged, text, (begin, path, at, end)) else at


def _goes_on(refanged: RefangedText, text: str, places: tuple[int, int, int, int]) -> bool:
    begin, path, at, end = places
    last, left = text[at - 1], text[begin - 1]
    is_after_word = last.isascii() and last.isalnum()
    if is_after_word and (
        _NO_PATH_AFTER_ASCII.match(text, at)
        or _EXTENSION.search(text, max(path, at - _EXTENSION_WINDOW), at)
    ):
        return False
    if left in _FRAME and text[refanged.run_end(_REST_RUN, at, at + _REACH)] in _FRAME:
        return True  # a whole line, cell or quotation
    if last in "=&":
        return True
    has_more = _MORE_PATH.match(text, end) is not None
    is_glued = refanged.is_spaceless(begin - 1)
    if is_after_word:
        return has_more and not is_glued
    if has_more:
        return True
    return not (is_glued or at - 1 == path or _GOING_ON.match(text, at))
