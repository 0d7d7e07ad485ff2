"""The documents of an analysis on its pages: the state of each, and the IOCs found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import ceil
from typing import Any

from flask import render_template, request
from werkzeug.exceptions import BadRequest

from app.documents.models import DOCUMENT_STATES, Document
from app.enrichment.analysis.live_analysis import JobChanges
from app.jobs.models import IMPORT, READING
from app.pipeline.defang import defang
from app.pipeline.visible import make_visible
from app.presentation.records import iso
from app.presentation.results_page import PlacesOf, nowhere
from app.presentation.serializers import serialize_document, serialize_tile
from app.routes.current import get_services

PER_PAGE = 50
FIRST_IOCS = 20
MOST_NAMES = 50
"""The most names of each kind on the results page; the page of the documents has the others."""


def render_documents(job: JobChanges) -> str:
    """Render each document with the first IOCs in it, and the progress of reading."""
    services, job_id = get_services(), job.job.id
    state = request.args.get("state", "")
    if state and state not in DOCUMENT_STATES:
        raise BadRequest(f"The state is one of {', '.join(DOCUMENT_STATES)}.")
    number = request.args.get("page", "1")
    page = max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 9 else 1
    found = services.jobs.documents(job_id, page, PER_PAGE, state)
    first = services.documents.first_iocs(job_id, [one.position for one in found.items], FIRST_IOCS)
    return render_template(
        "documents.html",
        job=serialize_tile(services.jobs.summary_from_memory(job_id)),
        is_reading=job.job.phase == READING,
        created_at=iso(job.analysis.created_at),
        counts=_counts(job_id),
        shared=_shared(job_id) if job.complete and page == 1 and not state else [],
        same=_same(job_id) if job.complete and page == 1 and not state else [],
        state=state,
        page=found.page,
        pages=max(1, ceil(found.total / PER_PAGE)),
        documents=[
            _shown(one)
            | {"iocs": [make_visible(defang(i), 200) for i in first.get(one.position, ())]}
            for one in found.items
        ],
    )


def documents_context(job: JobChanges) -> dict[str, Any]:
    """Return the context of the documents panel of results.html; empty for a pasted text."""
    if job.job.job_type != IMPORT:
        return {"documents": None, "document": ""}
    services, job_id = get_services(), job.job.id
    incomplete = services.documents.incomplete(job_id)
    first = services.jobs.documents(job_id, 1, MOST_NAMES).items
    return {
        "document": request.args.get("document", ""),
        "documents": {
            "counts": _counts(job_id),
            "incomplete": _all_shown(incomplete[:MOST_NAMES]),
            "incomplete_more": max(0, len(incomplete) - MOST_NAMES),
            "first": _all_shown(first),
        },
    }


def within(job: JobChanges) -> JobChanges:
    """Return the analysis reduced to the IOCs of the document that the request names, if any."""
    name = request.args.get("document", "")
    if not name or job.job.job_type != IMPORT:
        return job
    positions = get_services().documents.positions(job.job.id, name)
    iocs = tuple(ioc for n, ioc in enumerate(job.analysis.iocs) if n in positions)
    wanted = set(iocs)
    rows = [row for row in job.rows if row.ioc in wanted]
    return replace(job, analysis=replace(job.analysis, iocs=iocs), rows=rows)


def places_of(job: JobChanges) -> PlacesOf:
    """Return the function that names the documents of an IOC."""
    if job.job.job_type != IMPORT:
        return nowhere
    return partial(get_services().documents.places_of, job.job.id)


def _shared(job_id: str) -> list[dict[str, Any]]:
    """Return the IOCs that several documents have in common."""
    found = get_services().documents.shared_iocs(job_id)[:MOST_NAMES]
    return [
        {"ioc": make_visible(defang(one.ioc), 200), "names": list(map(make_visible, one.documents))}
        for one in found
    ]


def _same(job_id: str) -> list[list[str]]:
    """Return the names of identical files, one list for each content."""
    found = get_services().documents.same_files(job_id)[:MOST_NAMES]
    return [list(map(make_visible, one.names)) for one in found]


def _counts(job_id: str) -> dict[str, int]:
    counts = get_services().documents.counts(job_id)
    return {state: counts[state] for state in DOCUMENT_STATES if state in counts}


def _all_shown(documents: Sequence[Document]) -> list[dict[str, Any]]:
    return [_shown(one) for one in documents]


def _shown(document: Document) -> dict[str, Any]:
    return serialize_document(document) | {"shown": make_visible(document.name)}
