"""Turns the result of a sandboxed reader into the record that is stored with the analysis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from app.documents.models import FileReport, Found, Occurrence, Place, ReadDocument
from app.documents.sandbox.results import DocumentResult
from app.pipeline.models import IOC, Evidence

MOST_PLACES = 20
"""The places kept for one IOC in one document; further places are only counted."""
MOST_OCCURRENCES = 1 << 53
"""The largest count that is stored: a hostile reader may report any, and sums must fit."""
MOST_FILES = 2_000
"""The files in one document that are stored one by one; of further files failures are counted."""


@dataclass(slots=True)
class _KeptPlaces:
    """The first evidence of one IOC in the document, with its count and places so far."""

    evidence: Evidence
    count: int = 0
    places: list[Place] = field(default_factory=list)

    def add(self, occurrence: Occurrence) -> None:
        self.count = min(self.count + occurrence.evidence.count, MOST_OCCURRENCES)
        if len(self.places) < MOST_PLACES and occurrence.place not in self.places:
            self.places.append(occurrence.place)


def read_document(position: int, result: DocumentResult) -> ReadDocument:
    """Return what is stored of a result; hashes of its files are IOCs too.

    The result can be closed afterwards.
    """
    kept: dict[IOC, _KeptPlaces] = {}
    for occurrence in chain(result.occurrences(), _hashes(result.files, result.document.name)):
        ioc = occurrence.evidence.ioc
        if ioc not in kept:
            kept[ioc] = _KeptPlaces(occurrence.evidence)
        kept[ioc].add(occurrence)
    found = tuple(
        Found(replace(places.evidence, count=places.count), tuple(places.places))
        for places in kept.values()
    )
    return ReadDocument(position, result.files[:MOST_FILES], found)


def _hashes(files: tuple[FileReport, ...], name: str) -> Iterator[Occurrence]:
    for number, file in enumerate(files):
        for evidence in file.evidence:
            yield Occurrence(Place(name, file.part, 0), evidence, number)
