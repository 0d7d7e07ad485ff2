"""What the finders have found so far."""

from __future__ import annotations

from collections.abc import Callable

from app.pipeline.models import IOC, IOCType
from app.pipeline.page import Page


class Findings:
    """Collects the IOCs of a page, each once, where it was seen first."""

    again: Callable[[int, int, str], None] | None = None
    """Told of a token that stands for the same as before: where it was judged, and where it is."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._first: dict[str, tuple[int, int, IOCType]] = {}  # no value belongs to two types

    def hit(self, kind: IOCType, value: str, start: int, end: int, rule: str) -> None:
        if value not in self._first or start < self._first[value][0]:
            self._first[value] = (start, end, kind)

    def unwrapped(self, kind: IOCType, value: str, start: int, end: int, wrapper: str) -> None:
        """What a wrapper URL stands for."""
        self.hit(kind, value, start, end, "target")

    def miss(self, reason: str, start: int, end: int, rule: str) -> None:
        """Something that looks like an IOC and is none."""

    def iocs(self) -> list[IOC]:
        """In the order of the text."""
        first = self._first
        values = sorted(first, key=first.__getitem__)
        places = [first[value] for value in values]
        raw = self._page.raw
        pasted = self._page.places(places)
        return [
            IOC(kind, value, raw[start:end])
            for (_, _, kind), value, (start, end) in zip(places, values, pasted, strict=True)
        ]
