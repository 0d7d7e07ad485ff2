"""The reader of Office files that are one XML file: Flat OPC, and Word and Excel 2003 XML."""

from __future__ import annotations

from collections.abc import Iterator

from app.documents.limits import Budget
from app.documents.models import Item
from app.documents.readers.mixed import MixedTexts
from app.documents.readers.package import title_of, xml_part


def read_flat(data: bytes, budget: Budget) -> Iterator[Item]:
    yield from xml_part(data, _Texts("body"))


class _Texts(MixedTexts):
    """Gathers the paragraphs of all parts, and the files that are inside in Base64."""

    paragraphs = frozenset(("p", "Data", "Comment", "si", "is"))
    _runs = frozenset(("t", "delText", "instrText", "delInstrText"))

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "part":
            self._begin_part(next((v for k, v in attributes.items() if k.endswith("name")), ""))
        elif name == "Worksheet":
            self.part = f"sheet {next((v for k, v in attributes.items() if 'Name' in k), '')[:100]}"
        elif name in self.binaries:
            self.file_name = next(
                (v for k, v in attributes.items() if k.endswith("name")), self.file_name
            )
        super().start(name, attributes)

    def _begin_part(self, name: str) -> None:
        name = name.lstrip("/")[:200]
        self.file_name = name or "embedded file"
        self.part = "body" if name == "word/document.xml" else title_of(name)

    def _is_run(self, name: str) -> bool:
        return name in self._runs
