"""Where each IOC stood, how often, by which rule; and what only looked like one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import cast

from app.pipeline.findings import BEGIN, Findings, Hit
from app.pipeline.models import IOC, Evidence, Extraction, IOCType
from app.pipeline.near_misses import NearMisses
from app.pipeline.page import Page
from app.pipeline.refusals import Miss
from app.pipeline.rules import RULES
from app.pipeline.scripts import is_deceptive

_VALUE = itemgetter(3)
_ENCODED = frozenset(("URL", "encoded URL", "target"))
"""The rules that read what is written in another way."""


class EvidenceFindings(Findings):
    """Keeps every occurrence, and what was refused."""

    wants_repeats = True
    wants_misses = True

    def __init__(self) -> None:
        super().__init__()
        self.misses: list[Miss] = []
        self.wrappers: dict[tuple[int, str], str] = {}

    def unwrapped(self, kind: IOCType, value: str, start: int, end: int, wrapper: str) -> None:
        self.wrappers[start, value] = wrapper
        super().unwrapped(kind, value, start, end, wrapper)

    def miss(self, reason: str, start: int, end: int, rule: str) -> None:
        self.misses.append((start, end, reason, rule))


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
        hits = findings.hits
        hits.sort(key=BEGIN)
        if hits:
            self._add_hits(page, hits, findings.wrappers)
        self._near_misses.add(page, findings.misses, hits, self._offset, self._line)
        self._offset += len(raw)
        self._line += raw.count("\n")

    def _add_hits(
        self, page: Page, hits: list[Hit], wrappers: dict[tuple[int, str], str]
    ) -> None:
        found = self._found
        counts = Counter(map(_VALUE, hits))  # in the order of first sight
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
                wrappers.get((at, value)),
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
