"""Finds the IOCs in the parts of a document, each with its place there."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.documents.models import Miss, Occurrence, Part, Place
from app.pipeline.blocks import GAP, blocks
from app.pipeline.evidence import EvidenceHits, host_of, is_defanged
from app.pipeline.extractor import read_blocks
from app.pipeline.models import IOC, Evidence, IOCType, NearMiss
from app.pipeline.near_misses import NearMisses
from app.pipeline.ports import port_behind
from app.pipeline.refanged_text import RefangedText
from app.pipeline.rules import RULES
from app.pipeline.scripts import is_deceptive

# Many parts are a few characters long, like the cells of a sheet. They are joined and read at
# once, because each call of the extractor has a cost of its own.
_BATCH = 200_000


@dataclass(slots=True)
class _GrowingOccurrence:
    """The first evidence of one IOC in one part, and the count so far."""

    evidence: Evidence
    segment: int
    """The index of the part among the joined parts."""
    count: int = 1


class _PartCollector:
    """Collects, for each part of a joined text, the IOCs in it. See `pipeline.collectors`."""

    name = "occurrences"

    def __init__(self, starts: list[int], names: list[str], also: frozenset[IOCType]) -> None:
        """`starts` are the offsets of the parts in the joined text, `names` their names."""
        self.also = also
        self._starts = starts
        self._names = names
        self._offset = 0
        self._line = 1
        self._near_misses = NearMisses()
        # By value and name of the part: parts of one name count together.
        self.growing: dict[tuple[str, str], _GrowingOccurrence] = {}

    def new_hits(self) -> EvidenceHits:
        return EvidenceHits(self.also)

    def add_block(self, refanged: RefangedText, new_hits: EvidenceHits) -> None:
        new_hits.hits.sort(key=lambda hit: hit[0])
        hits, raw, base = new_hits.hits, refanged.raw, self._offset
        starts, names, growing = self._starts, self._names, self.growing
        line, last = self._line, 0
        for hit, start, end in zip(hits, *refanged.places(hits), strict=True):
            segment = bisect(starts, base + start) - 1
            value = hit[3]
            key = value, names[segment]
            known = growing.get(key)
            if known is not None:
                known.count += 1
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
                port=port_behind(refanged.text, hit),
            )
            growing[key] = _GrowingOccurrence(evidence, segment)
        self._near_misses.add_block(refanged, new_hits.misses, hits, base, self._line)
        self._offset += len(raw)
        self._line += raw.count("\n")

    def columns(self) -> None:
        """Return nothing: parts are read by one process alone."""

    def append_columns(self, columns: None) -> None:
        """Add nothing: parts are read by one process alone."""

    def near_misses(self) -> tuple[NearMiss, ...]:
        found = {value for value, _ in self.growing}
        return self._near_misses.without(found)[0]


class Batch:
    """The parts of one file that wait to be read together."""

    def __init__(
        self, document: str, file: int, path: str, also: frozenset[IOCType] = frozenset()
    ) -> None:
        """`file` is the number of the file in the document, `path` the place of the file there."""
        self._also = also
        self._document = document
        self._file = file
        self._path = path
        self._parts: list[Part] = []
        self._length = 0

    def add(self, part: Part) -> bool:
        """Add a part; return whether the batch is long enough to be read."""
        self._parts.append(part)
        self._length += len(part.text) + len(GAP)
        return self._length >= _BATCH

    def read(self) -> Iterator[Occurrence | Miss]:
        """Yield the occurrences and near misses in the parts, and forget the parts."""
        parts, self._parts, self._length = self._parts, [], 0
        if not parts:
            return
        text = GAP.join(_clean(part.text) for part in parts)
        starts, lines = _beginnings(parts)
        collector = _PartCollector(starts, [part.part for part in parts], self._also)
        read_blocks(blocks(text), collector)
        for growing in collector.growing.values():
            at, found = growing.segment, growing.evidence
            evidence = Evidence(
                found.ioc,
                growing.count,
                _line(parts[at], found.line - lines[at]),
                found.offset - starts[at],
                found.end - starts[at],
                found.defanged,
                found.rule,
                found.unwrapped_from,
                found.mixed_scripts,
                found.port,
            )
            yield Occurrence(self._place(parts[at], evidence.line), evidence, self._file)
        for miss in collector.near_misses():
            at = bisect(starts, miss.offset) - 1
            near_miss = replace(
                miss,
                line=_line(parts[at], miss.line - lines[at]),
                offset=miss.offset - starts[at],
                end=miss.end - starts[at],
            )
            yield Miss(self._place(parts[at], near_miss.line), near_miss)

    def _place(self, part: Part, line: int) -> Place:
        return Place(self._document, _clean(join_steps(self._path, part.part)), line)


def join_steps(*steps: str) -> str:
    """Return the path to a part, as the analyst reads it: "attachment a.eml > page 3"."""
    return " > ".join(step for step in steps if step)


def _beginnings(parts: list[Part]) -> tuple[list[int], list[int]]:
    """Return the offset and the line at which each part begins in the joined text."""
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
    """Return a text of the same length without the lone surrogates that UTF-8 cannot carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
