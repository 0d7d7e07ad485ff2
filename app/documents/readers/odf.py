"""The reader of OpenDocument files (ISO/IEC 26300): text, sheets, slides; as ZIP or XML."""

from __future__ import annotations

from collections.abc import Iterator

from app.documents.limits import Budget
from app.documents.models import Item, Part, Unread
from app.documents.readers.mixed import MixedTexts
from app.documents.readers.package import Package, xml_part
from app.documents.readers.zip_names import ENCRYPTION

_MANIFEST = "META-INF/manifest.xml"
_SILENT = ("mimetype", "manifest.rdf")
_COLUMNS_OF_ALPHABET = 26


def read_odf(data: bytes, budget: Budget) -> Iterator[Item]:
    if data[:2] != b"PK":
        yield from xml_part(data, _Texts("body"))
        return
    package = Package(data, budget)
    manifest = package.read(_MANIFEST)
    if ENCRYPTION.search(manifest) or "encrypted-package" in package.names:
        yield from (Part("file name", name) for name in package.names)
        yield Unread("It is encrypted with a password.")
        return
    yield from _read(package)
    yield from package.rest()


def _read(package: Package) -> Iterator[Item]:
    for name in _SILENT:
        package.read(name)
    for name in package.names:
        if name == "content.xml" or name.endswith("/content.xml"):
            title = "body" if name == "content.xml" else name.removesuffix("/content.xml")
            yield from xml_part(package.read(name), _Texts(title))
    for name in package.names:
        # Header and footer stand in the styles; the modules of macros in folders of their own.
        if name.endswith(("styles.xml", ".xba", ".xlb")) or name.startswith("Basic/"):
            title = name.rpartition("/")[2].removesuffix(".xml")
            yield from xml_part(package.read(name), _Texts(title))


class _Texts(MixedTexts):
    """Gathers paragraphs, and tells in which cell or on which slide they stand."""

    paragraphs = frozenset(("p", "h"))
    _breaks = {"tab": "\t", "line-break": "\n", "s": " "}

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self._title = part
        self._is_sheet = False
        self._row = self._column = 0
        self._repeated = 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "spreadsheet":
                self._is_sheet = True
            case "table" if self._is_sheet:
                self._title = f"sheet {_named(attributes)}"
                self._row = self._column = 0
            case "table-row" if self._is_sheet:
                self._row += 1
                self._column = 0
                self._repeated = _count(attributes, "number-rows-repeated")
            case "table-cell" | "covered-table-cell" if self._is_sheet:
                self.part = f"{self._title}!{_letters(self._column)}{self._row}"
                self._column += _count(attributes, "number-columns-repeated")
            case "page":
                self.part = f"slide {_named(attributes)}"
            case "notes":
                self.part = f"notes of {self.part}"
        super().start(name, attributes)
        if name == "a":
            self._link, self._target = [], _value(attributes, "href")

    def end(self, name: str) -> None:
        super().end(name)
        match name:
            case "a":
                self._end_link()
            case "table-row" if self._is_sheet:
                self._row += self._repeated - 1
            case "table" if self._is_sheet:
                self.part = self._title
            case "notes":
                self.part = self.part.removeprefix("notes of ")

    def attribute(self, element: str, key: str, value: str) -> None:
        if (element, key.rpartition(":")[2]) != ("a", "href"):
            super().attribute(element, key, value)


def _value(attributes: dict[str, str], name: str) -> str:
    return next((v for key, v in attributes.items() if key.rpartition(":")[2] == name), "")


def _named(attributes: dict[str, str]) -> str:
    return _value(attributes, "name")[:100]


def _count(attributes: dict[str, str], name: str) -> int:
    written = _value(attributes, name)
    # Sheets have at most 2^20 rows; a longer number is an attack.
    return int(written) if written.isdecimal() and len(written) < 8 else 1


def _letters(column: int) -> str:
    """Return the letters of a column: A is 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, _COLUMNS_OF_ALPHABET)
        letters = chr(ord("A") + rest) + letters
    return letters
