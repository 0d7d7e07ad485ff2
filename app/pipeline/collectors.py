"""Collectors of the hits of one block after the other; this one keeps the IOCs alone."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from app.pipeline.hits import Hits
from app.pipeline.models import IOC, IOCType, make_iocs
from app.pipeline.refanged_text import RefangedText

KINDS = {kind.value: kind for kind in IOCType}

F = TypeVar("F", bound=Hits)


class Collector(Protocol[F]):
    """Collects the hits of a text, block by block in their order."""

    name: str

    def new_hits(self) -> F:
        """Return an empty collection for the next block."""

    def add(self, refanged: RefangedText, new_hits: F) -> None: ...

    def columns(self) -> Any:
        """Return everything collected, as lists of text and numbers for another collector."""

    def take(self, columns: Any) -> None:
        """Add what another collector read in the text that follows."""


class IOCCollector:
    """Gathers the IOCs of a text, each once, in the order of first sight."""

    name = "iocs"

    def __init__(self) -> None:
        self.iocs: list[IOC] = []
        self._known: set[str] = set()

    def new_hits(self) -> Hits:
        return Hits()

    def add(self, refanged: RefangedText, new_hits: Hits) -> None:
        first, known = new_hits.first_sights(), self._known
        if not known.isdisjoint(first):
            for value in known & first.keys():
                del first[value]
        known.update(first)
        hits = first.values()
        self.iocs += make_iocs([hit[2] for hit in hits], list(first), refanged.pasted(hits))

    def columns(self) -> tuple[list[str], list[str], list[str]]:
        return columns_of(self.iocs)

    def take(self, columns: tuple[list[str], list[str], list[str]]) -> None:
        kinds, values, pasted = columns
        known = self._known
        if not known.isdisjoint(values):
            new = [i for i, value in enumerate(values) if value not in known]
            kinds, values, pasted = ([column[i] for i in new] for column in (kinds, values, pasted))
        known.update(values)
        self.iocs += make_iocs([KINDS[kind] for kind in kinds], values, pasted)


def columns_of(iocs: list[IOC]) -> tuple[list[str], list[str], list[str]]:
    """The types, the values, and what was pasted."""
    return (
        [str(ioc.type) for ioc in iocs],
        [ioc.value for ioc in iocs],
        [ioc.raw_match for ioc in iocs],
    )
