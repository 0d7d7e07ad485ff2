"""What the text around a name expects there: a host, or the name of a user.

The rules read a bounded number of characters on each side, and only `names` calls them, for
a name that it would refuse, or for one that a user could have.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from app.pipeline import words
from app.pipeline.classifier import HOST_TLDS, plain_name_objection
from app.pipeline.words import word_set

_WINDOW = 64
_KEY_CHARS = string.ascii_letters + string.digits + "_.-"
_CELL_BEGINS = frozenset("\n,;{|\t([")
_SEPARATORS = re.compile(r"[\W_]+")
_HOST_KEYS = (
    *("host", "hostname", "domain", "domainname", "fqdn", "rrname", "queryname", "questionname"),
    *("qname", "dnsname", "dnsquery", "sni", "servername", "servernameindication", "nameserver"),
    *("commonname", "cname", "authority", "hostheader", "rdata", "rrdata", "subjectcn"),
)
_EXACT_HOST_KEYS = word_set("query answer answers cn san ns mx ptr c2 dns c2server mname")
_USER_KEYS = (
    *("username", "user", "suser", "duser", "login", "loginname", "accountname", "logonname"),
    *("samaccountname", "uid", "upn", "userprincipalname"),
)
_BEFORE_HOST = re.compile(
    r"(?:\bCONNECT |\b(?:nslookup|dig(?: \+\w{1,12})?)(?: -\S{1,8})? "
    r"|\bSNI |\bQNAME |\bDNS Name[=:] ?"
    r"|\bquery: |\bquery\[[A-Z]{1,6}\] |\b(?:local-)?zone:? \""
    r"|\n(?:0\.0\.0\.0|127\.0\.0\.1|::1?)[ \t]{1,8}"
    r"|\b(?:domain|host ?name|FQDN)(?: name)?(?: (?:was|is|named|called))? [\"'`]?)$",
    re.IGNORECASE,
)
_HOST_MARKS = ("dns:", "dns name:", "dns name=", "||", "address=/", "server=/", "local=/")
_QUOTE_WORDS = ("zone", "domain", "host", "fqdn")
_BLANK_WORDS = (
    *("connect ", "nslookup", "dig ", "sni ", "qname ", "dns name", "query", "\n0.0.0.0"),
    *("\n127.0", "\n::", *_QUOTE_WORDS),
)
_BEHIND_HOST = re.compile(
    r"\.?[ \t]{1,20}(?:[0-9]{1,10}[ \t]{1,8})?IN[ \t]{1,8}[A-Z]{1,6}\b"
    r"|\.?[ \t]{1,20}CNAME[ \t]|\t1\tC_INTERNET\t| resolve[sd] to [0-9]"
)
# Line numbers of program files are small, too; a known port is the better guess.
_PORT = re.compile(r":(?:80|443|8080|8443|8000|8888)(?![\w:.-])")
_ITEM = re.compile(
    r"[ \t]{0,8}(?:[-*\u2022] |[0-9]{1,4}[.)] |\| )?[\"`]?(?:\*\.)?([A-Za-z0-9_.-]{1,253})"
    r"[ \t\"`\r]*(?:[,;\t|#]|$)"
)
_HEADING = re.compile(r"\b(?:domains?|host ?names?|hosts|fqdns?)\b.{0,20}:?\s*$", re.IGNORECASE)
_LONGEST_LINE = 300
_REACH = 8
_LOGGED_IN = re.compile(r"\b(?:Accepted|Failed) [\w/-]{1,24} for $")
_EVENT_USER = re.compile(r"Name=[\"'](?:Target|Subject)?UserName[\"']>$")
_SQUID_PEER = re.compile(r" (?:HIER_[A-Z]|DIRECT/|NONE/|[A-Z]+_PARENT/)")


def expects_host(text: str, start: int, end: int) -> bool:
    """Return whether a name stands where a host must stand."""
    before = text[max(0, start - _WINDOW) : start]
    name = text[start:end].lower()
    if _stands_before_host(before):
        return not (before[-1] in " \"'`" and before[-2:].islower() and _is_typical_file(name))
    if _BEHIND_HOST.match(text, end) or _is_key(before, _HOST_KEYS, _EXACT_HOST_KEYS):
        return True
    if _is_typical_file(name):
        return False
    is_plain_place = before[-1] not in "/\\@_"
    return is_plain_place and (_PORT.match(text, end) is not None or _is_listed(text, start, end))


def expects_user(text: str, start: int, end: int) -> bool:
    """Return whether a name stands in a field or column that names a user."""
    left = text[start - 1]
    if left == " " and text[start - 4 : start - 1] == "for":  # sshd: "Accepted for anna.me from"
        return _LOGGED_IN.search(text, max(0, start - 40), start) is not None
    if left == ">":
        return _EVENT_USER.search(text, max(0, start - _WINDOW), start) is not None
    if left == " " and text[start - 2] not in ":=":
        return _SQUID_PEER.match(text, end) is not None
    return left in "\"'=: \t" and _is_key(text[max(0, start - _WINDOW) : start], _USER_KEYS)


def _stands_before_host(before: str) -> bool:
    """Return whether what stands directly before a name announces a host."""
    lowered, last = before.lower(), before[-1]
    if lowered.endswith(_HOST_MARKS):
        return True
    wanted = _BLANK_WORDS if last in " \t" else _QUOTE_WORDS if last in "\"'`" else ()
    # The pattern is slow, so it is asked only if one of its words is there.
    return any(word in lowered for word in wanted) and _BEFORE_HOST.search(before) is not None


def _is_key(before: str, endings: tuple[str, ...], exact: frozenset[str] = frozenset()) -> bool:
    """Return whether a name is the value of a key that ends so."""
    written, is_phrase = _key_before(before)
    key = _SEPARATORS.sub("", written).lower()
    if not key:
        return False
    if is_phrase and " " in written:  # "on this host: setup.sh" is prose
        return key in endings
    return key.endswith(endings) or key in exact


def _key_before(before: str) -> tuple[str, bool]:
    """Return the key of `"key": "`, `"key": ["a", "`, `key=` and, at the begin of a cell, `Key: `.

    The second value is true for the last form. The key is empty if there is none.
    """
    head = before.rstrip(" \t\"'")
    if head[-1:] in (",", "[") and "[" in before:
        head = before[: before.rfind("[")].rstrip(" \t")
        if not head.endswith(":"):
            return "", False
    mark, name = head[-1:], head[:-1].rstrip(" \t")
    if mark not in (":", "="):
        return "", False
    if name[-1:] in ("'", '"'):
        return name[name.rfind(name[-1], 0, -1) + 1 : -1], False
    rest = name.rstrip(_KEY_CHARS if mark == "=" else _KEY_CHARS + " ")
    key = name[len(rest) :].strip()
    if mark == "=":
        return key, False
    begins_cell = rest[-1:] in _CELL_BEGINS and key.count(" ") <= 2
    return (key, True) if rest and begins_cell else ("", False)


def _is_typical_file(name: str) -> bool:
    labels = name.split(".")
    stem = labels[-2]
    return len(labels) == 2 and (stem in words.FILE_STEMS or stem.startswith("lib"))


def _is_listed(text: str, start: int, end: int) -> bool:
    """Return whether a name is the first cell of a line, in a list of hosts.

    The lines around it must begin with names too, and one of them must be a host beyond doubt;
    or the line above the list announces hosts.
    """
    line = text.rfind("\n", max(0, start - 12), start)
    item = _ITEM.match(text, line + 1, _line_end(text, end)) if line >= 0 else None
    if item is None or item[1].lower().lstrip(".") != text[start:end].lower():
        return False
    has_host = False
    for lines in (_lines_above(text, line), _lines_below(text, _line_end(text, end))):
        for other in lines:
            kind = _line_kind(other)
            if kind is _Line.HEADING:
                return True
            if kind is _Line.OTHER:
                break
            if kind is _Line.FILE:
                return False  # "setup.exe": a list of files, or of mixed IOCs
            has_host |= kind is _Line.HOST
    return has_host


class _Line(Enum):
    """What a line of a list holds."""

    HOST = "a host beyond doubt"
    NAME = "a name that may be one, an address, or nothing"
    FILE = "a name that is none"
    HEADING = "words that announce hosts"
    OTHER = "anything else"


@lru_cache(maxsize=1024)  # each line of a list is judged for the lines around it
def _line_kind(line: str) -> _Line:
    if not line.strip():
        return _Line.NAME
    found = _ITEM.match(line)
    if found is None or "." not in found[1]:
        return _Line.HEADING if _HEADING.search(line) else _Line.OTHER
    labels = found[1].lower().split(".")
    if labels[-1].isdigit():
        return _Line.NAME
    if labels[-1] not in HOST_TLDS:
        return _Line.FILE
    is_sure = plain_name_objection(".".join(labels), labels, "\n", "\n") is None
    return _Line.HOST if is_sure else _Line.NAME


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position, position + _LONGEST_LINE)
    return end if end >= 0 else min(len(text), position + _LONGEST_LINE)


def _lines_above(text: str, end: int) -> Iterator[str]:
    for _ in range(_REACH):
        begin = text.rfind("\n", max(0, end - _LONGEST_LINE), end)
        if begin < 0:
            return
        yield text[begin + 1 : end]
        end = begin


def _lines_below(text: str, begin: int) -> Iterator[str]:
    for _ in range(_REACH):
        end = text.find("\n", begin + 1, begin + 1 + _LONGEST_LINE)
        if end < 0:
            return
        yield text[begin + 1 : end]
        begin = end
