"""The contexts of the results page, the history and the start page, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any

from app.documents.models import Place
from app.enrichment.analysis.live_analysis import JobChanges
from app.enrichment.analysis.summary import JobSummary
from app.enrichment.models import Analysis, Lookup, LookupState, Mode
from app.jobs.models import IMPORT, READING
from app.pipeline.defang import defang
from app.pipeline.models import IOC, Evidence, IOCType
from app.pipeline.visible import make_visible
from app.presentation.records import by_ioc, is_stale, iso, lookup_record, place_text
from app.presentation.serializers import serialize_evidence, serialize_tile

_FIRST_TYPES = (
    *(IOCType.URL, IOCType.DOMAIN, IOCType.IPV4, IOCType.IPV6, IOCType.CIDR, IOCType.EMAIL),
    *(IOCType.SHA256, IOCType.SHA1, IOCType.MD5, IOCType.SHA512, IOCType.CVE, IOCType.ATTACK),
)
TYPE_LABELS = {kind: kind.heading for kind in dict.fromkeys((*_FIRST_TYPES, *IOCType))}
_TYPE_ORDER = {kind: place for place, kind in enumerate(TYPE_LABELS)}
# An IOC is shown with the first of these words that one of its lookups has. A failure and a
# waiting lookup come before "no detections": an IOC is not clean while a provider is missing.
WORST_FIRST = (
    "malicious",
    "suspicious",
    "could_not_check",
    "pending",
    "no_detections",
    "known_good",
    "known",
    "not_found",
    "not_asked",
)
_WITHOUT_ANSWER = (LookupState.COULD_NOT_CHECK, LookupState.PENDING, LookupState.NOT_ASKED)
# The server draws this many rows; a script fetches the other pages afterwards.
PAGE_ROWS = 250
# Beyond this many rows a browser becomes slow: the server filters instead of the script.
MAX_ROWS = 10_000


def lookup_key(lookup: Lookup) -> str:
    """Return the word of a lookup in `WORST_FIRST`: its verdict, or its state without an answer.

    An answer without a verdict is `known`. A lookup that is being refreshed keeps its last word.
    """
    is_asked_again = lookup.state is LookupState.PENDING and lookup.result is not None
    if lookup.state is not LookupState.ANSWERED and not is_asked_again:
        return lookup.state.value
    verdict = lookup.result.verdict if lookup.result else None
    return verdict.value if verdict else "known"


def worst_key(lookups: Iterable[Lookup]) -> str | None:
    """Return the word that stands for an IOC with these lookups; None without lookups."""
    return min((lookup_key(row) for row in lookups), key=WORST_FIRST.index, default=None)


PlacesOf = Callable[[Collection[IOC]], Mapping[IOC, Sequence[Place]]]


def nowhere(iocs: Collection[IOC]) -> Mapping[IOC, Sequence[Place]]:
    """Return no places: the IOCs of a pasted text have none."""
    return {}


def results_context(
    job: JobChanges, query: Mapping[str, str], places_of: PlacesOf = nowhere
) -> dict[str, Any]:
    """Return everything that results.html shows."""
    iocs, lookups, rows = job.analysis.iocs, by_ioc(job.rows), rows_context(job, query, places_of)
    is_partial = len(iocs) > MAX_ROWS
    is_filtered = any(rows["filters"].values())
    # The pages that the script fetches: all, if the rows drawn here are filtered or a later page.
    missing = range(1 if is_filtered or rows["page"] > 1 else 2, _pages(iocs) + 1)
    types = Counter(ioc.type for ioc in iocs)
    return rows | {
        "analysis": {
            "job_id": job.analysis.job_id,
            "mode": job.analysis.mode.value,
            "created_at": iso(job.analysis.created_at),
            "tlp": job.analysis.tlp,
            "providers": sorted({row.provider for row in job.rows if row.provider}),
            "count": len(iocs),
        },
        "status": _status(job),
        "counts": Counter(worst_key(lookups.get(ioc, ())) for ioc in iocs),
        "types": [
            {"type": kind.value, "label": label, "count": types[kind]}
            for kind, label in TYPE_LABELS.items()
            if types[kind]
        ],
        "filtered": is_filtered,
        "is_partial": is_partial,
        "missing": () if is_partial else missing,
        "worst_first": WORST_FIRST,
    }


def rows_context(
    job: JobChanges, query: Mapping[str, str], places_of: PlacesOf = nowhere
) -> dict[str, Any]:
    """Return what _rows.html shows: one page of the matching IOCs, by type."""
    filters = {name: query.get(name, "").strip() for name in ("type", "verdict", "q")}
    lookups, evidence = by_ioc(job.rows), job.analysis.evidence
    matching = [ioc for ioc in job.analysis.iocs if _matches(ioc, lookups, filters)]
    matching.sort(key=lambda ioc: _TYPE_ORDER[ioc.type])
    page = min(_page_number(query.get("page", "")), _pages(matching))
    drawn: dict[str, list[dict[str, Any]]] = {}
    shown = matching[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    places = places_of(shown)
    for ioc in shown:
        entry = _entry(ioc, evidence.get(ioc), _rows(lookups.get(ioc, ()), job.analysis))
        entry["places"] = [place_text(place) for place in places.get(ioc, ())]
        drawn.setdefault(ioc.type.value, []).append(entry)
    return {
        "filters": filters,
        "matching": Counter(ioc.type.value for ioc in matching),
        "page": page,
        "pages": _pages(matching),
        "drawn": drawn,
    }


def _pages(iocs: Sequence[IOC]) -> int:
    return max(1, ceil(len(iocs) / PAGE_ROWS))


def _page_number(text: str) -> int:
    """Return the number of a page from a query string; 1 for anything else."""
    # isdigit() alone accepts digits that int() refuses (²), and int() takes long for long texts.
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _status(job: JobChanges) -> dict[str, Any]:
    states = Counter(row.state for row in job.rows)
    return {
        "complete": job.complete,
        "next": job.next,
        "quota": sum(row.retry_at is not None and row.reason is None for row in job.rows),
        "could_not_check": states[LookupState.COULD_NOT_CHECK],
        "not_asked": states[LookupState.NOT_ASKED],
    }


def running_analyses(jobs: Sequence[JobSummary]) -> list[dict[str, Any]]:
    """Return what the status tiles of running analyses show."""
    return [{"title": _title(job), "job": serialize_tile(job)} for job in jobs]


def recent_analyses(jobs: Sequence[JobSummary]) -> list[dict[str, Any]]:
    return [_recent(job) for job in jobs]


def history_entries(jobs: Sequence[JobSummary]) -> list[dict[str, Any]]:
    return [_recent(job) | _in_history(job) for job in jobs]


def _in_history(job: JobSummary) -> dict[str, Any]:
    verdicts = {verdict.value: count for verdict, count in job.verdicts.items() if verdict}
    return {
        "state": job.job.state.value,
        "phase": job.job.phase,
        "tlp": job.tlp,
        "documents": [name or "pasted text" for name in job.documents],
        "verdicts": {key: verdicts[key] for key in WORST_FIRST if key in verdicts},
        "could_not_check": job.states[LookupState.COULD_NOT_CHECK],
        "first_iocs": [make_visible(defang(ioc), 80) for ioc in job.first_iocs],
    }


def _title(job: JobSummary) -> str:
    if job.job.job_type == IMPORT:
        names = [make_visible(name or "", 80) for name in job.documents]
        return ", ".join(names[:2]) + (" and more" if len(names) > 2 else "")
    shown = ", ".join(make_visible(defang(ioc), 80) for ioc in job.first_iocs[:2])
    more = job.count - 2
    return f"{shown} and {more} more" if more > 0 else shown


def _recent(job: JobSummary) -> dict[str, Any]:
    counts = Counter({verdict.value: n for verdict, n in job.verdicts.items() if verdict})
    # "Not found" is a verdict too, counted already.
    counts.update(
        {state.value: job.states[state] for state in _WITHOUT_ANSWER if job.states[state]}
    )
    worst = min(counts, key=WORST_FIRST.index, default=None)
    return {
        "job_id": job.job.id,
        "title": _title(job),
        "count": job.count,
        "mode": job.mode.value if job.mode else None,
        "created_at": iso(job.job.created_at),
        "total": job.total,
        "done": job.done,
        "complete": job.done == job.total and job.job.phase != READING,
        "answered": job.counts.answered,
        "left": job.cancelled,
        "worst": worst if job.mode is Mode.ONLINE else None,
        "worst_count": counts[worst] if worst else 0,
    }


def _rows(lookups: Sequence[Lookup], analysis: Analysis) -> list[dict[str, Any]]:
    return [
        lookup_record(row) | {"key": lookup_key(row), "known": _is_known(row, analysis.created_at)}
        for row in lookups
    ]


def _is_known(row: Lookup, created_at: datetime) -> bool:
    """Return whether the answer came from an earlier analysis and is still fresh."""
    if row.result is None or is_stale(row):
        return False
    return row.result.fetched_at.replace(microsecond=0) < created_at.replace(microsecond=0)


def _entry(ioc: IOC, evidence: Evidence | None, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": ioc.type.value,
        "value": ioc.value,
        "defanged": make_visible(defang(ioc)),
        # The value of a Unicode name is its ASCII form (xn--); analysts look for what they pasted.
        "pasted": None if ioc.raw_match.isascii() else make_visible(ioc.raw_match, 300),
        "key": min((row["key"] for row in rows), key=WORST_FIRST.index, default=None),
        "rows": rows,
        "why": serialize_evidence(evidence) if evidence else None,
    }


def _matches(ioc: IOC, lookups: Mapping[IOC, Sequence[Lookup]], filters: Mapping[str, str]) -> bool:
    if filters["type"] not in ("", ioc.type.value):
        return False
    if filters["verdict"] and worst_key(lookups.get(ioc, ())) != filters["verdict"]:
        return False
    needle = filters["q"].lower()
    texts = (ioc.value, defang(ioc), ioc.raw_match) if needle else ()
    return not needle or any(needle in text.lower() for text in texts)
