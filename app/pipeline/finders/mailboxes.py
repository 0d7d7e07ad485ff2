"""Mailbox names with unusual characters, and what looks like a mailbox and is a login."""

from __future__ import annotations

import re

_MAX_LOCAL = 64  # RFC 5321, 4.5.3.1.1
_WINDOW = 80
_ATOM = r"[\w.!#$%&'*+/=?^`{|}~-]"  # RFC 5322, 3.2.3
_IN_BRACKETS = re.compile(rf"<((?!=){_ATOM}{{1,64}})$")
# Senders that hold another address: BATV, SRS, and the VERP of mailing lists and bulk mailers.
_REWRITTEN = re.compile(
    r"(?<![\w.+=-])((?:prvs=|btv1==|msprvs1=|SRS[01][=+-]|[\w.-]{1,24}\+[\w.+-]{1,40}=|bounces?-[\w.+-]{1,40}=)[\w.+=-]{1,60})$",
    re.IGNORECASE,
)
_NAME_WITH_APOSTROPHE = re.compile(
    r"(?<![\w.'=-])((?:[\w-]{1,30}\.)?[A-Za-z]{1,3}'[A-Za-z][\w.-]{1,30})$"
)
_STRING_PREFIXES = frozenset("bfru")
_SCHEME = re.compile(
    r"\b(?!mailto|xmpp|sips?\b)[a-z][a-z0-9+.-]{1,15}://[^\s/<>\"',;|]{0,64}$", re.IGNORECASE
)
_REPOSITORY = re.compile(r":(?![0-9]{1,5}/?\s)[\w~][\w./~-]{0,200}")
_EDGES = frozenset(" \t\r\n<>\"'`()[]{},;|=")
_LOGIN_WORDS = ("ssh", "scp", "sftp", "rsync", "mosh")
# The command, its options, and other words that are no prose; a file is copied from or to the host.
_LOGIN_COMMAND = re.compile(
    r"(?<![\w.-])(?:auto)?(?:ssh(?:fs|-copy-id)?|scp|sftp|rsync|mosh)"
    r"(?: -[\w-]{1,20}| [\w.~/-]{0,60}[./:~0-9_=][\w.~/:=-]{0,60}"
    r"| (?<=-[ilpoFJLRDPw] )[\w.~/:=-]{1,60}){0,8} [\"']?$"
)
_LOGIN_USERS = frozenset(("git", "hg", "svn"))


def whole_local(text: str, at: int, end: int, local: str) -> str:
    """Return the mailbox name with what stands before `=` or an apostrophe, if that is part of it.

    `to=bob@example.com` is a field and an address, also in angle brackets; "O'Brien" is a name.
    """
    mark = text[at - len(local) - 1]
    if mark not in "='":
        return local
    before = text[max(0, at - _WINDOW) : at]
    if mark == "'":
        named = _NAME_WITH_APOSTROPHE.search(before)
        is_string = text[end] == "'" or (named and named[1].partition("'")[0] in _STRING_PREFIXES)
        return local if named is None or is_string else named[1]
    found = _REWRITTEN.search(before)
    if found is None and text[end] == ">":
        found = _IN_BRACKETS.search(before)
        # "<to=bob@example.com>": a field and its value
        if found and found[1].count("=") == 1 and "." not in local and found[1].islower():
            found = None
    return found[1] if found and len(found[1]) <= _MAX_LOCAL else local


def is_login(text: str, start: int, at: int, end: int) -> bool:
    """Return whether `user@host` is of a repository's or a database's address."""
    if text[end] == ":" and text[start:at].lower() in _LOGIN_USERS:
        return _REPOSITORY.match(text, end) is not None
    # A command that looks so needs no pattern for most addresses: its word is missing.
    before = text[max(0, start - _WINDOW) : start]
    if text[start - 1] in " \"'" and any(word in before for word in _LOGIN_WORDS):
        return _LOGIN_COMMAND.search(before) is not None
    if text[start - 1] in _EDGES:
        return False
    # A password may hold characters that no mailbox name has, "%40" and "@" among them.
    return _SCHEME.search(text, max(0, start - _WINDOW), start) is not None
