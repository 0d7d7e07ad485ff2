"""The reader of S/MIME (CMS, RFC 5652): what is only signed is opened, encryption is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from zlib import decompressobj

from app.documents.limits import Budget
from app.documents.models import Item, Member, Unread
from app.documents.readers.binary import strings
from app.documents.readers.der import CONTEXT_0, OBJECT_ID, SEQUENCE, Element, children, element
from app.documents.readers.der import octets as octets_of
from app.documents.readers.transfer import from_base64
from app.errors import DocumentError

_CMS = bytes.fromhex("2a864886f70d0107")  # 1.2.840.113549.1.7
_SMIME = bytes.fromhex("2a864886f70d01091001")  # 1.2.840.113549.1.9.16.1
_DATA = _CMS + b"\x01"
_SIGNED, _DIGESTED = _CMS + b"\x02", _CMS + b"\x05"
_COMPRESSED = _SMIME + b"\x09"
_ENCRYPTED = frozenset((_CMS + b"\x03", _CMS + b"\x04", _CMS + b"\x06", _SMIME + b"\x17"))
_CUT = "Its end is missing."
_NO_CONTENT = "Its structure is damaged; no content of it could be found."


def read_smime(data: bytes, budget: Budget) -> Iterator[Item]:
    if data.lstrip().startswith(b"-----BEGIN"):
        data = _without_armor(data)
    message = element(data, 0, len(data))
    kind, body = _content(data, message)
    if kind in _ENCRYPTED:
        raise DocumentError("It is encrypted (S/MIME).")
    if kind not in (_SIGNED, _DIGESTED, _COMPRESSED) or body is None:
        raise DocumentError(_NO_CONTENT)
    inner = _encapsulated(data, body)
    if inner is None:  # a signature that stands beside what it signs
        yield from strings(data, "certificates")
        if not message.is_whole:
            yield Unread(_CUT)
        return
    yield from _member(data, kind, inner, budget)
    yield from strings(data[inner.end :], "certificates")


def _without_armor(data: bytes) -> bytes:
    return from_base64(b"".join(data.strip().split(b"\n")[1:-1]))


def _content(data: bytes, parent: Element) -> tuple[bytes, Element | None]:
    """Return the type of a ContentInfo, and the element in its content, if there is one."""
    if parent.tag != SEQUENCE:
        raise DocumentError(_NO_CONTENT)
    inside = children(data, parent)
    kind = next(inside, None)
    if kind is None or kind.tag != OBJECT_ID:
        raise DocumentError(_NO_CONTENT)
    content = None
    # The content may be cut, and its beginning is worth reading.
    with suppress(DocumentError):
        content = next((one for one in inside if one.tag == CONTEXT_0), None)
    if content is not None and content.start < content.stop:
        return data[kind.start : kind.stop], element(data, content.start, content.stop)
    return data[kind.start : kind.stop], None


def _encapsulated(data: bytes, body: Element) -> Element | None:
    """Return the content that a signed or compressed message wraps; None if it wraps none."""
    is_detached = False
    for child in children(data, body):
        if child.tag == SEQUENCE and data[child.start : child.start + 1] == bytes((OBJECT_ID,)):
            kind, content = _content(data, child)
            if content is not None:
                return content
            is_detached = is_detached or kind == _DATA
    if not is_detached:
        raise DocumentError(_NO_CONTENT)
    return None


def _member(data: bytes, kind: bytes, inner: Element, budget: Budget) -> Iterator[Item]:
    content, is_whole = octets_of(data, inner)
    reason = "" if is_whole else _CUT
    if kind == _COMPRESSED:
        content, trouble = budget.unpack(_Inflating(content), len(content))
        reason = reason or trouble
    if content or not reason:
        yield Member("content", content, "signed" if kind == _SIGNED else "packed", reason)
    else:
        yield Unread(reason)


class _Inflating:
    """A file object that unpacks a zlib stream (RFC 3274)."""

    def __init__(self, data: bytes) -> None:
        self._inflate = decompressobj()
        self._rest = data

    def read(self, size: int = 1 << 16, /) -> bytes:
        chunk = self._inflate.decompress(self._rest, size)
        self._rest = self._inflate.unconsumed_tail
        if not chunk and not self._inflate.eof:
            raise EOFError("the end is missing")
        return chunk
