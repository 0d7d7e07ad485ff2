"""The collector of evidence: where each IOC stood, how often, by which rule; and near misses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, islice, repeat
from operator import itemgetter
from typing import Any, cast

from app.pipeline.collectors import KINDS, columns_of
from app.pipeline.gc_pause import paused_collector
from app.pipeline.hits import Hit, Hits, RefusedHit
from app.pipeline.models import IOC, Evidence, Extraction, IOCType, make_iocs
from app.pipeline.near_misses import NearMisses
from app.pipeline.objections import Objection
from app.pipeline.ports import port_behind
from app.pipeline.refanged_text import RefangedText
from app.pipeline.rules import RULES
from app.pipeline.scripts import is_deceptive
from app.pipeline.undoing import OPAQUE

_VALUE = itemgetter(3)
_ENCODED = frozenset(("URL", "encoded URL", "target", *OPAQUE))
"""The rules whose value may differ from what is written, even without an edit by `refang`."""


class EvidenceHits(Hits):
    """The hits of one block with all repetitions, refused strings, and wrappers of targets."""

    wants_repeats = wants_misses = True

    def __init__(self, also: frozenset[IOCType] = frozenset()) -> None:
        super().__init__(also)
        self.misses: list[RefusedHit] = []
        self.wrappers: dict[tuple[int, str], str] = {}

    def add_target(
        self, kind: IOCType, value: str, start: int, end: int, wrapper: str, rule: str = "target"
    ) -> None:
        self.wrappers[start, value] = wrapper
        super().add_target(kind, value, start, end, wrapper, rule)

    def add_miss(self, reason: Objection, start: int, end: int, rule: str) -> None:
        self.misses.append((start, end, reason, rule))


@dataclass(slots=True)
class _UnfrozenEvidence:
    """The same slots as `Evidence`, in a class that is not frozen and is filled much faster."""

    ioc: IOC
    count: int
    line: int
    offset: int
    end: int
    defanged: bool
    rule: str
    unwrapped_from: str | None
    mixed_scripts: bool
    port: int | None


class EvidenceCollector:
    """Gathers the evidence of a text; needs memory for the unique IOCs, not for the text."""

    name = "evidence"

    def __init__(self, also: frozenset[IOCType] = frozenset()) -> None:
        self.also = also
        self._offset = 0
        self._line = 1
        self._counts: Counter[str] = Counter()  # by value, in the order of first positions
        # One column for each field of `Evidence`, all in the order of `_counts`. Columns travel
        # between processes, and are filled faster than records.
        self._iocs: list[IOC] = []
        self._lines: list[int] = []
        self._offsets: list[int] = []
        self._ends: list[int] = []
        self._defanged: list[bool] = []
        self._rules: list[str] = []
        self._wrappers: list[str | None] = []
        self._ports: list[int | None] = []
        self._near_misses = NearMisses()

    def new_hits(self) -> EvidenceHits:
        return EvidenceHits(self.also)

    def add_block(self, refanged: RefangedText, new_hits: EvidenceHits) -> None:
        raw = refanged.raw
        self._add_new(refanged, self._count(new_hits), new_hits.wrappers)
        self._near_misses.add_block(
            refanged, new_hits.misses, new_hits.hits, self._offset, self._line
        )
        self._offset += len(raw)
        self._line += raw.count("\n")

    def _count(self, new_hits: EvidenceHits) -> list[Hit]:
        """Count all hits; return the first hit of each value that is new in the text."""
        counts, first = self._counts, new_hits.first_sights()
        known = len(counts)
        counts.update(map(_VALUE, new_hits.hits))
        new = len(counts) - known
        if new == len(first):
            return list(first.values())
        # A Counter keeps the order of insertion: its last `new` keys are the new values.
        return [first[value] for value in islice(reversed(counts), new)][::-1]

    def _add_new(
        self, refanged: RefangedText, hits: list[Hit], wrappers: Mapping[tuple[int, str], str]
    ) -> None:
        raw, offset = refanged.raw, self._offset
        starts, ends = refanged.places(hits)
        pasted = [raw[start:end] for start, end in zip(starts, ends, strict=True)]
        self._iocs += make_iocs([hit[2] for hit in hits], [hit[3] for hit in hits], pasted)
        breaks = map(raw.count, repeat("\n"), [0, *starts], starts)
        self._lines += islice(accumulate(breaks, initial=self._line), 1, None)
        self._offsets += [offset + start for start in starts]
        self._ends += [offset + end for end in ends]
        self._defanged += [
            written != hit[3] and is_defanged(refanged.text, hit, written)
            for hit, written in zip(hits, pasted, strict=True)
        ]
        self._rules += [RULES[hit[4]] for hit in hits]
        self._ports += [port_behind(refanged.text, hit) for hit in hits]
        if wrappers:
            self._wrappers += [wrappers.get((hit[0], hit[3])) for hit in hits]
        else:
            self._wrappers += repeat(None, len(hits))

    def columns(self) -> tuple[Any, ...]:
        return (
            columns_of(self._iocs),
            list(self._counts.values()),
            self._lines,
            self._offsets,
            self._ends,
            self._defanged,
            self._rules,
            self._wrappers,
            self._ports,
            self._near_misses.columns(),
            (self._offset, self._line),
        )

    def append_columns(self, columns: tuple[Any, ...]) -> None:
        (kinds, values, pasted), numbers, *rest, near_misses, (length, lines) = columns
        counts, offset, line = self._counts, self._offset, self._line - 1
        if counts.keys().isdisjoint(values):
            # `Counter.update` would add the numbers one by one; here no value is in both.
            dict.update(counts, zip(values, numbers, strict=True))
        else:
            new = [i for i, value in enumerate(values) if value not in counts]
            counts.update(dict(zip(values, numbers, strict=True)))
            kinds, values, pasted, *rest = (
                [column[i] for i in new] for column in (kinds, values, pasted, *rest)
            )
        self._iocs += make_iocs([KINDS[kind] for kind in kinds], values, pasted)
        self._lines += [line + there for there in rest[0]]
        self._offsets += [offset + there for there in rest[1]]
        self._ends += [offset + there for there in rest[2]]
        self._defanged += rest[3]
        self._rules += rest[4]
        self._wrappers += rest[5]
        self._ports += rest[6]
        self._near_misses.append_columns(near_misses, offset, line)
        self._offset += length
        self._line += lines - 1

    def extraction(self) -> Extraction:
        """Return everything found so far."""
        iocs = self._iocs
        with paused_collector():
            unfrozen = map(
                _UnfrozenEvidence,
                iocs,
                self._counts.values(),
                self._lines,
                self._offsets,
                self._ends,
                self._defanged,
                self._rules,
                self._wrappers,
                ["xn--" in ioc.value and is_deceptive(host_of(ioc)) for ioc in iocs],
                self._ports,
            )
            found = tuple(unfrozen)
            for evidence in found:
                # Allowed because both classes have the same slots in the same order.
                evidence.__class__ = Evidence  # type: ignore[assignment]
        kept, left_out = self._near_misses.without(self._counts)
        return Extraction(cast("tuple[Evidence, ...]", found), kept, left_out)


def is_defanged(text: str, hit: Hit, written: str) -> bool:
    """Return whether a hit was pasted defanged or encoded.

    `text` is the refanged text, `written` what was pasted for the hit.
    """
    start, end, _, value, rule = hit
    if text[start:end] != written:
        return True
    if rule not in _ENCODED:
        return False
    # No edit was made, and yet the scheme (hxxp) or the whole URL (percent-encoded) may differ.
    scheme, colon, _ = written.partition("://")
    if not colon:
        return written.lower() != value
    return not value.startswith(scheme) and not value.startswith(f"{scheme.lower()}:")


def host_of(ioc: IOC) -> str:
    """Return the host of a domain, URL or mail address, without user and port."""
    value = ioc.value
    rest = value.partition("://")[2] if ioc.type is IOCType.URL else value
    for mark in "/?#":
        rest = rest.partition(mark)[0]
    return rest.rpartition("@")[2].partition(":")[0]
