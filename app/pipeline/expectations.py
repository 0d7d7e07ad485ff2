"""What the text around a name expects there: a host, or the name of a user.

The rules read a bounded number of characters on each side, and only `names` calls them, for
a name that it would refuse, or for one that a user could have.
"""

from __future__ import annotations

import re
import string

from app.pipeline import words
from app.pipeline.host_lists import HostLists
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
# The last word of each of these; the first characters of an option of nslookup and dig, and of
# "query[A]".
_LAST_WORDS = word_set(
    """
    connect nslookup dig sni qname name name: name= query: zone zone: 0.0.0.0 127.0.0.1 ::1 ::
    domain host hostname fqdn was is named called
    """
)
_LAST_BEGINS = ("-", "+", "query[", "local-zone", "name=", "name:")
_BEHIND_HOST = re.compile(
    r"\.?[ \t]{1,20}(?:[0-9]{1,10}[ \t]{1,8})?IN[ \t]{1,8}[A-Z]{1,6}\b"
    r"|\.?[ \t]{1,20}CNAME[ \t]|\t1\tC_INTERNET\t| resolve[sd] to [0-9]"
)
# Line numbers of program files are small, too; a known port is the better guess.
_PORT = re.compile(r":(?:80|443|8080|8443|8000|8888)(?![\w:.-])")
# {"host": {"name": "
_PARENT = re.compile(r"[\"'](\w{1,24})[\"']\s?:\s?\{\s{0,8}$")
# "hosts: a.com, b.zip, "
_ITEMS = re.compile(r"(?<=[:=\s])(?:[\"']?[\w.-]{1,63}[\"']?, ?){1,8}[\"']?$")
_PARTS = ("name", "id")
_LOGGED_IN = re.compile(r"\b(?:Accepted|Failed) [\w/-]{1,24} for $")
_EVENT_USER = re.compile(r"Name=[\"'](?:Target|Subject)?UserName[\"']>$")
_SQUID_PEER = re.compile(r" (?:HIER_[A-Z]|DIRECT/|NONE/|[A-Z]+_PARENT/)")


def expects_host(text: str, start: int, end: int, lists: HostLists) -> bool:
    """Return whether a name stands where a host must stand; `lists` are those of the text."""
    before = text[max(0, start - _WINDOW) : start]
    if before[-1] in "/\\":  # of a path, mostly
        return before.lower().endswith(_HOST_MARKS)
    name = text[start:end].lower()
    if _stands_before_host(before):
        return not (before[-1] in " \"'`" and before[-2:].islower() and _is_typical_file(name))
    right = text[end]
    if right in ". \t" and _BEHIND_HOST.match(text, end):
        return True
    if _is_key(before, _HOST_KEYS, _EXACT_HOST_KEYS):
        return True
    if _is_typical_file(name):
        return False
    if before[-1] in "@_":
        return False
    has_port = right == ":" and _PORT.match(text, end) is not None
    return has_port or lists.hold(start, end)


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
    lowered = before.lower()
    if lowered.endswith(_HOST_MARKS):
        return True
    if lowered[-1] not in " \t\"'`":
        return False
    # The pattern is slow, so it is asked only if one of its last words is there.
    last = lowered.rstrip("\"'` \t").rpartition(" ")[2].rpartition("\n")[2]
    has_word = last in _LAST_WORDS or last.startswith(_LAST_BEGINS)
    return has_word and _BEFORE_HOST.search(before) is not None


def _is_key(before: str, endings: tuple[str, ...], exact: frozenset[str] = frozenset()) -> bool:
    """Return whether a name is the value of a key that ends so."""
    written, is_phrase = _key_before(before)
    if not written:
        return False
    key = written.lower()
    if not key.isalnum():
        key = _SEPARATORS.sub("", key)
    if is_phrase and " " in written:  # "on this host: setup.sh" is prose
        return key in endings
    is_plural = key[-1:] == "s" and key[:-1].endswith(endings)
    return is_plural or key.endswith(endings) or key in exact


def _key_before(before: str) -> tuple[str, bool]:
    """Return the key of `"key": "`, `"key": ["a", "`, `key=` and, at the begin of a cell, `Key: `.

    The second value is true for the last form. The key is empty if there is none.
    """
    head = before.rstrip(" \t\"'")
    if head[-1:] in (",", "[") and "[" in before:
        head = before[: before.rfind("[")].rstrip(" \t")
        if not head.endswith(":"):
            return "", False
    elif head[-1:] == "," and (items := _ITEMS.search(before)):
        head = before[: items.start()].rstrip(" \t\"'")
    mark, name = head[-1:], head[:-1].rstrip(" \t")
    if mark not in (":", "="):
        return "", False
    if name[-1:] in ("'", '"'):
        opening = name.rfind(name[-1], 0, -1)
        key = name[opening + 1 : -1]
        parent = _PARENT.search(name, 0, opening) if key in _PARTS else None
        return (f"{parent[1]}{key}" if parent else key), False
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
