"""The reader of PowerPoint files: slides, hidden ones too, with their notes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.limits import Budget
from app.documents.models import Item
from app.documents.readers.markup import Texts
from app.documents.readers.package import Package, links_of, open_package, xml_part

_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml$", re.I)
_ABOUT = {"notesSlide": "notes of slide", "comments": "comments on slide"}


def read_pptx(data: bytes, budget: Budget) -> Iterator[Item]:
    yield from open_package(data, budget, _read)


def _read(package: Package) -> Iterator[Item]:
    slides = {int(match[1]): name for name in package.names if (match := _SLIDE.match(name))}
    for number, name in sorted(slides.items()):
        yield from xml_part(package.read(name), _Slide(number, links_of(package, name)))
        for relation in package.relations(name).values():
            if relation.kind in _ABOUT and not relation.is_external:
                texts = Texts(
                    f"{_ABOUT[relation.kind]} {number}", links_of(package, relation.target)
                )
                yield from xml_part(package.read(relation.target), texts)


class _Slide(Texts):
    def __init__(self, number: int, links: dict[str, str]) -> None:
        super().__init__(f"slide {number}", links)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sld" and attributes.get("show") in ("0", "false"):
            self.part = f"hidden {self.part}"
        super().start(name, attributes)
