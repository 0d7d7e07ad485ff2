"""What the finders have found so far."""

from __future__ import annotations

from app.pipeline.models import IOC, IOCType, make_iocs
from app.pipeline.page import Page


class Findings:
    """Collects what stands on a page, in the order of the finders."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._hits: list[tuple[int, int, IOCType, str]] = []

    def hit(self, kind: IOCType, value: str, start: int, end: int, rule: str) -> None:
        self._hits.append((start, end, kind, value))

    def miss(self, reason: str, start: int, end: int, rule: str) -> None:
        """Something that looks like an IOC and is none."""

    def new_iocs(self, known: set[str]) -> list[IOC]:
        """Those whose value is not known yet, each where it stands first; now they are known."""
        new = []
        for hit in sorted(self._hits):
            value = hit[3]  # no value belongs to two types
            if value not in known:
                known.add(value)
                new.append(hit)
        if not new:
            return []
        starts, ends, types, values = zip(*new, strict=True)
        return make_iocs(types, values, self._page.pasted(starts, ends))
