"""What looks like an IOC and was refused, each once and not too many."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator, Sequence

from app.pipeline.models import IOC, NearMiss
from app.pipeline.page import Page, Span
from app.pipeline.refusals import Miss, Refusal, Refusals, find_unseen

MAX_KEPT = 1_000
MAX_COUNTED = 100_000
_MAX_TEXT = 200
_SURROUNDINGS = 20


class NearMisses:
    """Gathers the near misses of a text that comes in blocks."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], NearMiss] = {}
        # Of the others only a number is told: their hashes are enough to count each once.
        self._left_out: set[int] = set()

    def add(
        self, page: Page, misses: list[Miss], hits: Sequence[Span], offset: int, line: int
    ) -> None:
        """Takes the misses of a block that begins at an offset and a line."""
        raw = page.raw
        last = 0
        refusals = list(_outside(_refusals(page, misses), hits))
        for refusal, start, end in zip(refusals, *page.places(refusals), strict=True):
            _, _, reason, kind, value = refusal
            text = raw[start:end]
            key = text[:_MAX_TEXT], reason
            if key in self._kept:
                continue
            if len(self._kept) < MAX_KEPT:
                line += raw.count("\n", last, start)
                last = start
                ioc = IOC(kind, value, text) if kind else None
                self._kept[key] = NearMiss(*key, line, offset + start, offset + end, ioc)
            elif len(self._left_out) < MAX_COUNTED:
                self._left_out.add(hash(key))

    def without(self, found: Container[str]) -> tuple[tuple[NearMiss, ...], int]:
        """Those that were not found elsewhere in the text, and how many there are beyond."""
        kept = [miss for miss in self._kept.values() if not (miss.ioc and miss.ioc.value in found)]
        return tuple(kept), len(self._left_out)


def _refusals(page: Page, misses: list[Miss]) -> list[Refusal]:
    """In the order of the text, the longer first where two begin together."""
    explain = Refusals(page).explain
    found = [refusal for miss in _distinct(page, misses) if (refusal := explain(miss))]
    found.sort(key=lambda refusal: (refusal[0], -refusal[1]))
    return found


def _distinct(page: Page, misses: list[Miss]) -> list[Miss]:
    """In the order of the text, each only once in the same surroundings: some texts repeat."""
    text = page.text
    first: dict[tuple[str, str], Miss] = {}
    for miss in sorted([*misses, *find_unseen(page)]):
        start, end, reason, _ = miss
        first.setdefault((text[start - 1 : end + _SURROUNDINGS], reason), miss)
    return list(first.values())


def _outside(refusals: list[Refusal], hits: Sequence[Span]) -> Iterator[Refusal]:
    """Those that lie in no hit and in no other one."""
    ends = [*(hit[1] for hit in hits), sys.maxsize]
    starts = [*(hit[0] for hit in hits), sys.maxsize]
    end = 0
    hit = 0
    for refusal in refusals:
        start, stop = refusal[:2]
        while ends[hit] <= start:
            hit += 1
        if start >= end and starts[hit] >= stop:
            end = stop
            yield refusal
