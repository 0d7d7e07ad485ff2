"""Reads the XML inside of Office files, of any depth and without following entities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol
from xml.parsers.expat import ExpatError, ParserCreate

from defusedxml.common import EntitiesForbidden, ExternalReferenceForbidden

from app.documents.models import Item, Part, Unread
from app.documents.readers.encodings import decode_text
from app.documents.readers.fields import quoted

# Expat directly, and not ElementTree: a sheet of 100 MB must not become a tree in memory.
_CHUNK = 1 << 18
_TAG = re.compile(r"<[^<>]*>")
_BREAKING_TAG = re.compile(r"</(?:\w+:)?(?:p|si|c|row|tc|comment)>")
# Attributes that hold identifiers; and the shape of values that may hold an IOC.
_UNTELLING = frozenset(("Type", "ContentType", "uri", "Requires", "Ignorable", "id", "rsid", "pos"))
_TELLING = re.compile(r"[:/@\\]|\w\.\w|\[\.|HYPERLINK|[0-9A-Fa-f]{32}")


class Handler(Protocol):
    """Receives elements by their local names, and gathers items."""

    items: list[Item]

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


def parse(data: bytes, handler: Handler) -> Iterator[Item]:
    """Run the handler over the XML, and yield its items; after an error the rest is plain text."""
    if not data:
        return
    parser = ParserCreate()
    parser.buffer_text = True
    local, start, end = _LocalNames(), handler.start, handler.end
    parser.StartElementHandler = lambda name, attributes: start(local[name], attributes)
    parser.EndElementHandler = lambda name: end(local[name])
    parser.CharacterDataHandler = handler.text
    parser.EntityDeclHandler = _forbid_entity
    parser.ExternalEntityRefHandler = _forbid_reference
    reason, start_of_rest = "", 0
    try:
        for place in range(0, len(data), _CHUNK):
            parser.Parse(data[place : place + _CHUNK], False)
            items, handler.items = handler.items, []
            yield from items
        parser.Parse(b"", True)
    except (EntitiesForbidden, ExternalReferenceForbidden):
        reason, start_of_rest = "It declares entities, which are not followed.", 0
    except (ExpatError, ValueError):
        reason = "A part of it is no well-formed XML; its text was read as it stands."
        start_of_rest = parser.ErrorByteIndex
        parser.buffer_text = False  # hands over the text before the error
    yield from handler.items
    handler.items = []
    if reason:
        rest = decode_text(data[max(0, start_of_rest) :])
        yield Part("damaged part", _TAG.sub("", _BREAKING_TAG.sub("\n", rest)))
        yield Unread(reason)


class _LocalNames(dict[str, str]):
    """Element names without their prefix; each different name is cut once."""

    def __missing__(self, name: str) -> str:
        local = self[name] = name.rpartition(":")[2]
        return local


# Entities may grow without bound ("billion laughs") or name a file or an address (XXE).
def _forbid_entity(name: str, *about: object) -> None:
    raise EntitiesForbidden(name, None, None, None, None, None)


def _forbid_reference(*about: object) -> int:
    raise ExternalReferenceForbidden("", "", "", "")


class Texts:
    """Gathers paragraphs, fields, links, hidden text, and the attributes that may hold an IOC.

    A paragraph is split into runs of one format each; an IOC may be spread over several.
    """

    paragraphs = frozenset(("p", "si", "text", "is", "threadedComment"))
    _breaks = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""}

    def __init__(self, part: str, links: dict[str, str] | None = None) -> None:
        self.items: list[Item] = []
        self.part = part
        self._links = links or {}
        self._number = 0
        self._paragraphs: list[list[str]] = [[]]
        self._pending: list[str] = []
        self._field: list[str] = []
        self._hidden: list[str] = []
        self._is_hidden = False
        self._link: list[str] | None = None
        self._target = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._pending.clear()
        if name in self.paragraphs:
            self._paragraphs.append([])
        elif name in self._breaks:
            self._paragraphs[-1].append(self._breaks[name])
        elif name == "r":
            self._is_hidden = False
        elif name in ("vanish", "webHidden"):
            self._is_hidden = _value(attributes) not in ("0", "false", "off")
        elif name == "fldChar" and "begin" not in attributes.values():
            self._end_field()
        elif name in ("hyperlink", "hlinkClick", "hlinkHover", "hlinkMouseOver"):
            self._start_link(name, attributes)
        for key, value in attributes.items():
            self.attribute(name, key, value)

    def attribute(self, element: str, key: str, value: str) -> None:
        if (
            len(value) > 3
            and _TELLING.search(value)
            and not key.startswith("xmlns")
            and key.rpartition(":")[2] not in _UNTELLING
        ):
            self.add(f"attribute {key.rpartition(':')[2]} of {element}", value)

    def text(self, data: str) -> None:
        self._pending.append(data)

    def end(self, name: str) -> None:
        text = "".join(self._pending)
        self._pending.clear()
        if name in ("t", "delText"):
            (self._hidden if self._is_hidden else self._paragraphs[-1]).append(text)
            if self._link is not None:
                self._link.append(text)
        elif name in ("instrText", "delInstrText"):
            self._field.append(text)
        elif name in self.paragraphs:
            self._paragraphs[-1].append(text)
            self.end_paragraph("".join(self._paragraphs.pop()))
            self._paragraphs = self._paragraphs or [[]]
        elif text.strip():
            self.add(name, text)
        if name == "hyperlink":
            self._end_link()

    def end_paragraph(self, text: str) -> None:
        self._number += 1
        if text.strip():
            self.items.append(Part(self.part, text, self._number, True))
        hidden, self._hidden = "".join(self._hidden), []
        if hidden.strip():
            self.add("hidden text", hidden)

    def add(self, what: str, text: str) -> None:
        self.items.append(Part(f"{self.part}, {what}", text, max(1, self._number), True))

    def finish(self) -> None:
        self._end_field()
        self.end_paragraph("".join(piece for pieces in self._paragraphs for piece in pieces))

    def _end_field(self) -> None:
        field, self._field = "".join(self._field), []
        if field.strip():
            self.add("field", field)
            if text := quoted(field):
                self.add("field", text)

    def _start_link(self, name: str, attributes: dict[str, str]) -> None:
        number = next((value for key, value in attributes.items() if key.endswith(":id")), "")
        target = self._links.get(number, "")
        if name == "hyperlink":
            self._link, self._target = [], target
        elif target:
            self.add("link", target)

    def _end_link(self) -> None:
        shown = " ".join("".join(self._link or ()).split())
        if self._target:
            self.add(f"link shown as {shown[:80]}" if "." in shown else "link", self._target)
        self._link, self._target = None, ""


def _value(attributes: dict[str, str]) -> str:
    return next((value for key, value in attributes.items() if key.endswith("val")), "")
