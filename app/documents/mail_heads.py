"""Recognizes mails by their first lines."""

from __future__ import annotations

import re

_HEADER = re.compile(rb"[!-9;-~]{1,76}:[ \t]?[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*")
_MAIL_HEADERS = frozenset(
    b"received return-path delivered-to from to subject date message-id mime-version "
    b"content-type reply-to x-mailer x-originating-ip dkim-signature authentication-results "
    b"arc-seal x-received cc sender content-transfer-encoding".split()
)
# At least one of these must be there: "From:" and "To:" alone are also lines of a note.
_MAIL_SIGNS = frozenset(
    b"received return-path delivered-to message-id mime-version from dkim-signature".split()
)
# A part of a mail that was stored alone: answers of web servers have no transfer encoding.
_ENTITY = re.compile(
    rb"content-type:\s{0,9}(?:multipart/[\w.+-]+;|message/rfc822\b)|content-transfer-encoding:",
    re.IGNORECASE,
)
_FRAMELESS = re.compile(rb"--([^\s-][^\r\n]{0,99})\r?\nContent-[A-Za-z-]{1,30}:", re.IGNORECASE)
_LONGEST_FIRST_LINE = 300
_FEWEST_BELOW_A_LINE = 3


def mail_start(text: bytes) -> int:
    """Return where a mail begins: 0, or behind one line that is no header; -1 if it is none."""
    if is_mail(text) or _is_entity(text) or _FRAMELESS.match(text):
        return 0
    # "+OK 1234 octets", ">From x", or the length that Apple Mail puts first: programs that store
    # or fetch mails leave a line of their own above it.
    end = text.find(b"\n", 0, _LONGEST_FIRST_LINE) + 1
    return end if end and is_mail(text[end:], _FEWEST_BELOW_A_LINE) else -1


def is_mail(text: bytes, fewest: int = 2) -> bool:
    """Return whether a text begins with several header fields, one of them a sign of a mail."""
    known = _names(text) & _MAIL_HEADERS
    return len(known) >= fewest and bool(known & _MAIL_SIGNS)


def missing_boundary(text: bytes) -> bytes:
    """Return the boundary of a multipart body that begins without its headers; b"" for others."""
    match = _FRAMELESS.match(text)
    return match[1].rstrip() if match else b""


def even_line_ends(data: bytes) -> bytes:
    """Return a mail with usual line ends: some came with a carriage return alone, or with two."""
    if b"\r" not in data[: 1 << 12]:
        return data
    if b"\r\r\n" in data[: 1 << 12]:
        return data.replace(b"\r\r\n", b"\r\n")
    return data if b"\n" in data else data.replace(b"\r", b"\n")


def _is_entity(text: bytes) -> bool:
    if not text[:8].lower().startswith((b"content-", b"mime-ver")):
        return False
    names = _names(text)
    return b"content-type" in names and bool(_ENTITY.search(text[:2048]))


def _names(text: bytes) -> set[bytes]:
    names: set[bytes] = set()
    position = 0
    while len(names) < 50 and (match := _HEADER.match(text, position)):
        names.add(match[0].partition(b":")[0].lower())
        position = match.end()
    return names
