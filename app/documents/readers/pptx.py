"""The reader of PowerPoint files: slides, hidden ones too, with their notes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.limits import Budget
from app.documents.models import Item
from app.documents.readers.markup import Texts, parse
from app.documents.readers.package import Package, links_of, open_package, xml_part

_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml$", re.I)
_PRESENTATION = "ppt/presentation.xml"
_ABOUT = {"notesSlide": "notes of slide", "comments": "comments on slide"}


def read_pptx(data: bytes, budget: Budget) -> Iterator[Item]:
    yield from open_package(data, budget, _read)


def _read(package: Package) -> Iterator[Item]:
    for number, name in enumerate(_in_order(package), 1):
        yield from xml_part(package.read(name), _Slide(number, links_of(package, name)))
        for relation in package.relations(name).values():
            if relation.kind in _ABOUT and not relation.is_external:
                texts = Texts(
                    f"{_ABOUT[relation.kind]} {number}", links_of(package, relation.target)
                )
                yield from xml_part(package.read(relation.target), texts)


def _in_order(package: Package) -> list[str]:
    """Return the slides as they are shown; the number in a name is when a slide was added."""
    found = {name: int(match[1]) for name in package.names if (match := _SLIDE.match(name))}
    order = _Order()
    # Its text is read with the other parts; here only the order counts.
    for _ in parse(package.peek(_PRESENTATION), order):
        pass
    relations = package.relations(_PRESENTATION)
    shown = [relations[number].target for number in order.numbers if number in relations]
    rest = sorted(found, key=lambda name: found[name])
    return [name for name in dict.fromkeys((*shown, *rest)) if name in found]


class _Order:
    """The handler for the list of slides in a presentation."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.numbers: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sldId":
            self.numbers += [value for key, value in attributes.items() if key.endswith(":id")]

    def end(self, name: str) -> None:
        """Do nothing: the list has attributes only."""

    text = end


class _Slide(Texts):
    def __init__(self, number: int, links: dict[str, str]) -> None:
        super().__init__(f"slide {number}", links)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sld" and attributes.get("show") in ("0", "false"):
            self.part = f"hidden {self.part}"
        super().start(name, attributes)
