"""The reader of Outlook messages: OLE files with one stream for each property (MS-OXMSG).

A model for the reader of a container: it yields parts of text, headers, attachments as members,
and reports what it could not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string, policy

from olefile import OleFileIO

from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.binary import strings
from app.documents.readers.bodies import plain_items
from app.documents.readers.encodings import decode_text
from app.documents.readers.header_text import field_text, message_ids
from app.documents.readers.html import html_items
from app.documents.readers.ole import behind, open_ole, stream_of
from app.documents.readers.rtf import rtf_items
from app.documents.readers.squeezed import unsqueeze
from app.errors import DocumentError

_PROPERTY = re.compile(r"__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})(?:-[0-9A-F]{8})?$", re.I)
# The types and numbers of properties (MS-OXCDATA 2.11.1, MS-OXPROPS).
_WIDE, _NARROW, _BINARY, _STORAGE = 0x1F, 0x1E, 0x102, 0x0D
_MANY = 0x1000
_BODY, _HTML, _RTF, _HEADERS = 0x1000, 0x1013, 0x1009, 0x007D
_DATA, _LONG_NAME, _SHORT_NAME, _SUBJECT = 0x3701, 0x3707, 0x3704, 0x0037
_NAMES = {
    _SUBJECT: "subject",
    _BODY: "body",
    0x0042: "sent on behalf of",
    0x0065: "sent on behalf of",
    0x0C1A: "sender",
    0x0C1F: "sender",
    0x5D01: "sender",
    0x0E02: "blind copy",
    0x0E03: "copy",
    0x0E04: "to",
    0x1035: "message id",
    0x1042: "in reply to",
    0x1039: "references",
    0x3001: "recipient",
    0x3003: "recipient",
    0x39FE: "recipient",
    0x370E: "attachment's type",
    0x3712: "attachment's content id",
}
_MESSAGE_IDS = frozenset((0x1035, 0x1039, 0x1042, 0x3712))
_DEEPEST = 8


def read_msg(data: bytes, budget: Budget) -> Iterator[Item]:
    with open_ole(data) as ole:
        paths = ole.listdir(streams=True, storages=False)
        yield from _message(ole, paths, [], "", budget)
        yield from behind(ole, data)


def _message(
    ole: OleFileIO[str], paths: list[list[str]], folder: list[str], prefix: str, budget: Budget
) -> Iterator[Item]:
    """Yield the properties in a folder of the OLE file, of recipients, and the attachments."""
    if len(folder) > 2 * _DEEPEST:
        yield Unread(f"Messages inside messages are read to a depth of {_DEEPEST}.")
        return
    depth = len(folder)
    inside = [path for path in paths if path[:depth] == folder and len(path) > depth]
    attachments: dict[str, None] = {}
    for path in inside:
        if len(path) == depth + 1:
            yield from _property(ole, path, prefix)
        elif path[depth].lower().startswith("__attach"):
            attachments[path[depth]] = None
        elif len(path) == depth + 2 and path[depth].lower().startswith("__recip"):
            yield from _property(ole, path, prefix)
    for name in attachments:
        yield from _attachment(ole, inside, [*folder, name], prefix, budget)


def _property(ole: OleFileIO[str], path: list[str], prefix: str) -> Iterator[Item]:
    if not (match := _PROPERTY.match(path[-1])):
        return
    number, kind = int(match[1], 16), int(match[2], 16) & ~_MANY
    try:
        content = stream_of(ole, path)
    except DocumentError as e:
        yield Unread(str(e))
        return
    for item in property_items(number, kind, content):
        if isinstance(item, Part):
            item = Part(prefix + item.part, item.text, item.line, item.is_one_line)
        yield item


def property_items(number: int, kind: int, content: bytes) -> Iterator[Item]:
    """Yield what a property holds; bodies and headers are read by their own formats."""
    is_text = kind in (_WIDE, _NARROW)
    text = content.decode("utf-16-le", "replace") if kind == _WIDE else ""
    if kind == _NARROW or number == _HTML:
        text = text or decode_text(content)
    if number == _HEADERS and is_text:
        yield from _headers(text)
    elif number == _HTML:
        for item in html_items(text):
            if isinstance(item, Part):
                item = Part(f"HTML body, {item.part}", item.text, item.line, item.is_one_line)
            yield item
    elif number == _RTF and kind == _BINARY:
        unpacked, is_whole = unsqueeze(content)
        for item in rtf_items(unpacked):
            if isinstance(item, Part):
                item = Part(f"RTF body, {item.part}", item.text, item.line, item.is_one_line)
            yield item
        if not is_whole:
            yield Unread("Its body in RTF is damaged.")
    elif is_text and number == _BODY:
        yield from plain_items(text, "body")
    elif is_text and number in _MESSAGE_IDS:
        yield Part(_NAMES.get(number, f"property {number:04X}"), message_ids(text))
    elif is_text and number not in (_LONG_NAME, _SHORT_NAME):
        yield Part(_NAMES.get(number, f"property {number:04X}"), text)
    elif kind == _BINARY and number != _DATA:
        yield from strings(content, f"property {number:04X}")


def _headers(text: str) -> Iterator[Item]:
    message = message_from_string(text.lstrip(), policy=policy.compat32)
    for name, value in message.items():
        line = " ".join(str(value).split("\r\n"))
        yield Part(f"header {name[:60]}", field_text(name, line))
    if str(message.get_payload()).strip():
        yield Part("headers", str(message.get_payload()))


def _attachment(
    ole: OleFileIO[str], paths: list[list[str]], folder: list[str], prefix: str, budget: Budget
) -> Iterator[Item]:
    depth = len(folder)
    inside = [path for path in paths if path[:depth] == folder]
    name = _text(ole, inside, folder, _LONG_NAME) or _text(ole, inside, folder, _SHORT_NAME)
    data: list[str] | None = None
    embedded: list[str] | None = None
    for path in inside:
        match = _PROPERTY.match(path[depth])
        if match and int(match[1], 16) == _DATA:
            if len(path) == depth + 1:
                data = path
            elif int(match[2], 16) == _STORAGE:
                embedded = path[: depth + 1]
        elif len(path) == depth + 1:
            yield from _property(ole, path, f"{prefix}attachment {name or 'unnamed'}, ")
    if data is not None:
        try:
            yield Member(name or "unnamed", stream_of(ole, data), f"{prefix}attachment")
        except DocumentError as e:
            yield Unread(str(e))
    if embedded is not None:
        title = name or _text(ole, inside, embedded, _SUBJECT) or "message"
        yield from _message(ole, inside, embedded, f"{prefix}attachment {title[:100]} > ", budget)


def _text(ole: OleFileIO[str], paths: list[list[str]], folder: list[str], number: int) -> str:
    """Return the text of one property of a folder; "" if there is none."""
    for path in paths:
        match = _PROPERTY.match(path[-1])
        if match and path[:-1] == folder and int(match[1], 16) == number:
            content = stream_of(ole, path)
            is_wide = int(match[2], 16) == _WIDE
            text = content.decode("utf-16-le", "replace") if is_wide else decode_text(content)
            return text.strip("\x00 ")
    return ""
