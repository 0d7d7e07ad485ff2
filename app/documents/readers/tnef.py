"""The reader of winmail.dat, in which Outlook wraps mails for other mail programs (MS-OXTNEF)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import unpack_from

from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.encodings import decode_text
from app.documents.readers.mapi import LONG_NAME, Property, properties, rows_of_properties
from app.documents.readers.msg import property_items

_HEAD = 6
_ATTRIBUTE = 9  # the level, the number and the length of each attribute
_CHECKSUM = 2
# The numbers of attributes (MS-OXTNEF 2.1.2), without the type in their upper half.
_RENDERING, _TITLE, _FILE, _OF_ATTACHMENT, _OF_MESSAGE = 0x9002, 0x8010, 0x800F, 0x9005, 0x9003
_RECIPIENTS = 0x9004
_TEXTS = {0x8000: "sender", 0x8004: "subject", 0x800C: "body", 0x8005: "date"}
_OBJECT = 0x000D
_DATA = 0x3701
_INTERFACE = 16  # the identifier that stands before an embedded object
_CUT = "Its end is missing."


@dataclass(slots=True)
class _Attachment:
    name: str = ""
    data: bytes = b""
    reason: str = ""
    items: list[Item] = field(default_factory=list)


def read_tnef(data: bytes, budget: Budget) -> Iterator[Item]:
    attachment: _Attachment | None = None
    place = _HEAD
    while place + _ATTRIBUTE <= len(data):
        number, _, size = unpack_from("<HHI", data, place + 1)
        content = data[place + _ATTRIBUTE : place + _ATTRIBUTE + size]
        is_cut = len(content) < size
        if data[place] == 2:
            if attachment is None or number == _RENDERING:
                yield from _finished(attachment)
                attachment = _Attachment()
            _add(attachment, number, content, is_cut)
        elif data[place] == 1:
            yield from _of_message(number, content)
        else:
            yield Unread("Its structure is damaged; the rest was read as a file.")
            yield Member("the rest", data[place:], "embedded", _CUT)
            break
        if is_cut:
            yield Unread(_CUT)
        place += _ATTRIBUTE + size + _CHECKSUM
    yield from _finished(attachment)
    if place < len(data) < place + _ATTRIBUTE and data[place:].strip(b"\x00"):
        yield Unread(_CUT)


def _of_message(number: int, content: bytes) -> Iterator[Item]:
    if number in _TEXTS:
        yield Part(_TEXTS[number], decode_text(content.replace(b"\x00", b" ")))
    elif number == _OF_MESSAGE:
        yield from _items(properties(content))
    elif number == _RECIPIENTS:
        yield from _items(rows_of_properties(content))


def _items(found: Iterator[Property | Unread]) -> Iterator[Item]:
    for one in found:
        if isinstance(one, Unread):
            yield one
        else:
            yield from property_items(one.number, one.kind, one.content)


def _add(attachment: _Attachment, number: int, content: bytes, is_cut: bool) -> None:
    if number == _TITLE and not attachment.name:
        attachment.name = decode_text(content).strip("\x00 ")
    elif number == _FILE:
        attachment.data = content
        attachment.reason = _CUT if is_cut else ""
    elif number == _OF_ATTACHMENT:
        for one in properties(content):
            if isinstance(one, Unread):
                attachment.items.append(one)
            elif one.number == _DATA and one.kind == _OBJECT:
                attachment.data = one.content[_INTERFACE:]
            elif one.number == _DATA:
                attachment.data = attachment.data or one.content
            elif one.number == LONG_NAME:
                attachment.name = one.text or attachment.name
            else:
                attachment.items += property_items(one.number, one.kind, one.content)


def _finished(attachment: _Attachment | None) -> Iterator[Item]:
    if attachment is None:
        return
    name = attachment.name or "unnamed"
    for item in attachment.items:
        if isinstance(item, Part):
            item = Part(f"attachment {name}, {item.part}", item.text, item.line, item.is_one_line)
        yield item
    if attachment.data:
        yield Member(name, attachment.data, "attachment", attachment.reason)
