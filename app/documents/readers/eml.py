"""The reader of mails: all headers, all bodies, and the attachments as members."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from urllib.parse import unquote

from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.encodings import decode_text, known_encoding
from app.documents.readers.html import html_items
from app.errors import DocumentError

# Headers stay as they came; the newer policies of the library drop what they cannot parse.
_AS_IT_CAME = policy.compat32.clone(max_line_length=None, mangle_from_=False)
_HEADER_LINE = re.compile(rb"([!-9;-~]+)[ \t]*:")
# The "From " line of an mbox has an address and a time; a line of a body seldom has both.
_NEXT_MAIL = re.compile(rb"(?:\A|\r?\n\r?\n)(?=From \S+[^\r\n]* \d\d:\d\d)")
_BLANK_LINE = re.compile(rb"\A\r?\n|\r?\n\r?\n")
_MOST_PARTS = 2_000
_LONGEST_DECODED = 100_000
# Types whose parts are bodies unless they have a file name; all others are attachments.
_BODIES = ("text/plain", "text/html", "text/enriched", "text/x-amp-html", "text/richtext")


def read_eml(data: bytes, budget: Budget) -> Iterator[Item]:
    data = data.lstrip(b"\xef\xbb\xbf\r\n \t")
    try:
        message = message_from_bytes(data, policy=_AS_IT_CAME)
    except RecursionError as e:
        raise DocumentError("Its parts are nested too deeply.") from e
    yield from _headers(message, data)
    for number, (part, raw) in enumerate(_leaves(message, data)):
        if number == _MOST_PARTS:
            yield Unread(f"It has more than {_MOST_PARTS:,} parts.")
            return
        yield from _part(part, raw, is_whole=part is message)


def read_mbox(data: bytes, budget: Budget) -> Iterator[Item]:
    starts = [match.end() for match in _NEXT_MAIL.finditer(data)]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True), 1):
        mail = data[start:end]
        yield Member(f"message {number}", mail[mail.find(b"\n") + 1 :])


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
        else:
            yield part, raw


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


def _headers(message: Message, data: bytes) -> Iterator[Item]:
    lines = _header_lines(data)
    for name, value in message.items():
        places = lines.get(name.lower(), [])
        line = places.pop(0) if places else 1
        yield Part(f"header {name[:60]}", _decoded(value), line)


def _header_lines(data: bytes) -> dict[str, list[int]]:
    """Return the lines at which the header fields begin, by name in lower case."""
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(data[: 1 << 20].split(b"\n"), 1):
        if not line.strip():
            break
        if match := _HEADER_LINE.match(line):
            lines.setdefault(match[1].decode("ascii").lower(), []).append(number)
    return lines


def _decoded(value: object) -> str:
    """Return the header decoded, on one line; unchanged if it cannot be decoded."""
    text = re.sub(r"\r?\n(?=[ \t])", "", str(value))
    if "=?" not in text or len(text) > _LONGEST_DECODED:
        return _undamaged(text)
    pieces = []
    try:
        for piece, charset in decode_header(text):
            if isinstance(piece, bytes):
                pieces.append(decode_text(piece, charset))
            else:
                pieces.append(piece)
    except (ValueError, LookupError):
        return _undamaged(text)
    return _undamaged("".join(pieces))


def _undamaged(text: str) -> str:
    """Return a header or text decoded: the library keeps bytes beyond ASCII as surrogates."""
    if text.isascii():
        return text
    return decode_text(text.encode("utf-8", "surrogateescape"))


def _part(part: Message, raw: bytes, is_whole: bool) -> Iterator[Item]:
    kind = part.get_content_type()
    if part["X-Margin"] in ("preamble", "epilogue") and len(part) == 1:
        yield Part(part["X-Margin"], _undamaged(str(part.get_payload())))
        return
    name = _file_name(part)
    if not is_whole:
        yield from _part_headers(part)
    if kind.startswith("message/"):
        yield from _inner_message(part, raw, name)
        return
    data = _payload(part)
    is_attached = part.get_content_disposition() == "attachment" or bool(name)
    if is_attached or (kind not in _BODIES and not kind.startswith(("multipart/", "text/"))):
        if data or name:
            yield Member(name or "unnamed", data, "attachment")
        return
    text = decode_text(data, known_encoding(_charset(part)))
    if kind in ("text/html", "text/x-amp-html"):
        for item in html_items(text):
            if isinstance(item, Part):
                item = Part(f"HTML body, {item.part}", item.text, item.line, item.is_one_line)
            yield item
    else:
        yield Part("body", text)


def _part_headers(part: Message) -> Iterator[Item]:
    """Yield the headers of a part: those of an attachment may hold addresses too."""
    for name, value in part.items():
        if name.lower() not in ("content-type", "content-transfer-encoding", "mime-version"):
            yield Part(f"part header {name[:60]}", _decoded(value))


def _inner_message(part: Message, raw: bytes, name: str) -> Iterator[Item]:
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(inner, Message):
        if data := _payload(part):
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


def _payload(part: Message) -> bytes:
    """Return the content of a part, decoded; as it came if it cannot be decoded."""
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        data = None
    if isinstance(data, bytes):
        return data
    return str(part.get_payload()).encode("utf-8", "surrogateescape")


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (ValueError, LookupError):
        return None


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        return ""
    return unquote(_decoded(name)) if name else ""
