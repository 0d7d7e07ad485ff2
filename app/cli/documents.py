"""Documents on the command line; loaded only where there is one to read."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from app.cli.inputs import tell_unread
from app.cli.report import Report
from app.cli.rows import evidence_row, near_miss_row, placed_row
from app.documents.models import FileReport, Source, State
from app.documents.sandbox.pool import Readers
from app.documents.sandbox.results import DocumentResult
from app.pipeline.models import IOC, Evidence


def started_readers() -> Readers:
    return Readers()


def read_all_documents(
    readers: Readers, names: Iterable[str], report: Report, is_explained: bool
) -> bool:
    """Whether all of each document was read; says on standard error what was not."""
    is_complete = True
    for result in readers.read(Source(Path(name), name) for name in names):
        with result:
            _write(result, report, is_explained)
            if result.state is not State.OK:
                what = "cannot read" if result.state is State.FAILED else "read only a part of"
                tell_unread(result.document.name, result.reason.rstrip("."), what)
                is_complete = False
        sys.stdout.flush()
    return is_complete


def _write(result: DocumentResult, report: Report, is_explained: bool) -> None:
    name = result.document.name
    for file in result.files:
        for ioc in file.iocs:
            _write_hash(ioc, file, name, report, is_explained)
    for occurrence in result.occurrences():
        place, found = occurrence.place, occurrence.evidence
        if is_explained:
            report.add(found.ioc, evidence_row(found, report.is_defanged, name, place.part))
        elif report.has_places:
            placed = placed_row(found.ioc, report.is_defanged, name, place.part, place.line)
            report.add(found.ioc, placed)
        else:
            report.once(found.ioc)
    if is_explained:
        for miss in result.misses():
            report.add_miss(
                miss.near_miss.ioc, near_miss_row(miss.near_miss, name, miss.place.part)
            )


def _write_hash(ioc: IOC, file: FileReport, name: str, report: Report, is_explained: bool) -> None:
    if is_explained:
        evidence = Evidence(ioc, 1, 0, 0, 0, False, "the hash of the file itself")
        report.add(ioc, evidence_row(evidence, report.is_defanged, name, file.part))
    elif report.has_places:
        report.add(ioc, placed_row(ioc, report.is_defanged, name, file.part, None))
    else:
        report.once(ioc)
