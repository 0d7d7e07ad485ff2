"""Near misses: strings that look like IOCs and were refused, each once and not too many."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator, Sequence
from itertools import islice
from zlib import crc32

from app.pipeline.collectors import KINDS
from app.pipeline.models import IOC, NearMiss
from app.pipeline.refanged_text import RefangedText, Span
from app.pipeline.refusals import Miss, Refusal, Refusals, find_unseen

MAX_KEPT = 1_000
MAX_COUNTED = 100_000
_MAX_TEXT = 200
_NO_IOC = None, "", ""
Row = tuple[str, str, int, int, int, str | None, str, str]
"""The fields of a near miss, and those of its IOC, without a type if there is none."""
_SURROUNDINGS = 20


class NearMisses:
    """Gathers the near misses of a text that comes in blocks."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], NearMiss] = {}
        # Of the others only a number is told: checksums are enough to count each once.
        self._left_out: set[int] = set()

    def add(
        self,
        refanged: RefangedText,
        misses: list[Miss],
        hits: Sequence[Span],
        offset: int,
        line: int,
    ) -> None:
        """Takes the misses of a block that begins at an offset and a line."""
        raw = refanged.raw
        last = 0
        refusals = list(_outside(_refusals(refanged, misses), hits))
        for refusal, start, end in zip(refusals, *refanged.places(refusals), strict=True):
            _, _, reason, kind, value = refusal
            text = raw[start:end]
            key = text[:_MAX_TEXT], reason
            if not self._is_new(key):
                continue
            line += raw.count("\n", last, start)
            last = start
            ioc = IOC(kind, value, text) if kind else None
            self._kept[key] = NearMiss(*key, line, offset + start, offset + end, ioc)

    def _is_new(self, key: tuple[str, str]) -> bool:
        """Counts what is not to be kept."""
        if key in self._kept:
            return False
        if len(self._kept) < MAX_KEPT:
            return True
        if len(self._left_out) < MAX_COUNTED:
            self._left_out.add(_checksum(key))
        return False

    def columns(self) -> tuple[list[Row], list[int]]:
        rows = []
        for miss in self._kept.values():
            ioc = miss.ioc
            kind, value, pasted = (str(ioc.type), ioc.value, ioc.raw_match) if ioc else _NO_IOC
            place = miss.line, miss.offset, miss.end
            rows.append((miss.text, str(miss.reason), *place, kind, value, pasted))
        return rows, list(self._left_out)

    def take(self, columns: tuple[list[Row], list[int]], offset: int, lines: int) -> None:
        """Add what was gathered in the text that follows, after so many characters and lines."""
        rows, left_out = columns
        for text, reason, line, start, end, kind, value, pasted in rows:
            key = text, reason
            if self._is_new(key):
                ioc = IOC(KINDS[kind], value, pasted) if kind else None
                place = lines + line, offset + start, offset + end
                self._kept[key] = NearMiss(*key, *place, ioc)
        known = {_checksum(key) for key in self._kept} if left_out else set()
        self._left_out.update(islice(left_out, MAX_COUNTED - len(self._left_out)))
        self._left_out -= known

    def without(self, found: Container[str]) -> tuple[tuple[NearMiss, ...], int]:
        """Return those that are no IOC elsewhere in the text, and the number left out."""
        kept = [miss for miss in self._kept.values() if not (miss.ioc and miss.ioc.value in found)]
        return tuple(kept), len(self._left_out)


def _checksum(key: tuple[str, str]) -> int:
    """The same in every process, unlike a hash."""
    return crc32("\n".join(key).encode("utf-8", "surrogatepass"))


def _refusals(refanged: RefangedText, misses: list[Miss]) -> list[Refusal]:
    """Return them in the order of the text; of two with the same begin the longer first."""
    explain = Refusals(refanged).explain
    found = [refusal for miss in _distinct(refanged, misses) if (refusal := explain(miss))]
    found.sort(key=lambda refusal: (refusal[0], -refusal[1]))
    return found


def _distinct(refanged: RefangedText, misses: list[Miss]) -> list[Miss]:
    """Return them in the order of the text, each once in the same surroundings."""
    text = refanged.text
    first: dict[tuple[str, str], Miss] = {}
    for miss in sorted([*misses, *find_unseen(refanged)]):
        start, end, reason, _ = miss
        first.setdefault((text[start - 1 : end + _SURROUNDINGS], reason), miss)
    return list(first.values())


def _outside(refusals: list[Refusal], hits: Sequence[Span]) -> Iterator[Refusal]:
    """Return those that lie inside no hit and no other near miss."""
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
