"""Reads documents for `telltale extract`; imported only if there is a document among the inputs."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from app.cli.inputs import report_unread
from app.cli.report import Report
from app.cli.rows import evidence_row, near_miss_row, placed_row
from app.documents.models import Place, Source, State
from app.documents.sandbox.pool import Readers
from app.documents.sandbox.results import DocumentResult
from app.pipeline.models import Evidence


def read_all_documents(
    readers: Readers, names: Iterable[str], report: Report, is_explained: bool
) -> bool:
    """Write the IOCs of the documents; return whether all of each was read.

    What was not read is reported on standard error.
    """
    is_complete = True
    for result in readers.read(Source(Path(name), name) for name in names):
        with result:
            _write(result, report, is_explained)
            if result.state is not State.OK:
                what = "cannot read" if result.state is State.FAILED else "read only a part of"
                report_unread(result.document.name, result.reason.rstrip("."), what)
                is_complete = False
        sys.stdout.flush()
    return is_complete


def _write(result: DocumentResult, report: Report, is_explained: bool) -> None:
    name = result.document.name
    for file in result.files:
        for evidence in file.evidence:
            _write_one(evidence, Place(name, file.part, 0), report, is_explained)
    for occurrence in result.occurrences():
        _write_one(occurrence.evidence, occurrence.place, report, is_explained)
    if is_explained:
        for miss in result.misses():
            report.add_miss(
                miss.near_miss.ioc, near_miss_row(miss.near_miss, name, miss.place.part)
            )


def _write_one(found: Evidence, place: Place, report: Report, is_explained: bool) -> None:
    ioc, name = found.ioc, place.document
    if is_explained:
        report.add(ioc, evidence_row(found, report.is_defanged, name, place.part))
    elif report.has_places:
        line = place.line or None  # the hash of a file stands on no line
        report.add(ioc, placed_row(ioc, report.is_defanged, name, place.part, line))
    else:
        report.add_once(ioc)
