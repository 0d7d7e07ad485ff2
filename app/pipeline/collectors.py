"""Collectors gather the hits of one block after the other; `IOCCollector` keeps the IOCs alone."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from app.pipeline.hits import Hits
from app.pipeline.models import IOC, IOCType, make_iocs
from app.pipeline.refanged_text import RefangedText

KINDS = {kind.value: kind for kind in IOCType}

IOCColumns = tuple[list[str], list[str], list[str]]
"""The types, the values, and the texts as pasted of some IOCs."""

F = TypeVar("F", bound=Hits)


class Collector(Protocol[F]):
    """A collector gathers the hits of a text; blocks are added in their order, without gaps.

    The second process has a collector of its own, whose columns are appended to ours: lists of
    text and numbers, for `marshal` writes no records of ours.
    """

    name: str
    also: frozenset[IOCType]
    """The types to look for among those that are off by default."""

    def new_hits(self) -> F:
        """Return an empty record of hits for the next block."""

    def add_block(self, refanged: RefangedText, new_hits: F) -> None: ...

    def columns(self) -> Any:
        """Return everything gathered, as lists of text and numbers."""

    def append_columns(self, columns: Any) -> None:
        """Add the columns of the collector that read the text after ours."""


class IOCCollector:
    """Gathers the IOCs of a text, each once, in the order of their first positions."""

    name = "iocs"

    def __init__(self, also: frozenset[IOCType] = frozenset()) -> None:
        self.also = also
        self.iocs: list[IOC] = []
        self._known: set[str] = set()

    def new_hits(self) -> Hits:
        return Hits(self.also)

    def add_block(self, refanged: RefangedText, new_hits: Hits) -> None:
        first, known = new_hits.first_sights(), self._known
        if not known.isdisjoint(first):
            for value in known & first.keys():
                del first[value]
        known.update(first)
        hits = first.values()
        self.iocs += make_iocs([hit[2] for hit in hits], list(first), refanged.pasted(hits))

    def columns(self) -> IOCColumns:
        return columns_of(self.iocs)

    def append_columns(self, columns: IOCColumns) -> None:
        kinds, values, pasted = columns
        known = self._known
        if not known.isdisjoint(values):
            new = [i for i, value in enumerate(values) if value not in known]
            kinds, values, pasted = ([column[i] for i in new] for column in (kinds, values, pasted))
        known.update(values)
        self.iocs += make_iocs([KINDS[kind] for kind in kinds], values, pasted)


def columns_of(iocs: list[IOC]) -> IOCColumns:
    """Return the IOCs as columns that `marshal` can write."""
    return (
        [str(ioc.type) for ioc in iocs],
        [ioc.value for ioc in iocs],
        [ioc.raw_match for ioc in iocs],
    )
