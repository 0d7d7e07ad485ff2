"""The base of the readers of Word, Excel and PowerPoint files: a ZIP of parts with relations."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

from app.documents.kinds import Kind, kind_of
from app.documents.limits import Budget
from app.documents.models import Item, Member, Part, Unread
from app.documents.readers.binary import strings
from app.documents.readers.markup import Texts, parse

_XML = (".xml", ".rels", ".vml", ".xhtml")
_SILENT = re.compile(
    r"\[Content_Types\]\.xml$|printerSettings\d*\.bin$|(?:^|/)theme/|/fontTable\.xml$"
)
_BINARY_PART = re.compile(r"xl/(?!vba|embeddings|activeX|media|ctrlProps)(?:\w+/)*\w+\.bin$", re.I)
"""The parts of a workbook in the binary format (xlsb), which are no files of their own."""
_NUMBERED = re.compile(r"(\D*?)(\d*)\.\w+$")


@dataclass(frozen=True, slots=True)
class Relation:
    """A reference from one part to another, or to an address outside."""

    kind: str
    target: str
    is_external: bool


class Package:
    """An Office file; remembers which parts were read, and what could not be read."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._archive = ZipFile(BytesIO(data))
        self._budget = budget
        self._read: set[str] = set()
        self.unread: list[Item] = []
        self.names = self._archive.namelist()
        self._by_name = {name.lower().lstrip("/"): name for name in self.names}

    def read(self, name: str) -> bytes:
        """Return a part; empty if it does not exist. Unreadable parts are remembered."""
        found = self._by_name.get(name.lower().lstrip("/"))
        if found is None:
            return b""
        self._read.add(found)
        info = self._archive.getinfo(found)
        if info.is_dir():
            return b""
        content, reason = b"", ""
        try:
            with self._archive.open(info) as stream:
                content, reason = self._budget.unpack(stream, info.compress_size)
        except (BadZipFile, ValueError, OSError, EOFError, RuntimeError, ZlibError) as e:
            reason = f"It is damaged or encrypted ({type(e).__name__})."
        if reason:
            self.unread.append(Unread(f"{found[:200]}: {reason}"))
        return content

    def peek(self, name: str) -> bytes:
        """Return a part that is still to be read with the rest."""
        known = set(self._read)
        content = self.read(name)
        self._read = known
        return content

    def relations(self, name: str) -> dict[str, Relation]:
        folder, file = posixpath.split(name)
        return self._relations(posixpath.join(folder, "_rels", f"{file}.rels"), folder)

    def _relations(self, name: str, folder: str) -> dict[str, Relation]:
        handler = _Relations(folder)
        for item in parse(self.read(name), handler) if name.lower() in self._by_name else ():
            if isinstance(item, Unread):
                self.unread.append(item)
        return handler.found

    def rest(self) -> Iterator[Item]:
        """Yield the parts not read yet: settings, properties, drawings, macros, objects."""
        for name in self.names:
            if name.endswith(".rels"):
                yield from self._external(name)
            elif name in self._read or _SILENT.search(name):
                continue
            elif name.endswith(_XML):
                yield from xml_part(self.read(name), Texts(title_of(name)))
            else:
                yield from self._file(name)
        yield from self.unread

    def _external(self, name: str) -> Iterator[Item]:
        folder = posixpath.dirname(posixpath.dirname(name))
        owner = title_of(posixpath.basename(name).removesuffix(".rels"))
        for relation in self._relations(name, folder).values():
            if relation.is_external and relation.target:
                part = (
                    f"{owner}, external {relation.kind}" if owner else f"external {relation.kind}"
                )
                yield Part(part, relation.target)

    def _file(self, name: str) -> Iterator[Item]:
        data = self.read(name)
        if _BINARY_PART.match(name):
            yield from strings(data, title_of(name))
            return
        kind = kind_of(data[:64])
        if kind is Kind.IMAGE:
            from app.documents.readers.image import code_parts

            yield from code_parts(data, posixpath.basename(name))
        elif data and (kind is not Kind.MEDIA or data.startswith((b"MZ", b"\x7fELF"))):
            yield Member(name, data, "embedded")


class _Relations:
    """The handler for files of relations (ECMA-376, part 2)."""

    def __init__(self, folder: str) -> None:
        self.items: list[Item] = []
        self.found: dict[str, Relation] = {}
        self._folder = folder

    def start(self, name: str, attributes: dict[str, str]) -> None:
        target = attributes.get("Target", "")
        is_external = attributes.get("TargetMode", "").lower() == "external" or "://" in target
        if not is_external:
            target = posixpath.normpath(posixpath.join(self._folder, target)).lstrip("/")
        kind = attributes.get("Type", "").rpartition("/")[2][:40]
        number = attributes.get("Id", str(len(self.found)))
        if number in self.found:
            number = f"{number} {len(self.found)}"
        self.found[number] = Relation(kind, target, is_external)

    def end(self, name: str) -> None:
        """Do nothing: a relation has attributes only."""

    text = end


def open_package(
    data: bytes, budget: Budget, read: Callable[[Package], Iterator[Item]]
) -> Iterator[Item]:
    package = Package(data, budget)
    yield from read(package)
    yield from package.rest()


def xml_part(data: bytes, texts: Texts) -> Iterator[Item]:
    yield from parse(data, texts)
    texts.finish()
    yield from texts.items


def links_of(package: Package, name: str) -> dict[str, str]:
    """Return the addresses of the hyperlinks of a part, by the ids of their relations."""
    relations = package.relations(name).items()
    return {number: r.target for number, r in relations if r.is_external and r.kind == "hyperlink"}


def title_of(name: str) -> str:
    """Return the title of a part for the analyst: "header 1" for `word/header1.xml`."""
    match = _NUMBERED.match(posixpath.basename(name))
    return f"{match[1]} {match[2]}".strip() if match else posixpath.basename(name)
