"""The reader of Excel files: cells of all sheets, hidden ones too, formulas, links, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

from app.documents.limits import Budget
from app.documents.models import Item, Part, Unread
from app.documents.readers.markup import Texts, parse
from app.documents.readers.package import Package, links_of, open_package, xml_part

_WORKBOOK = "xl/workbook.xml"
_SHEETS = ("worksheet", "xlMacrosheet", "xlIntlMacrosheet", "dialogsheet", "chartsheet")
_OF_CELLS = frozenset(("row", "v", "f", "is"))
_JOINED = re.compile(r"\"[ \t]{0,20}&[ \t]{0,20}\"")
"""What joins two literals of a formula: addresses are hidden so."""
_STRINGS = frozenset(("s", "str", "inlineStr", "e", "d"))


def read_xlsx(data: bytes, budget: Budget) -> Iterator[Item]:
    if b"xl/workbook.bin" in data:
        yield from cells_of(data)
    yield from open_package(data, budget, _read)


def cells_of(data: bytes) -> Iterator[Item]:
    """Yield the cells of a workbook in a binary format; without links, formulas and comments."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            # The library pads the rows above the first cell in use, and no columns beside it.
            first = sheet.start[1] if sheet.start else 0
            for number, row in enumerate(sheet.iter_rows(), 1):
                for column, value in enumerate(row, first):
                    if isinstance(value, str) and value:
                        yield Part(f"sheet {name}!{_letters(column)}{number}", value)
    except BaseException as e:  # a panic of the library (Rust) is no Exception
        if not isinstance(e, (CalamineError, ValueError, OSError)) and not _is_panic(e):
            raise
        yield Unread(f"Its cells could not be read ({type(e).__name__}).")


def _is_panic(error: BaseException) -> bool:
    return type(error).__name__ == "PanicException"


def _read(package: Package) -> Iterator[Item]:
    workbook = _Workbook()
    yield from xml_part(package.read(_WORKBOOK), workbook)
    relations = package.relations(_WORKBOOK)
    shared = _Shared()
    for item in parse(package.read(_shared_name(package)), shared):
        if not isinstance(item, Part):
            yield item
    for number, relation in relations.items():
        if relation.kind not in _SHEETS or relation.is_external:
            continue
        name = relation.target
        title = workbook.sheets.get(number, name)
        sheet = _Sheet(title, shared, links_of(package, name))
        yield from xml_part(package.read(name), sheet)
        for about in package.relations(name).values():
            if about.kind in ("comments", "threadedComment") and not about.is_external:
                yield from xml_part(package.read(about.target), _Comments(title))
    for index in sorted(set(range(len(shared.found))) - shared.used):
        yield Part("unused text", shared.found[index])


def _shared_name(package: Package) -> str:
    return next((n for n in package.names if n.lower().endswith("xl/sharedstrings.xml")), "")


class _Workbook(Texts):
    """The workbook, with the titles of its sheets by relation."""

    def __init__(self) -> None:
        super().__init__("workbook")
        self.sheets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            number = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            is_hidden = "idden" in attributes.get("state", "")
            title = attributes.get("name", "")[:60]
            self.sheets[number] = f"hidden sheet {title}" if is_hidden else f"sheet {title}"
        super().start(name, attributes)


class _Shared(Texts):
    """The shared strings, with the numbers of those in use: no cell shows the others."""

    paragraphs = frozenset(("si",))

    def __init__(self) -> None:
        super().__init__("text")
        self.found: list[str] = []
        self.used: set[int] = set()

    def end_paragraph(self, text: str) -> None:
        self.found.append(text)

    def attribute(self, element: str, key: str, value: str) -> None:
        """Ignore attributes: none of them holds text."""


class _Sheet(Texts):
    """The cells of a sheet.

    A sheet may have a million cells, so their elements are not passed to the base class.
    """

    paragraphs = frozenset(("p",))

    def __init__(self, title: str, shared: _Shared, links: dict[str, str]) -> None:
        super().__init__(title, links)
        self._shared = shared
        self._cell = ""
        self._kind = ""
        self._inline: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._cell, self._kind = attributes.get("r", ""), attributes.get("t", "")
        elif name not in _OF_CELLS:
            if name == "hyperlink":
                self._hyperlink(attributes)
            else:
                super().start(name, attributes)
        if self._pending:
            self._pending.clear()

    def end(self, name: str) -> None:
        if name == "v":
            if self._kind in _STRINGS:
                self._value("".join(self._pending))
        elif name == "c":
            if self._inline:
                self._add_cell("".join(self._inline))
                self._inline.clear()
            self._kind = ""
        elif name == "t" and self._kind == "inlineStr":
            self._inline += self._pending
        elif name == "f":
            self._add_cell(_JOINED.sub("", "".join(self._pending)), ", formula")
        elif name not in _OF_CELLS and name != "hyperlink":
            super().end(name)
        if self._pending:
            self._pending.clear()

    def _value(self, text: str) -> None:
        if self._kind == "s":
            index = int(text) if text.strip().isdigit() else -1
            if 0 <= index < len(self._shared.found):
                self._shared.used.add(index)
                self._add_cell(self._shared.found[index])
        else:
            self._add_cell(text)

    def _add_cell(self, text: str, what: str = "") -> None:
        if len(text) > 3:
            self.items.append(Part(f"{self.part}!{self._cell}{what}", text))

    def _hyperlink(self, attributes: dict[str, str]) -> None:
        number = next((v for k, v in attributes.items() if k.endswith(":id")), "")
        cell = attributes.get("ref", "")
        texts = (
            self._links.get(number, ""),
            *map(attributes.get, ("location", "tooltip", "display")),
        )
        for text in dict.fromkeys(texts):
            if text:
                self.items.append(Part(f"{self.part}!{cell}, link", text))


class _Comments(Texts):
    """The comments of a sheet, with their cells."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._title = title

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if "ref" in attributes:
            self.part = f"{self._title}!{attributes['ref']}, comment"
        super().start(name, attributes)


def _letters(column: int) -> str:
    """Return the letters of a column: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
