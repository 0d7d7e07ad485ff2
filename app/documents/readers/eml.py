"""The reader of mails: all headers, all bodies, and the attachments as members."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from email import message_from_bytes
from email._policybase import Compat32
from email.message import Message
from itertools import islice
from urllib.parse import unquote

from app.documents.kinds import HEAD
from app.documents.limits import Budget
from app.documents.mail_heads import even_line_ends, mail_start, missing_boundary
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.bodies import plain_items
from app.documents.readers.calendars import calendar_items
from app.documents.readers.encodings import decode_text, known_encoding, undamaged
from app.documents.readers.header_text import field_text, header_text
from app.documents.readers.html import html_items
from app.documents.readers.transfer import undo_transfer
from app.errors import DocumentError


class _AsItCame(Compat32):
    """Keeps headers as they came: the library's policies drop or spoil what they cannot parse."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


_POLICY = _AsItCame(max_line_length=None, mangle_from_=False)
_HEADER_LINE = re.compile(rb"([!-9;-~]+)[ \t]*:")
_BLANK_LINE = re.compile(rb"\A\r?\n|\r?\n\r?\n")
# The first line of a part in a multipart body whose header names no boundary, or a wrong one.
_BOUNDARY = re.compile(rb"(?:\A|\r?\n)(?=--[^\s-][^\r\n]{0,99}\r?\nContent-)", re.IGNORECASE)
_MOST_PARTS = 2_000
# Types whose parts are bodies unless they have a file name; all others are attachments.
_BODIES = ("text/plain", "text/html", "text/enriched", "text/x-amp-html", "text/richtext")


def read_eml(data: bytes, budget: Budget) -> Iterator[Item]:
    data = even_line_ends(data.lstrip(b"\xef\xbb\xbf\r\n \t"))
    behind = b""
    if (start := mail_start(data[:HEAD])) > 0:
        first, data = data[:start], data[start:]
        yield Part("line above the mail", decode_text(first))
        if first.strip().isdigit():  # Apple Mail: the length, the mail, and what it knows of it
            data, behind = data[: int(first)], data[int(first) :]
    try:
        message = message_from_bytes(_framed(data), policy=_POLICY)
    except RecursionError as e:
        raise DocumentError("Its parts are nested too deeply.") from e
    leaves = list(islice(_leaves(message, data), _MOST_PARTS + 1))
    encoding = next(filter(None, (_charset(part) for part, _ in leaves)), None)
    yield from _headers(message, data, encoding)
    for part, raw in leaves[:_MOST_PARTS]:
        yield from _part(part, raw, encoding, is_whole=part is message)
    if len(leaves) > _MOST_PARTS:
        yield Unread(f"It has more than {_MOST_PARTS:,} parts.")
    if behind.strip():
        yield Member("what stands behind the mail", behind, "embedded")


def _framed(data: bytes) -> bytes:
    """Return a mail with the header that a multipart body needs, if it begins without one."""
    if boundary := missing_boundary(data):
        return b'Content-Type: multipart/mixed; boundary="%s"\n\n%s' % (boundary, data)
    return data


def _leaves(message: Message, data: bytes) -> Iterator[tuple[Message, bytes]]:
    """Yield the parts that hold content and not other parts, each with its bytes as they came."""
    waiting = [(message, data)]
    while waiting:
        part, raw = waiting.pop()
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() != "message":
            yield from ((margin, b"") for margin in _margins(part))
            inner = [one for one in payload if isinstance(one, Message)]
            waiting += reversed(list(zip(inner, _pieces(part, raw, len(inner)), strict=True)))
        elif part.get_content_maintype() == "multipart" and (found := _reframed(part)):
            yield from ((margin, b"") for margin in _margins(part))
            waiting.append(found)
        else:
            yield part, raw


def _reframed(part: Message) -> tuple[Message, bytes] | None:
    """Return a multipart body, read by the boundary in it; None if there is none."""
    body = str(part.get_payload()).encode("utf-8", "surrogateescape")
    match = _BOUNDARY.search(body)
    if match is None or not missing_boundary(body[match.end() :]):
        return None
    # What stands above is the preamble; the header makes this an entity of its own.
    boundary = missing_boundary(body[match.end() :])
    raw = b'Content-Type: multipart/mixed; boundary="%s"\n\n%s' % (boundary, body)
    message = message_from_bytes(raw, policy=_POLICY)
    return (message, raw) if message.is_multipart() else None


def _pieces(part: Message, raw: bytes, count: int) -> list[bytes]:
    """Return the bytes of each part as they came; empty ones if the boundaries do not match."""
    # An attached message must keep its bytes, for its hash: the library would write it anew.
    boundary = str(part.get_boundary() or "").encode("utf-8", "surrogateescape")
    line = rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)"
    places = list(re.finditer(line, raw)) if boundary else []
    pieces = []
    for number, match in enumerate(places[:count]):
        end = places[number + 1].start() if number + 1 < len(places) else len(raw)
        pieces.append(raw[match.end() : end].split(b"\n", 1)[-1])
    return pieces if len(pieces) == count else [b""] * count


def _margins(part: Message) -> Iterator[Message]:
    """Yield the text before the first part and behind the last: mail programs do not show it."""
    for name in ("preamble", "epilogue"):
        if (text := getattr(part, name)) and text.strip():
            margin: Message = Message()
            margin["X-Margin"] = name
            margin.set_payload(text)
            yield margin


def _headers(message: Message, data: bytes, encoding: str | None) -> Iterator[Item]:
    lines = _header_lines(data)
    for name, value in message.items():
        places = lines.get(name.lower(), [])
        line = places.pop(0) if places else 1
        text = field_text(name, header_text(str(value), encoding))
        yield Part(f"header {name[:60]}", text, line, is_one_line=True)


def _header_lines(data: bytes) -> dict[str, list[int]]:
    """Return the lines at which the header fields begin, by name in lower case."""
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(data[: 1 << 20].split(b"\n"), 1):
        if not line.strip():
            break
        if match := _HEADER_LINE.match(line):
            lines.setdefault(match[1].decode("ascii").lower(), []).append(number)
    return lines


def _part(part: Message, raw: bytes, encoding: str | None, is_whole: bool) -> Iterator[Item]:
    kind = part.get_content_type()
    if part["X-Margin"] in ("preamble", "epilogue") and len(part) == 1:
        yield Part(part["X-Margin"], undamaged(str(part.get_payload()), encoding))
        return
    name = _file_name(part, encoding)
    yield from _part_headers(part, name, encoding, is_whole)
    if kind.startswith("message/"):
        yield from _inner_message(part, raw, name)
        return
    data, below = _payload(part)
    is_attached = part.get_content_disposition() == "attachment" or bool(name)
    if is_attached or (kind not in _BODIES and not kind.startswith(("multipart/", "text/"))):
        if data or name:
            yield Member(name or "unnamed", data, "attachment")
        yield Part("text below the attachment", decode_text(below))
        return
    yield from _body(part, kind, decode_text(data, known_encoding(_charset(part))))
    yield Part("text below the body", decode_text(below))


def _body(part: Message, kind: str, text: str) -> Iterator[Item]:
    if kind in ("text/html", "text/x-amp-html"):
        yield from _titled("HTML body", html_items(text))
    elif text[:32].lstrip("\ufeff \t\r\n").upper().startswith(("BEGIN:VCAL", "BEGIN:VCARD")):
        yield from _titled("calendar", calendar_items(text))
    else:
        is_flowed = str(part.get_param("delsp", "")).lower() == "yes"
        yield from plain_items(text, "body", is_flowed)


def _titled(title: str, items: Iterator[Item]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Part):
            item = Part(f"{title}, {item.part}", item.text, item.line, item.is_one_line)
        yield item


def _part_headers(part: Message, name: str, encoding: str | None, is_whole: bool) -> Iterator[Item]:
    """Yield the headers of a part: those of an attachment may hold addresses too."""
    read = ""
    for field, value in () if is_whole else part.items():
        if field.lower() not in ("content-type", "content-transfer-encoding", "mime-version"):
            text = header_text(str(value), encoding)
            read += text
            yield Part(f"part header {field[:60]}", field_text(field, text))
    if name not in read:  # it was encoded, or stands in the field that is not read
        yield Part("file name", name)
    if part.get_content_type() == "message/external-body":
        for field, value in part.get_params([]):
            # Long addresses are folded at any place (RFC 2017, 3.1).
            yield Part(f"external body, {field[:60]}", "".join(value.split()))


def _inner_message(part: Message, raw: bytes, name: str) -> Iterator[Item]:
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(inner, Message):
        if data := _payload(part)[0]:
            yield Member(name or "message.eml", data, "attachment")
        return
    if part.get("content-transfer-encoding", "").strip().lower() == "base64":
        data = b64decode(str(inner.get_payload()).encode("ascii", "ignore"), validate=False)
    elif part.get_content_type() == "message/rfc822":
        data = _without_headers(raw) or inner.as_bytes()
    else:  # a delivery report is a list of groups of fields (RFC 3464)
        data = b"\n".join(m.as_bytes() for m in payload if isinstance(m, Message))
        yield Part("delivery report", decode_text(data))
        return
    yield Member(name or "message.eml", data, "attachment")


def _without_headers(raw: bytes) -> bytes:
    match = _BLANK_LINE.search(raw)
    return raw[match.end() :] if match else b""


def _payload(part: Message) -> tuple[bytes, bytes]:
    """Return the content of a part, decoded, and the text that stands below encoded content."""
    declared = str(part.get("content-transfer-encoding", ""))
    # The library knows a few spellings of the encodings only, so it must not decode.
    del part["content-transfer-encoding"]
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AssertionError):
        data = None
    if not isinstance(data, bytes):
        data = str(part.get_payload()).encode("utf-8", "surrogateescape")
    return undo_transfer(data, declared)


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (ValueError, LookupError):
        return None


def _file_name(part: Message, encoding: str | None) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        return ""
    # Of a text that is read in two ways, the last is the declared one.
    return unquote(header_text(name, encoding).rpartition("\n")[2]) if name else ""
