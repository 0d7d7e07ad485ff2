"""What the text before a name or number says against it: a version, a path, program text.

The candidate itself is judged by `classifier`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from app.pipeline.headings import begins_cell, version_columns
from app.pipeline.objections import Objection
from app.pipeline.products import (
    PRODUCT_ENDS,
    SHOUTED,
    begins_small,
    follows_maker,
    follows_product,
    is_product_version,
)

_WINDOW = 24
_VERSION_ENDINGS = (
    *("version", "versions", "ver", "v", "rev", "revision", "release", "build", "firmware"),
    *("kernel", "oid", "section", "sections", "sec", "chapter", "clause", "paragraph", "para"),
    *(
        "appendix",
        "figure",
        "table",
        "step",
        "prior to",
        "fixed in",
        "patched in",
        "upgrade to",
        "earlier than",
        "upgrade from",
        "patch",
        "hotfix",
        "service pack",
        "before",
        "версия",
        "версии",
        "versión",
        "versão",
        "versione",
        "wersja",
    ),
)
# The arcs of X.500 attributes and of certificate extensions: four numbers, as in an address.
_OBJECT_IDENTIFIERS = ("2.5.4.", "2.5.29.")
_VERSION_MARKS = " .:=\"'(<"
# By their last two letters.
_ENDINGS = {
    last: tuple(ending for ending in _VERSION_ENDINGS if ending[-2:] == last)
    for last in {ending[-2:] for ending in _VERSION_ENDINGS}
}
# Before the number, each objection of `VersionWatch` needs one of these marks, or the last letters
# of an ending and a mark, or two marks.
_OTHER_MARKS = frozenset("/+~|:>\xa7")
SMALL_NUMBERS = frozenset(map(str, range(30)))
"""Most versions begin with one of these, few public addresses do."""
QUIET_MARKS = frozenset("\n\t,;[{-")
"""Before a number, these characters object to nothing."""
_TWO_BEFORE = frozenset(
    f"{last}{mark}" for last in f"vV{_VERSION_MARKS}" for mark in _VERSION_MARKS
) | {"S ", "\xa7 ", "E ", "R ", "X "}
# "FortiOS 7.4.3.1", "iOS-XE 1.2.3.4": systems are called so, and addresses never stand behind.
_SYSTEM = re.compile(
    r"\b(?:[A-Za-z-]{0,12}[a-z-][A-Z]{0,2}OS|IOS|iOS|macOS|[a-z]OS)(?:[ -]X[ERS])? $"
)
# "Version" in Chinese, Japanese and Korean, and what may stand between it and the number.
_SPACELESS_VERSION = re.compile(
    r"(?:版本|バージョン|버전)(?:号|號|番号)?[为為是はがを이은는을를]?[ :：]{0,2}\Z"
)
_SECTIONS = frozenset(("\xa7 ", "~~"))
_VERSION_TAG = re.compile(r"<[\w.:-]{0,24}(?:version|build|release)(?: [^<>\n]{0,40})?>$", re.I)
# Maven's "group.part:artifact:1.2.3.4".
_COORDINATES = re.compile(r"[\w-]\.[\w.-]{1,40}:[\w.-]{1,40}:$")
# The tag of a container image: "ghcr.io/group/name:1.2.3.4", "FROM name:1.2.3.4".
_IMAGE = re.compile(
    r"(?:(?<![\w./-])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}(?::[0-9]{1,5})?/|\n[ \t]{0,8}FROM "
    r"|\b(?:docker|podman) (?:pull|push) |\bimage[\"']?: [\"']?)[a-z0-9][\w./-]{0,60}:$"
)
_BEFORE_IMAGE = frozenset(("FROM", "pull", "push", "image:", '"image":'))
_PLATFORM = re.compile(r"\bcpe:[/2][^\s]{0,80}:$", re.IGNORECASE)
# The third column of the headers of CEF and LEEF is the version of the product.
_EVENT_HEADER = re.compile(r"\b(?:CEF|LEEF):[0-9.]{1,4}\|[^|\n]{1,63}\|[^|\n]{1,63}\|$")
_HEADER_WINDOW = 140
_COMPARED = r"(?:earlier|later|prior|previous|older|newer|below|above|lower|higher)"
# "talked to 9.8.7.6 and later to others" is no version, nor is "1.2.3.4 through 1.2.3.9".
_BEHIND_VERSION = re.compile(
    rf",? (?:or (?:all )?{_COMPARED}\b|and (?:all )?{_COMPARED}"
    r"(?:[.,;:)\n]| (?:versions?|releases?|builds?|are|is|allows?|have|has|contain)\b)"
    r"|(?:before|prior to|through|up to) [0-9]+\.[0-9]+(?:\.[0-9]+)?(?![0-9]|\.[0-9]))"
)
FOLLOWERS = frozenset((" an", " or", ", a", ", o", " be", " pr", " th", " up"))
"""The first characters of what says behind a number that it is a version: "and earlier"."""
_LIST_GAP = re.compile(r"(?:,| -| and| or| to| through|, and|, or)? ?")
_LONGEST_LIST_GAP = 9


class VersionWatch:
    """Finds objections to dotted numbers: versions, sections, telephone numbers, OIDs."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._last_end = -_WINDOW
        self._columns = version_columns(text)
        self.near = 0
        """A number that begins before this place may be the next of a list of versions."""

    def objection(self, start: int, end: int) -> Objection | None:
        """Return why four numbers are no address; must be called from left to right."""
        text = self._text
        if (
            is_suspect(text[start - 3 : start])
            or start < self.near
            or text[end : end + 3] in FOLLOWERS
            or text.startswith(_OBJECT_IDENTIFIERS, start)
        ):
            objection = self._objection(start, end)
            if objection:
                return objection
        if not begins_small(text, start):
            return None
        is_version = (text[start - 1] == " " and follows_maker(text, start)) or (
            begins_cell(text, start) and self._columns.cover(start)
        )
        return Objection.VERSION if is_version else None

    def _objection(self, start: int, end: int) -> Objection | None:
        text = self._text
        mark = text[start - 1]
        if mark == "/" and is_product_version(text, start, end):
            return Objection.PRODUCT_VERSION
        if mark == "+" and not text[start - 2].isalnum():
            return Objection.TELEPHONE_NUMBER
        if text.startswith(_OBJECT_IDENTIFIERS, start):
            return Objection.OBJECT_IDENTIFIER
        if mark == "/" and text[end : end + 3] not in FOLLOWERS:
            return None
        is_version = (
            (mark in _VERSION_MARKS and _follows_version_word(text, start))
            or (mark in _PLACES and _PLACES[mark](text, start))
            or text[start - 2 : start] in _SECTIONS
            or (text[end : end + 3] in FOLLOWERS and is_version_behind(text, end))
            or (not text[start - 2 : start].isascii() and _follows_foreign_word(text, start))
        )
        is_near = start < self.near
        if is_version or (is_near and _LIST_GAP.fullmatch(text, self._last_end, start)):
            self._last_end = end  # the next of "1.2.3.4, 1.2.3.5 and 1.2.3.6" is one as well
            self.near = end + _LONGEST_LIST_GAP + 1
            return Objection.VERSION
        return None


def _follows_version_word(text: str, start: int) -> bool:
    end = start - 1
    while text[end - 1] in _VERSION_MARKS:
        end -= 1
    endings = _ENDINGS.get(text[end - 2 : end].lower()) or _ENDINGS.get(text[end - 1].lower())
    if endings is None:
        return False
    before = text[max(0, start - _WINDOW) : end].lower()
    if before.endswith("version"):  # "FileVersion" as well
        return True
    return any(
        before.endswith(ending) and not before[: -len(ending)][-1:].isalnum() for ending in endings
    )


def _follows_foreign_word(text: str, start: int) -> bool:
    return text[start - 1] == "\xa7" or (
        _SPACELESS_VERSION.search(text, max(0, start - _WINDOW), start) is not None
    )


@lru_cache(maxsize=8192)
def is_suspect(before: str) -> bool:
    """Return whether three characters before a number can be the end of what objects to it."""
    return (
        len(before) < 3  # at the beginning of the text
        or (before[:2].lower() in _ENDINGS and before[-1:] in _VERSION_MARKS)
        or (before[:2].lower() in PRODUCT_ENDS and before[-1:] == " ")
        or before[-2:] in _TWO_BEFORE
        or before[-1:] in _OTHER_MARKS
        or not before.isascii()
    )


def is_version_behind(text: str, end: int) -> bool:
    """Return whether "and earlier" or the like follows, which is said of versions only."""
    return _BEHIND_VERSION.match(text, end) is not None


def _is_in_event_header(text: str, start: int) -> bool:
    header = text[max(0, start - _HEADER_WINDOW) : start]
    return "EF:" in header and _EVENT_HEADER.search(header) is not None


def _is_in_version_tag(text: str, start: int) -> bool:
    return _VERSION_TAG.search(text, max(0, start - 2 * _WINDOW), start) is not None


def _is_in_coordinates(text: str, start: int) -> bool:
    before = text[max(0, start - 4 * _WINDOW) : start]
    *words, last = ["", *before[:-1].split()]
    # The patterns are slow, so each is asked only if one of its words is there.
    if ":" in last and (_COORDINATES.search(before[-2 * _WINDOW :]) or _PLATFORM.search(before)):
        return True
    may_be_image = "/" in last or bool(_BEFORE_IMAGE.intersection(words[-1:]))
    return may_be_image and begins_small(text, start) and _IMAGE.search(before) is not None


def _follows_name(text: str, start: int) -> bool:
    """Return whether a system or a product is named before a space and a number."""
    is_system = text[start - 2] in "SERX" and _SYSTEM.search(text, max(0, start - _WINDOW), start)
    return bool(is_system) or follows_product(text, start)


# By the mark before a number: what must precede it so that the number is a version.
_PLACES = {
    "|": _is_in_event_header,
    ">": _is_in_version_tag,
    ":": _is_in_coordinates,
    " ": _follows_name,
}


def path_objection(text: str, start: int) -> Objection | None:
    """Return the objection to a name after a slash, backslash or colon."""
    before = text[max(0, start - _WINDOW) : start]
    last = before[-1]
    if last == ":":
        return Objection.PROGRAM_TEXT if before.endswith("::") else None
    # Two slashes with no word before them begin the path: the name is a host.
    rest = before.rstrip(last)
    if len(before) - len(rest) > 1 and not (rest[-1:].isalnum() or rest[-1:] in "_)"):
        return None
    # Squid writes "HIER_DIRECT/example.com": the host that the proxy connected to.
    if last == "/" and SHOUTED.search(before):
        return None
    return Objection.PATH_PART
