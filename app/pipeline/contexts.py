"""What the text around a name says about it: a version, a part of a path, program text."""

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
_PRODUCT = re.compile(r"[A-Z]\w*[a-z]\w*/$")
_SHOUTED = re.compile(r"\b(?:[A-Z]+_[A-Z_]+|DIRECT)/$")
_LIST_GAP = re.compile(r"(?:,| -| and| or| to| through|, and|, or)? ?")
_LONGEST_LIST_GAP = 9


class VersionWatch:
    """Tells dotted numbers that are versions or sections; asked from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._last_end = -_WINDOW

    def objection(self, start: int, end: int) -> Reason | None:
        mark = self._text[start - 1]
        if mark in _VERSION_MARKS:
            is_version = self._follows_version_word(start)
        elif mark == "/" and _is_product_version(self._text, start, end):
            return Reason("the version of a product")
        elif mark == "+" and not self._text[start - 2].isalnum():
            return Reason("a telephone number")
        else:
            is_version = False
        if self._text[start:end].startswith(_OBJECT_IDENTIFIERS):
            return Reason("an object identifier")
        is_near = start - self._last_end <= _LONGEST_LIST_GAP
        if is_version or (is_near and _LIST_GAP.fullmatch(self._text, self._last_end, start)):
            self._last_end = end  # the next of "1.2.3.4, 1.2.3.5 and 1.2.3.6" is one as well
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
    before = text[max(0, start - _WINDOW) : start]
    return text[start:end].endswith(".0.0.0") or _PRODUCT.search(before) is not None


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
