"""Reads the XML of documents in which text stands between tags, not in runs of its own."""

from __future__ import annotations

from app.documents.kinds import Kind, kind_of
from app.documents.models import Member
from app.documents.readers.markup import Texts
from app.documents.readers.scripts import from_base64, script_items


class MixedTexts(Texts):
    """Gathers paragraphs whose text may stand before, in and behind the tags in them."""

    binaries = frozenset(("binary-data", "binaryData", "binData"))
    """Elements that hold a file in Base64."""
    asides = frozenset(("creator", "date", "note-citation", "title", "desc", "sender-initials"))
    """Elements inside of a paragraph whose text is none of the paragraph's."""
    scripts = frozenset(("module", "script"))
    """Elements that hold the source of a program."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self._open = 0
        self.file_name = "embedded file"

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._take_pending()
        super().start(name, attributes)
        self._open += name in self.paragraphs

    def end(self, name: str) -> None:
        if name in self.binaries:
            self._add_file("".join(self._pending))
            self._pending.clear()
        elif name in self.scripts:
            self.items += script_items(f"{self.part}, {name}", "".join(self._pending))
            self._pending.clear()
        elif name not in self.asides and not self._is_run(name):
            self._take_pending()
        self._open -= name in self.paragraphs
        super().end(name)

    def attribute(self, element: str, key: str, value: str) -> None:
        if key.rpartition(":")[2] == "formula":
            self.items += script_items(f"{self.part}, formula", value, max(1, self._number))
        else:
            super().attribute(element, key, value)

    def finish(self) -> None:
        # In a file that was cut off, the last text has no end tag.
        self._paragraphs[-1].append("".join(self._pending))
        self._pending.clear()
        super().finish()

    def _is_run(self, name: str) -> bool:
        """Return whether an element is a run, whose text `Texts` takes itself."""
        return False

    def _take_pending(self) -> None:
        if not self._open:
            return
        text = "".join(self._pending)
        self._pending.clear()
        self._paragraphs[-1].append(text)
        if self._link is not None:
            self._link.append(text)

    def _add_file(self, text: str) -> None:
        data = from_base64(text) or b""
        kind = kind_of(data[:64])
        if kind is Kind.IMAGE:
            from app.documents.readers.image import code_parts

            self.items += code_parts(data, self.part)
        elif data and (kind is not Kind.MEDIA or data.startswith((b"MZ", b"\x7fELF"))):
            self.items.append(Member(self.file_name, data, "embedded"))
