"""Decodes the header fields of mails: encoded words (RFC 2047) and raw bytes beyond ASCII."""

from __future__ import annotations

import re
from binascii import a2b_qp

from app.documents.readers.encodings import decode_text, undamaged
from app.documents.readers.transfer import from_base64

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bq])\?", re.IGNORECASE)
_LONGEST_DECODED = 100_000

_MESSAGE_IDS = frozenset(
    ("message-id", "in-reply-to", "references", "content-id", "resent-message-id")
)


# What separates the parts of a mail (RFC 2046, 5.1.1), and ids that programs draw.
_BOUNDARY = re.compile(r"boundary=(?:\"[^\"]{0,200}\"|[^\s;]{0,200})", re.IGNORECASE)
_RANDOM = re.compile(r"[0-9A-Fa-f]{32,128}")
_IDS = frozenset(("x-entity-id", "x-mailgun-sid", "x-authority-analysis"))


def field_text(name: str, value: str) -> str:
    """Return what is read of a field: its random ids are no hashes, and no mail addresses."""
    name = name.lower()
    if name == "content-type":
        return _BOUNDARY.sub("", value)
    if name in _MESSAGE_IDS:
        return message_ids(_RANDOM.sub("x", value))
    return _RANDOM.sub("", value) if name in _IDS else value


def message_ids(value: str) -> str:
    """Return ids of messages, each as the field in which the extractor knows it to be one."""
    return "\n".join(f"Message-ID: {one}" for one in value.split())


def header_text(value: str, declared: str | None = None) -> str:
    """Return a field decoded, on one line; `declared` is the encoding of its raw bytes, if known.

    The library's decoder spoils raw characters that stand beside encoded words.
    """
    text = undamaged(_FOLD.sub("", value), declared)
    if "=?" not in text or len(text) > _LONGEST_DECODED:
        return text
    pieces: list[str] = []
    waiting: list[bytes] = []  # words of one encoding that follow each other, and may share a
    encoding = ""  # character: they are decoded together
    place = 0
    while (match := _WORD.search(text, place)) and (end := text.find("?=", match.end())) >= 0:
        between = text[place : match.start()]
        named = match[1].partition("*")[0].lower()  # a language may follow (RFC 2231, 5)
        if between.strip() or named != encoding:
            pieces.append(decode_text(b"".join(waiting), encoding))
            waiting.clear()
        # Blanks between two words belong to neither (RFC 2047, 6.2).
        if between.strip() or not place:
            pieces.append(between)
        encoding = named
        waiting.append(_content(match[2], text[match.end() : end]))
        place = end + 2
    return "".join(pieces) + decode_text(b"".join(waiting), encoding) + text[place:]


def _content(method: str, word: str) -> bytes:
    data = word.encode("utf-8", "replace")
    return from_base64(data) if method in "bB" else a2b_qp(data, header=True)
