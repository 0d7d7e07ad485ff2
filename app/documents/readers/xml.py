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

from app.documents.limits import Budget
from app.documents.models import Item, Part, Unread
from app.documents.readers.encodings import decode_text

_CHUNK = 1 << 16
_KNOWN_TYPES = ("http://www.w3.org/", "https://www.w3.org/", "http://www.apple.com/DTDs/")
_NAMESPACE = re.compile(r"\sxmlns(?::[\w.-]+)?\s*=\s*(?:\"[^\"]*\"|'[^']*')")


class _Handler(ContentHandler):
    """Makes a part of the text of an element, up to the next tag, and of each attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Item] = []
        self._name = "text"
        self._text: list[str] = []
        self.line: Callable[[], int | None] = lambda: 1

    def startElement(self, name: str, attributes: Any) -> None:  # noqa: N802
        self._end()
        self._name = f"element {_local(name)}"
        for key, value in attributes.items():
            if not key.startswith("xmlns") and not key.endswith("schemaLocation"):
                self._add(f"attribute {_local(key)}", value)

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
        if text.strip():
            self._add(self._name, text)

    def _add(self, part: str, text: str) -> None:
        line = self.line() or 1
        self.items.append(Part(part, text, max(1, line - text.count("\n"))))


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
