"""The context of a name in the text: a version, a part of a path, program text."""

from __future__ import annotations

import re

from app.pipeline.classifier import Reason

_WINDOW = 24
_VERSION_ENDINGS = (
    *("version", "versions", "ver", "v", "rev", "revision", "release", "build", "firmware"),
    *("kernel", "oid", "section", "sections", "sec", "chapter", "clause", "paragraph", "para"),
    *("appendix", "figure", "table", "step", "prior to", "earlier than", "before"),
)
# The arcs of X.500 attributes and of certificate extensions: four numbers, as in an address.
_OBJECT_IDENTIFIERS = ("2.5.4.", "2.5.29.")
_VERSION_MARKS = " .:=\"'("
_V_OR_MARKS = frozenset("v" + _VERSION_MARKS)
_LAST_TWO = frozenset(ending[-2:] for ending in _VERSION_ENDINGS)
_LAST_ONE = {ending[-1] for ending in _VERSION_ENDINGS}
# Two characters, or one of the others, tell most addresses from versions at a quick look.
OTHER_MARKS = frozenset("/+")
BEFORE_VERSIONS = frozenset(
    f"{last}{mark}"
    for last in {*_LAST_ONE, *map(str.upper, _LAST_ONE), *_VERSION_MARKS}
    for mark in _VERSION_MARKS
)
_PRODUCT = re.compile(r"[A-Z]\w*[a-z]\w*/$")
_SHOUTED = re.compile(r"\b(?:[A-Z]+_[A-Z_]+|DIRECT)/$")
_LIST_GAP = re.compile(r"(?:,| -| and| or| to| through|, and|, or)? ?")
_LONGEST_LIST_GAP = 9


class VersionWatch:
    """Tells dotted numbers that are versions or sections."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._last_end = -_WINDOW
        self.near = 0  # what begins before may go on with a list of versions

    def objection(self, start: int, end: int) -> Reason | None:
        """Asked from left to right about any four numbers that may be a version."""
        text = self._text
        mark = text[start - 1]
        if mark == "/":
            if _is_product_version(text, start, end):
                return Reason("the version of a product")
        elif mark == "+" and not text[start - 2].isalnum():
            return Reason("a telephone number")
        if text[start] == "2" and text.startswith(_OBJECT_IDENTIFIERS, start):
            return Reason("an object identifier")
        is_version = mark in _VERSION_MARKS and self._follows_version_word(start)
        is_near = start < self.near
        if is_version or (is_near and _LIST_GAP.fullmatch(text, self._last_end, start)):
            self._last_end = end  # the next of "1.2.3.4, 1.2.3.5 and 1.2.3.6" is one as well
            self.near = end + _LONGEST_LIST_GAP + 1
            return Reason("a version or section number")
        return None

    def _follows_version_word(self, start: int) -> bool:
        two = self._text[start - 3 : start - 1].lower()
        if two not in _LAST_TWO and two[1:] not in _V_OR_MARKS:
            return False
        before = self._text[max(0, start - _WINDOW) : start].rstrip(_VERSION_MARKS).lower()
        if not before.endswith(_VERSION_ENDINGS):
            return False
        if before.endswith("version"):  # "FileVersion" as well
            return True
        return any(
            before.endswith(ending) and not before[: -len(ending)][-1:].isalnum()
            for ending in _VERSION_ENDINGS
        )


def _is_product_version(text: str, start: int, end: int) -> bool:
    word = text[max(0, start - _WINDOW) : start].rpartition(" ")[2]
    if not word.isupper() and _PRODUCT.search(word):
        return True
    return text.endswith(".0.0.0", start, end)


def path_objection(text: str, start: int) -> Reason | None:
    """A name after a slash is a part of a path, unless two slashes begin it all.

    `HIER_DIRECT/` is how proxies write where they connected to.
    """
    before = text[max(0, start - _WINDOW) : start]
    last = before[-1]
    if last == ":":
        return Reason("a name in program text") if before.endswith("::") else None
    rest = before.rstrip(last)
    if len(before) - len(rest) > 1 and not (rest[-1:].isalnum() or rest[-1:] in "_)"):
        return None
    if last == "/" and _SHOUTED.search(before):
        return None
    return Reason("a part of a path")
