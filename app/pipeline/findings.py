"""What the finders have found so far."""

from __future__ import annotations

from collections.abc import Container

from app.pipeline.models import IOC, IOCType, make_iocs
from app.pipeline.page import Page


class Findings:
    """Collects the IOCs of a page, each once, where it was seen first."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._first: dict[str, tuple[int, int, IOCType, str]] = {}  # no value belongs to two types

    def hit(self, kind: IOCType, value: str, start: int, end: int, rule: str) -> None:
        if value not in self._first or start < self._first[value][0]:
            self._first[value] = start, end, kind, value

    def miss(self, reason: str, start: int, end: int, rule: str) -> None:
        """Something that looks like an IOC and is none."""

    def iocs(self, known: Container[str] = ()) -> list[IOC]:
        """Those whose value is not known, in the order of the text."""
        hits = sorted([hit for value, hit in self._first.items() if value not in known])
        if not hits:
            return []
        starts, ends, kinds, values = zip(*hits, strict=True)
        return make_iocs(kinds, values, self._page.pasted(starts, ends))
