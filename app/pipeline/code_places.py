"""What shows that a dotted name is of a program: a call, a logger, a key of a configuration."""

from __future__ import annotations

import re

from app.pipeline import words
from app.pipeline.objections import Objection
from app.pipeline.words import word_set

# `foo.bar("x")`, `foo.bar();`: what stands in the brackets is no footnote and no address.
_CALL = re.compile(r"\((?:\)[ ;,.){]|[\"'][^\"'\n]{0,60}[\"'][),]|-?[0-9]{1,4}\);)")
_ASSIGNED_CALL = re.compile(r"\([\w\"', .-]{0,40}\)")
# The argument of a method: "store.add(item.id)".
_METHOD = re.compile(r"\w\.[A-Za-z_]\w{0,30}\($")
_ARGUMENT_END = frozenset("),")
_ASSIGNMENT = re.compile(r"(?:[A-Za-z_]\w{0,20} (?:=|:=|\+=) |\b(?:return|await|yield) )$")
# "INFO nova.compute.claims [req-1]", "WARN a.b.tools: text".
_LEVEL = re.compile(r"\b(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\]?(?: -)? {1,3}$")
_BEHIND_LOGGER = re.compile(r" \[|: | - |\(")
_DEPRECATED = re.compile(r" is deprecated\b")
_MEMBER_ENDINGS = word_set("as at call data date day ge gt host id in int is lt map name ne pid to")
# Labels of hosts under second-level registrations such as "web.id".
_INNER_WORDS = words.CODE_OBJECTS - word_set("agent ac client cloud dns net org server web")


def code_objection(text: str, start: int, end: int, labels: list[str]) -> Objection | None:
    """Return why a name is of a program; `labels` are its parts."""
    first, tld = labels[0], labels[-1]
    right = text[end]
    if right == "(" and (
        _CALL.match(text, end)
        or (_ASSIGNED_CALL.match(text, end) and _ASSIGNMENT.search(text, max(0, start - 32), start))
    ):
        return Objection.PROGRAM_TEXT
    if right == " " and text.startswith(" import ", end) and text.endswith("from ", 0, start):
        return Objection.PROGRAM_TEXT
    is_argument = text[start - 1] == "(" and right in _ARGUMENT_END
    if is_argument and _METHOD.search(text, max(0, start - 34), start):
        return Objection.PROGRAM_TEXT
    if len(labels) == 2:
        # "Dockerfile.dev", "Makefile.am": files that are called so.
        is_named_file = first[:1].isupper() and first.endswith("file") and len(first) > 6
        return Objection.FILE_NAME if is_named_file and tld.islower() else None
    is_key = tld in _MEMBER_ENDINGS and not _INNER_WORDS.isdisjoint(labels[1:-1])
    if is_key and all(map(str.isalpha, labels)):
        return Objection.PROGRAM_TEXT
    is_word = len(tld) > 3 and tld not in words.COMMON_TLDS
    is_logger = (
        is_word and first != "www" and text[start - 1] == " " and _BEHIND_LOGGER.match(text, end)
    )
    if is_logger and _LEVEL.search(text, max(0, start - 16), start):
        return Objection.PROGRAM_TEXT
    is_deprecated = tld in words.MEMBER_TLDS and _DEPRECATED.match(text, end)
    return Objection.PROGRAM_TEXT if is_deprecated else None
