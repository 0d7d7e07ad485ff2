"""Gathers near misses, each once and not too many.

A near miss is a string that looks like an IOC and was refused; `refusals` explains it.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator, Sequence
from itertools import islice
from zlib import crc32

from app.pipeline.collectors import KINDS
from app.pipeline.hits import RefusedHit
from app.pipeline.models import IOC, NearMiss
from app.pipeline.refanged_text import RefangedText, Span
from app.pipeline.refusals import Refusal, Refusals, find_unseen

# Bounds of memory and of the page: a log of a million file names has a million near misses.
MAX_KEPT = 1_000
MAX_COUNTED = 100_000
_MAX_TEXT = 200
_NO_IOC = None, "", ""
Row = tuple[str, str, int, int, int, str | None, str, str]
"""The fields of a near miss, then type, value and `raw_match` of its IOC; type None: no IOC."""
# Two misses with one text and one reason are taken for the same if this many characters after
# them are the same: room for a port, or for the suffix of a detection name.
_SURROUNDINGS = 20


class NearMisses:
    """Gathers the near misses of a text, block by block in their order."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], NearMiss] = {}
        # Those left out are only counted; their checksums are enough to count each once.
        self._left_out: set[int] = set()

    def add_block(
        self,
        refanged: RefangedText,
        misses: list[RefusedHit],
        hits: Sequence[Span],
        offset: int,
        line: int,
    ) -> None:
        """Add the misses of a block; `offset` and `line` are those of its begin in the text."""
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
        """Return whether a near miss is new and kept; count it if it is new and not kept."""
        if key in self._kept:
            return False
        if len(self._kept) < MAX_KEPT:
            return True
        if len(self._left_out) < MAX_COUNTED:
            self._left_out.add(_checksum(key))
        return False

    def columns(self) -> tuple[list[Row], list[int]]:
        """Return everything gathered, for another process."""
        rows = []
        for miss in self._kept.values():
            ioc = miss.ioc
            kind, value, pasted = (str(ioc.type), ioc.value, ioc.raw_match) if ioc else _NO_IOC
            place = miss.line, miss.offset, miss.end
            rows.append((miss.text, miss.reason, *place, kind, value, pasted))
        return rows, list(self._left_out)

    def append_columns(self, columns: tuple[list[Row], list[int]], offset: int, lines: int) -> None:
        """Add what was gathered in the text that begins after so many characters and lines."""
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
        """Return the near misses that are no IOC elsewhere, and the number of those left out."""
        kept = [miss for miss in self._kept.values() if not (miss.ioc and miss.ioc.value in found)]
        return tuple(kept), len(self._left_out)


def _checksum(key: tuple[str, str]) -> int:
    # Not `hash`: that of a text differs between processes, and two processes share the counting.
    return crc32("\n".join(key).encode("utf-8", "surrogatepass"))


def _refusals(refanged: RefangedText, misses: list[RefusedHit]) -> list[Refusal]:
    """Return the refusals in the order of the text; of two with one begin the longer is first."""
    explain = Refusals(refanged).explain
    found = [refusal for miss in _distinct(refanged, misses) if (refusal := explain(miss))]
    found.sort(key=lambda refusal: (refusal[0], -refusal[1]))
    return found


def _distinct(refanged: RefangedText, misses: list[RefusedHit]) -> list[RefusedHit]:
    """Return the misses in the order of the text, each once in the same surroundings."""
    text = refanged.text
    first: dict[tuple[str, str], RefusedHit] = {}
    for miss in sorted([*misses, *find_unseen(refanged)]):
        start, end, reason, _ = miss
        first.setdefault((text[start - 1 : end + _SURROUNDINGS], reason), miss)
    return list(first.values())


def _outside(refusals: list[Refusal], hits: Sequence[Span]) -> Iterator[Refusal]:
    """Yield the refusals that lie inside no hit and no other refusal."""
    # Both lists are in the order of the text, so one walk over each is enough. The last pair ends
    # the inner loop.
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
