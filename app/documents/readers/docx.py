"""The reader of Word files: body, headers, footers, notes, comments, fields, links, hidden text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.limits import Budget
from app.documents.models import Item
from app.documents.readers.markup import Texts
from app.documents.readers.package import Package, links_of, open_package, title_of, xml_part

_TEXT = re.compile(
    r"word/(?:glossary/)?(document|header|footer|footnotes|endnotes|comments)\w*\.xml$", re.I
)


def read_docx(data: bytes, budget: Budget) -> Iterator[Item]:
    yield from open_package(data, budget, _read)


def _read(package: Package) -> Iterator[Item]:
    for name in package.names:
        if match := _TEXT.match(name):
            title = "body" if match[1] == "document" else title_of(name)
            yield from xml_part(package.read(name), Texts(title, links_of(package, name)))
