"""Where each IOC stood, how often, by which rule; and what only looked like one."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import cast

from app.pipeline.findings import Findings
from app.pipeline.models import IOC, Evidence, Extraction, IOCType
from app.pipeline.near_misses import NearMisses
from app.pipeline.page import Page
from app.pipeline.refusals import Miss
from app.pipeline.rules import RULES
from app.pipeline.scripts import is_deceptive

Hit = tuple[int, int, IOCType, str, str]
"""Where it begins and ends on the page, what it is, its value, and the rule."""

_PLACE = itemgetter(0, 1, 2)
_VALUE = itemgetter(3)
_ENCODED = frozenset(("URL", "encoded URL", "target"))
"""The rules that read what is written in another way."""


class EvidenceFindings(Findings):
    """Keeps every occurrence, and what was refused."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self._hits: list[Hit] = []
        self._repeats: dict[tuple[int, int], int] = {}
        self.again = self._again
        self.misses: list[Miss] = []
        self.wrappers: dict[tuple[int, str], str] = {}

    def hit(self, kind: IOCType, value: str, start: int, end: int, rule: str) -> None:
        self._hits.append((start, end, kind, value, rule))

    def unwrapped(self, kind: IOCType, value: str, start: int, end: int, wrapper: str) -> None:
        self.wrappers[start, value] = wrapper
        self.hit(kind, value, start, end, "target")

    def miss(self, reason: str, start: int, end: int, rule: str) -> None:
        self.misses.append((start, end, reason, rule))

    def _again(self, first: int, start: int, token: str) -> None:
        place = first, first + len(token)
        self._repeats[place] = self._repeats.get(place, 0) + 1

    def hits(self) -> list[Hit]:
        """In the order of the text."""
        self._hits.sort(key=_PLACE)
        return self._hits

    def counts(self) -> dict[str, int]:
        """How often each value occurs, in the order of first sight."""
        hits = self.hits()
        counts = Counter(map(_VALUE, hits))
        starts = [hit[0] for hit in hits] if self._repeats else []
        for (first, last), times in self._repeats.items():
            for hit in hits[bisect_left(starts, first) : bisect_left(starts, last)]:
                counts[hit[3]] += times
        return counts


@dataclass(slots=True)
class _Draft:
    """Evidence that still counts: the same fields, which a frozen record fills much slower."""

    ioc: IOC
    count: int
    line: int
    offset: int
    end: int
    defanged: bool
    rule: str
    unwrapped_from: str | None
    mixed_scripts: bool

    def freeze(self) -> Evidence:
        self.__class__ = Evidence  # type: ignore[assignment]  # the same slots in memory
        return cast("Evidence", self)


class EvidenceReader:
    """Gathers the evidence of a text that comes in blocks, in memory of its unique IOCs."""

    def __init__(self) -> None:
        self._offset = 0
        self._line = 1
        self._found: dict[str, _Draft] = {}
        self._near_misses = NearMisses()

    def add(self, page: Page, findings: EvidenceFindings) -> None:
        """To be called for each block in the order of the text, without gaps."""
        raw = page.raw
        hits = findings.hits()
        if hits:
            self._add_hits(page, findings)
        self._near_misses.add(page, findings.misses, hits, self._offset, self._line)
        self._offset += len(raw)
        self._line += raw.count("\n")

    def _add_hits(self, page: Page, findings: EvidenceFindings) -> None:
        found, hits, counts = self._found, findings.hits(), findings.counts()
        first = dict(zip(map(_VALUE, reversed(hits)), reversed(hits), strict=True))
        new = []
        for value, count in counts.items():
            if draft := found.get(value):
                draft.count += count
            else:
                new.append(first[value])
        raw, text = page.raw, page.text
        offset, line, last = self._offset, self._line, 0
        for hit, (start, end) in zip(new, page.places(new), strict=True):
            at, stop, kind, value, rule = hit
            line += raw.count("\n", last, start)
            last = start
            pasted = raw[start:end]
            found[value] = _Draft(
                IOC(kind, value, pasted),
                counts[value],
                line,
                offset + start,
                offset + end,
                text[at:stop] != pasted or (rule in _ENCODED and _is_mended(pasted, value)),
                RULES.get(rule) or RULES[kind],
                findings.wrappers.get((at, value)),
                "xn--" in value and is_deceptive(_host(kind, value)),
            )

    def extraction(self) -> Extraction:
        """All that was found; to be called once, at the end."""
        kept, left_out = self._near_misses.without(self._found)
        found = tuple([draft.freeze() for draft in self._found.values()])
        return Extraction(found, kept, left_out)


def _host(kind: IOCType, value: str) -> str:
    """The host of a domain, URL or mail address."""
    rest = value.partition("://")[2] if kind is IOCType.URL else value
    for mark in "/?#":
        rest = rest.partition(mark)[0]
    return rest.rpartition("@")[2].partition(":")[0]


def _is_mended(pasted: str, value: str) -> bool:
    """Whether the scheme, or all of it, was written in another way."""
    scheme, colon, _ = pasted.partition("://")
    if not colon:
        return pasted.lower() != value
    return not value.startswith(scheme) and not value.startswith(f"{scheme.lower()}:")
