"""Finds the IOCs in the parts of a document, each with its place there."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.documents.models import Miss, Occurrence, Part, Place
from app.pipeline.blocks import blocks
from app.pipeline.evidence import EvidenceHits, host_of, is_defanged
from app.pipeline.extractor import read_blocks
from app.pipeline.models import IOC, Evidence, NearMiss
from app.pipeline.near_misses import NearMisses
from app.pipeline.refanged_text import RefangedText
from app.pipeline.rules import RULES
from app.pipeline.scripts import is_deceptive

GAP = '\n\n"|"\n\n'
"""Between parts that are read together: no indicator, and no way to defang one, goes across."""
_BATCH = 200_000


@dataclass(slots=True)
class _GrowingOccurrence:
    """The occurrences of one IOC, gathered while the parts are read."""

    evidence: Evidence
    segment: int
    count: int = 1


class _PartCollector:
    """Gathers, for each part, what is seen there."""

    name = "occurrences"

    def __init__(self, starts: list[int], names: list[str]) -> None:
        self._starts = starts
        self._names = names
        self._offset = 0
        self._line = 1
        self._near_misses = NearMisses()
        self.drafts: dict[tuple[str, str], _GrowingOccurrence] = {}

    def new_hits(self) -> EvidenceHits:
        return EvidenceHits()

    def add_block(self, refanged: RefangedText, new_hits: EvidenceHits) -> None:
        new_hits.hits.sort(key=lambda hit: hit[0])
        hits, raw, base = new_hits.hits, refanged.raw, self._offset
        starts, names, drafts = self._starts, self._names, self.drafts
        line, last = self._line, 0
        for hit, start, end in zip(hits, *refanged.places(hits), strict=True):
            segment = bisect(starts, base + start) - 1
            value = hit[3]
            key = value, names[segment]
            draft = drafts.get(key)
            if draft is not None:
                draft.count += 1
                continue
            line += raw.count("\n", last, start)
            last = start
            pasted = raw[start:end]
            ioc = IOC(hit[2], value, pasted)
            evidence = Evidence(
                ioc=ioc,
                count=1,
                line=line,
                offset=base + start,
                end=base + end,
                defanged=pasted != value and is_defanged(refanged.text, hit, pasted),
                rule=RULES[hit[4]],
                unwrapped_from=new_hits.wrappers.get((hit[0], value)),
                mixed_scripts="xn--" in value and is_deceptive(host_of(ioc)),
            )
            drafts[key] = _GrowingOccurrence(evidence, segment)
        self._near_misses.add_block(refanged, new_hits.misses, hits, base, self._line)
        self._offset += len(raw)
        self._line += raw.count("\n")

    def columns(self) -> None:
        """Do nothing: parts are read by one process alone."""

    def append_columns(self, columns: None) -> None:
        """Do nothing: parts are read by one process alone."""

    def near_misses(self) -> tuple[NearMiss, ...]:
        found = {value for value, _ in self.drafts}
        return self._near_misses.without(found)[0]


class Batch:
    """The parts of one file that wait to be read together."""

    def __init__(self, document: str, file: int, prefix: str) -> None:
        self._document = document
        self._file = file
        self._prefix = prefix
        self._parts: list[Part] = []
        self._length = 0

    def add(self, part: Part) -> bool:
        """Whether it is time to read them."""
        self._parts.append(part)
        self._length += len(part.text) + len(GAP)
        return self._length >= _BATCH

    def read(self) -> Iterator[Occurrence | Miss]:
        """Return the occurrences in the parts, and forget the parts."""
        parts, self._parts, self._length = self._parts, [], 0
        if not parts:
            return
        text = GAP.join(_clean(part.text) for part in parts)
        starts, lines = _places(parts)
        reader = _PartCollector(starts, [part.part for part in parts])
        read_blocks(blocks(text), reader)
        for draft in reader.drafts.values():
            part, start, line = parts[draft.segment], starts[draft.segment], lines[draft.segment]
            found = draft.evidence
            evidence = Evidence(
                found.ioc,
                draft.count,
                _line(part, found.line - line),
                found.offset - start,
                found.end - start,
                found.defanged,
                found.rule,
                found.unwrapped_from,
                found.mixed_scripts,
            )
            yield Occurrence(self._place(part, evidence.line), evidence, self._file)
        for miss in reader.near_misses():
            segment = bisect(starts, miss.offset) - 1
            part, start, line = parts[segment], starts[segment], lines[segment]
            near_miss = replace(
                miss,
                line=_line(part, miss.line - line),
                offset=miss.offset - start,
                end=miss.end - start,
            )
            yield Miss(self._place(part, near_miss.line), near_miss)

    def _place(self, part: Part, line: int) -> Place:
        return Place(self._document, join_steps(self._prefix, part.part), line)


def join_steps(*steps: str) -> str:
    return " > ".join(step for step in steps if step)


def _places(parts: list[Part]) -> tuple[list[int], list[int]]:
    """The offset and the line at which each part begins in the joined text."""
    starts, lines = [], []
    start, line = 0, 1
    for part in parts:
        starts.append(start)
        lines.append(line)
        start += len(part.text) + len(GAP)
        line += part.text.count("\n") + GAP.count("\n")
    return starts, lines


def _line(part: Part, below: int) -> int:
    return part.line if part.is_one_line else part.line + below


def _clean(text: str) -> str:
    """Return a text of the same length without characters that UTF-8 cannot carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
