"""Where each IOC stood, how often, by which rule; and what only looked like one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from app.pipeline.findings import Findings
from app.pipeline.models import IOC, Evidence, Extraction, IOCType
from app.pipeline.near_misses import Miss, NearMisses
from app.pipeline.page import Page
from app.pipeline.rules import rule_in_words
from app.pipeline.scripts import is_deceptive

Hit = tuple[int, int, IOCType, str, str]
"""Where it begins and ends on the page, what it is, its value, and the rule."""

_PLACE = itemgetter(0, 1, 2)
_TYPES_WITH_HOST = frozenset((IOCType.DOMAIN, IOCType.URL, IOCType.EMAIL))


class EvidenceFindings(Findings):
    """Keeps every occurrence, and what was refused."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self._hits: list[Hit] = []
        self._repeats: dict[tuple[int, int], int] = {}
        self.again = self._again
        self.misses: list[Miss] = []

    def hit(self, kind: IOCType, value: str, start: int, end: int, rule: str) -> None:
        self._hits.append((start, end, kind, value, rule))

    def miss(self, reason: str, start: int, end: int, rule: str) -> None:
        self.misses.append((start, end, reason, rule))

    def _again(self, first: int, token: str) -> None:
        place = first, first + len(token)
        self._repeats[place] = self._repeats.get(place, 0) + 1

    def hits(self) -> list[Hit]:
        """In the order of the text."""
        self._hits.sort(key=_PLACE)
        return self._hits

    def counts(self) -> dict[str, int]:
        """How often each value occurs; in the order of first sight."""
        counts: dict[str, int] = {}
        hits = self.hits()
        for hit in hits:
            counts[hit[3]] = counts.get(hit[3], 0) + 1
        starts = [hit[0] for hit in hits] if self._repeats else []
        for (first, last), times in self._repeats.items():
            for hit in hits[bisect_left(starts, first) : bisect_left(starts, last)]:
                counts[hit[3]] += times
        return counts


@dataclass(slots=True)
class _Sighting:
    """The evidence of one IOC while the text is read."""

    ioc: IOC
    count: int
    line: int
    offset: int
    end: int
    defanged: bool
    rule: str

    def evidence(self) -> Evidence:
        ioc = self.ioc
        return Evidence(
            ioc=ioc,
            count=self.count,
            line=self.line,
            offset=self.offset,
            end=self.end,
            defanged=self.defanged,
            rule=rule_in_words(ioc.type, self.rule),
            mixed_scripts=ioc.type in _TYPES_WITH_HOST and is_deceptive(host_of(ioc)),
        )


class EvidenceReader:
    """Gathers the evidence of a text that comes in blocks, in memory of its unique IOCs."""

    def __init__(self) -> None:
        self._offset = 0
        self._line = 1
        self._found: dict[str, _Sighting] = {}
        self._near_misses = NearMisses()

    def add(self, page: Page, findings: EvidenceFindings) -> None:
        """To be called for each block in the order of the text, without gaps."""
        counts = findings.counts()
        hits = findings.hits()
        firsts = self._count(counts, hits)
        raw = page.raw
        self._near_misses.add(page, findings.misses, hits, self._offset, self._line)
        line = Lines(raw, self._line)
        for hit, (start, end) in zip(firsts, page.places(firsts), strict=True):
            _, _, kind, value, rule = hit
            self._found[value] = _Sighting(
                ioc=IOC(kind, value, raw[start:end]),
                count=counts[value],
                line=line.at(start),
                offset=self._offset + start,
                end=self._offset + end,
                defanged=_is_defanged(page.text, hit, raw[start:end]),
                rule=rule,
            )
        self._offset += len(raw)
        self._line += raw.count("\n")

    def _count(self, counts: dict[str, int], hits: list[Hit]) -> list[Hit]:
        """Adds up what was known before; answers the first hits of what is new."""
        firsts: list[Hit] = []
        seen: set[str] = set()
        for hit in hits:
            value = hit[3]
            if value not in seen:
                seen.add(value)
                if value in self._found:
                    self._found[value].count += counts[value]
                else:
                    firsts.append(hit)
        return firsts

    def found(self) -> Iterator[Evidence]:
        for sighting in self._found.values():
            yield sighting.evidence()

    def extraction(self) -> Extraction:
        kept, left_out = self._near_misses.without(self._found)
        return Extraction(tuple(self.found()), kept, left_out)


class Lines:
    """Tells the line of a position; asked in the order of the text."""

    def __init__(self, text: str, first: int) -> None:
        self._text = text
        self._line = first
        self._position = 0

    def at(self, position: int) -> int:
        self._line += self._text.count("\n", self._position, position)
        self._position = position
        return self._line


def host_of(ioc: IOC) -> str:
    """The host of a domain, URL or mail address."""
    rest = ioc.value.partition("://")[2] if ioc.type is IOCType.URL else ioc.value
    for mark in "/?#":
        rest = rest.partition(mark)[0]
    return rest.rpartition("@")[2].partition(":")[0]


def _is_defanged(text: str, hit: Hit, pasted: str) -> bool:
    start, end, kind, value, _ = hit
    if text[start:end] != pasted:
        return True
    scheme, colon, _ = pasted.partition("://")
    return kind is IOCType.URL and bool(colon) and _is_mended(scheme.lower(), value)


def _is_mended(scheme: str, value: str) -> bool:
    """Whether the scheme was written otherwise; one of a link in the query is no scheme."""
    return scheme.isalpha() and not value.startswith(f"{scheme}://")
