"""The part of a reader's result that is stored with the analysis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from app.documents.models import FileReport, Found, Occurrence, Place, ReadDocument
from app.documents.sandbox.results import DocumentResult
from app.pipeline.models import IOC, Evidence

MOST_PLACES = 20
"""The places kept for one IOC in one document; further ones are only counted."""
MOST_SIGHTS = 1 << 53
MOST_FILES = 2_000
"""The files in one document that are stored one by one; of further ones failures are counted."""
FILE_RULE = "the hash of the file itself"


@dataclass(slots=True)
class _KeptPlaces:
    evidence: Evidence
    count: int = 0
    places: list[Place] = field(default_factory=list)

    def add(self, place: Place, count: int) -> None:
        self.count = min(self.count + count, MOST_SIGHTS)
        if len(self.places) < MOST_PLACES and place not in self.places:
            self.places.append(place)

    def found(self) -> Found:
        return Found(replace(self.evidence, count=self.count), tuple(self.places))


def read_document(position: int, result: DocumentResult) -> ReadDocument:
    """Return what is stored of a result; hashes of its files are IOCs too.

    It can be closed afterwards.
    """
    drafts: dict[IOC, _KeptPlaces] = {}
    for occurrence in chain(result.occurrences(), _hashes(result.files, result.document.name)):
        _add(drafts, occurrence)
    found = tuple(draft.found() for draft in drafts.values())
    return ReadDocument(position, result.files[:MOST_FILES], found)


def _add(drafts: dict[IOC, _KeptPlaces], occurrence: Occurrence) -> None:
    evidence = occurrence.evidence
    draft = drafts.get(evidence.ioc)
    if draft is None:
        draft = drafts[evidence.ioc] = _KeptPlaces(evidence)
    draft.add(occurrence.place, evidence.count)


def _hashes(files: tuple[FileReport, ...], name: str) -> Iterator[Occurrence]:
    for number, file in enumerate(files):
        for ioc in file.iocs:
            evidence = Evidence(ioc, 1, 0, 0, 0, False, FILE_RULE)
            yield Occurrence(Place(name, file.part, 0), evidence, number)
