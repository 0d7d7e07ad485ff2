"""What looks like an IOC and was refused, each once and not too many."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from app.pipeline.models import NearMiss
from app.pipeline.page import Page, Span

Miss = tuple[int, int, str, str]
"""Where it begins and ends on the page, the reason, and the rule that refused it."""

MAX_KEPT = 1_000
MAX_COUNTED = 100_000
_MAX_TEXT = 200


class NearMisses:
    """Gathers the near misses of a text that comes in blocks."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], NearMiss] = {}
        # Of the others only a number is told: their hashes are enough to count each once.
        self._left_out: set[int] = set()

    def add(
        self,
        page: Page,
        misses: list[Miss],
        hits: Sequence[Span],
        offset: int,
        line: int,
    ) -> None:
        """Takes the misses of a block that begins at an offset and a line."""
        raw = page.raw
        last = 0
        kept = list(_visible(misses, hits))
        for miss, (start, end) in zip(kept, page.places(kept), strict=True):
            line += raw.count("\n", last, start)
            last = start
            text = raw[start:end][:_MAX_TEXT]
            key = text, miss[2]
            if key in self._kept:
                continue
            if len(self._kept) < MAX_KEPT:
                self._kept[key] = NearMiss(text, miss[2], line, offset + start, offset + end)
            elif len(self._left_out) < MAX_COUNTED:
                self._left_out.add(hash(key))

    def without(self, found: Container[str]) -> tuple[tuple[NearMiss, ...], int]:
        """Those that were not found elsewhere in the text, and how many there are beyond."""
        kept = [miss for miss in self._kept.values() if not (miss.ioc and miss.ioc.value in found)]
        return tuple(kept), len(self._left_out)


def _visible(misses: list[Miss], hits: Sequence[Span]) -> Iterator[tuple[int, int, str]]:
    """Those that lie in no hit and in no other miss, in the order of the text."""
    misses.sort(key=lambda miss: (miss[0], -miss[1]))
    end = 0
    hit = 0
    for start, stop, reason, _ in misses:
        while hit < len(hits) and hits[hit][1] <= start:
            hit += 1
        if start < end or (hit < len(hits) and hits[hit][0] < stop):
            continue
        end = stop
        yield start, stop, reason
