"""The reader of XML: text of elements, attributes, comments; follows no entity and no address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from io import BytesIO
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, property_lexical_handler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from app.documents.kinds import Kind, kind_of
from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.encodings import decode_text
from app.documents.readers.html import html_items
from app.documents.readers.scripts import (
    carried_file,
    data_uri,
    from_base64,
    is_data_uri,
    readable,
    script_items,
)

_CHUNK = 1 << 16
_KNOWN_TYPES = ("http://www.w3.org/", "https://www.w3.org/", "http://www.apple.com/DTDs/")
# An element that holds nothing but Base64: the bytes of a property list, a binary part.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]++\s*+)++={0,2}\s*+")
_SHORTEST = 16
_MOST_PAGES = 100
_NAMESPACE = re.compile(r"\sxmlns(?::[\w.-]+)?\s*=\s*(?:\"[^\"]*\"|'[^']*')")


class _Handler(ContentHandler):
    """Makes a part of the text of an element, up to the next tag, and of each attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Item] = []
        self._name = "text"
        self._pages = 0
        self._text: list[str] = []
        self.line: Callable[[], int | None] = lambda: 1

    def startElement(self, name: str, attributes: Any) -> None:  # noqa: N802
        self._end()
        self._name = f"element {_local(name)}"
        for key, value in attributes.items():
            if not key.startswith("xmlns") and not key.endswith("schemaLocation"):
                self._attribute(_local(key), value)

    def endElement(self, name: str) -> None:  # noqa: N802
        self._name = f"element {_local(name)}"
        self._end()

    def characters(self, content: str) -> None:
        self._text.append(content)

    def processingInstruction(self, target: str, data: str) -> None:  # noqa: N802
        self._add("instruction", data)

    def comment(self, content: str) -> None:
        self._add("comment", content)

    def startDTD(self, name: str, public: str | None, system: str | None) -> None:  # noqa: N802
        if system and not system.startswith(_KNOWN_TYPES):
            self._add("document type", system)

    def endDTD(self) -> None:  # noqa: N802
        """Do nothing: no document type is followed."""

    startCDATA = endCDATA = endDTD  # noqa: N815

    def _end(self) -> None:
        text, self._text = "".join(self._text), []
        if not text.strip():
            return
        if self._name == "element script":
            self.items += script_items(self._name, text, self._first_line(text))
        elif not self._is_base64(text):
            self._add(self._name, text)

    def _attribute(self, name: str, value: str) -> None:
        if is_data_uri(value):
            kind, written, data = data_uri(value)
            self._add("data URI", written[:2000])
            self.items += carried_file(kind, data, self.line() or 1)
        elif name.startswith("on") or value.lstrip()[:11].lower() == "javascript:":
            self.items += script_items(f"attribute {name}", value, self.line() or 1)
        elif name == "srcdoc" and self._pages < _MOST_PAGES:
            self._pages += 1
            for item in html_items(value, 1):
                if isinstance(item, Part):
                    item = Part(f"attribute srcdoc, {item.part}", item.text, self.line() or 1, True)
                self.items.append(item)
        else:
            self._add(f"attribute {name}", value)

    def _is_base64(self, text: str) -> bool:
        """Add what the text stands for, if it is Base64 of a text or of a known format."""
        if len(text) < _SHORTEST or not _BASE64.fullmatch(text.strip()):
            return False
        data = from_base64(text) or b""
        kind = kind_of(data[:4096], data[-4096:])
        shown = readable(data) if kind is Kind.TEXT else None
        if shown is not None:
            self._add(f"{self._name}, Base64", shown)
        elif kind is Kind.BINARY or kind is Kind.TEXT:
            return False
        else:
            self.items.append(Member(f"Base64 of {self._name}", data, "embedded"))
        return True

    def _add(self, part: str, text: str) -> None:
        self.items.append(Part(part, text, self._first_line(text)))

    def _first_line(self, text: str) -> int:
        return max(1, (self.line() or 1) - text.count("\n"))


def read_xml(data: bytes, budget: Budget) -> Iterator[Item]:
    handler = _Handler()
    # Document types are allowed, for their addresses are worth reading; nothing is fetched, which
    # is the default of the parser since Python 3.7. Entities may grow without bound.
    parser = DefusedExpatParser(forbid_dtd=False, forbid_entities=True, forbid_external=False)
    parser.setContentHandler(handler)
    handler.line = parser.getLineNumber
    parser.setProperty(property_lexical_handler, handler)
    try:
        for chunk in _chunks(data):
            parser.feed(chunk)
            items, handler.items = handler.items, []
            yield from items
        parser.close()
    except (DefusedXmlException, SAXException, ValueError) as e:
        yield Part("source", unescape(_NAMESPACE.sub("", decode_text(data))))
        yield Unread(_reason(e))
    yield from handler.items


def _chunks(data: bytes) -> Iterator[bytes]:
    stream = BytesIO(data)
    while chunk := stream.read(_CHUNK):
        yield chunk


def _reason(error: Exception) -> str:
    if isinstance(error, DefusedXmlException):
        return "It declares entities, which are not followed; it was read as plain text."
    return "It is no well-formed XML; it was read as plain text from there."


def _local(name: str) -> str:
    return name.rpartition(":")[2][:60]
