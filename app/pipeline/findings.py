"""What the finders have found so far."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

from app.pipeline.models import IOC, IOCType, make_iocs
from app.pipeline.page import Page

_PLACE = itemgetter(0, 1, 2)


class Findings:
    """Collects what stands on a page, in the order of the finders."""

    again: Callable[[int, int, str], None] | None = None
    """Told of a token that stands for the same as before: where it was judged, and where it is."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._sights: list[tuple[int, int, IOCType, str]] = []

    def hit(self, kind: IOCType, value: str, start: int, end: int, rule: str) -> None:
        self._sights.append((start, end, kind, value))

    def unwrapped(self, kind: IOCType, value: str, start: int, end: int, wrapper: str) -> None:
        """What a wrapper URL stands for."""
        self.hit(kind, value, start, end, "target")

    def miss(self, reason: str, start: int, end: int, rule: str) -> None:
        """Something that looks like an IOC and is none."""

    def new_iocs(self, known: set[str]) -> list[IOC]:
        """Those whose value is not known yet, each where it stands first; now they are known."""
        new = []
        for hit in sorted(self._sights, key=_PLACE):
            value = hit[3]  # no value belongs to two types
            if value not in known:
                known.add(value)
                new.append(hit)
        if not new:
            return []
        raw = self._page.raw
        _, _, types, values = zip(*new, strict=True)
        return make_iocs(types, values, [raw[start:end] for start, end in self._page.places(new)])
