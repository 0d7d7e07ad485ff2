"""The record of a lookup: the same fields in JSON, on pages and in exports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.documents.models import Place, SourceDocuments
from app.enrichment.adapters import provider_id
from app.enrichment.models import Lookup, LookupState, NotAsked, PastAnswer, Score
from app.pipeline.models import IOC
from app.pipeline.visible import make_visible

NOWHERE = SourceDocuments()
# A provider may tell any number of seconds: without this limit the date could lie behind the year
# 9999, which datetime cannot hold.
MAX_WAIT_S = 30 * 86400.0


def iso(when: datetime | None) -> str | None:
    """Return a time in UTC as ISO 8601, to the second; None without a time."""
    # A status serializes thousands of times: strftime would take three times as long.
    return f"{when.isoformat()[:19]}Z" if when else None


def lookup_record(lookup: Lookup) -> dict[str, Any]:
    """Return the record of a lookup, for JSON; a field that does not apply is None."""
    result, error = lookup.result, lookup.error
    outcome = result or error
    return {
        "seq": lookup.seq,
        "ioc": lookup.ioc.value,
        "type": lookup.ioc.type.value,
        "provider": lookup.provider,
        "provider_id": provider_id(lookup.provider) if lookup.provider else None,
        "state": lookup.state.value,
        "verdict": result.verdict.value if result and result.verdict else None,
        "detection_count": result.detection_count if result else None,
        "total_engines": result.total_engines if result else None,
        "score": _score(result.score) if result and result.score else None,
        "scan_date": result.scan_date if result else None,
        "fetched_at": iso(outcome.fetched_at) if outcome else None,
        "error": error.error if error else None,
        "kind": error.kind.value if error else None,
        "retry_at": iso(_retry_at(lookup)),
        "reason": lookup.reason,
        "reason_code": _public_code(lookup.reason_code),
        "host_alone": lookup.reason_code is NotAsked.DISCLOSURE,
        "details": [
            {"key": detail.key, "label": detail.label, "value": detail.value}
            for detail in (result.details if result else ())
        ],
        "link": result.link if result else None,
        "stale": is_stale(lookup),
        "previous": _previous(result.previous) if result and result.previous else None,
    }


def is_stale(lookup: Lookup) -> bool:
    """Return whether the lookup shows an answer that is too old or is being refreshed."""
    if lookup.result is None:
        return False
    return lookup.state is LookupState.PENDING or lookup.result.is_stale


def _score(score: Score) -> dict[str, Any]:
    return {"value": score.value, "of": score.of, "label": score.label}


def _public_code(code: NotAsked | None) -> str | None:
    """Return the code that programs know: a disclosure is one way of being held back."""
    return "held_back" if code is NotAsked.DISCLOSURE else code and code.value


def _previous(previous: PastAnswer) -> dict[str, Any]:
    return {
        "verdict": previous.verdict.value if previous.verdict else None,
        "detection_count": previous.detection_count,
        "total_engines": previous.total_engines,
        "fetched_at": iso(previous.fetched_at),
    }


def _retry_at(lookup: Lookup) -> datetime | None:
    if (error := lookup.error) and error.retry_after is not None:
        return error.fetched_at + timedelta(seconds=min(error.retry_after, MAX_WAIT_S))
    return lookup.retry_at


def place_record(place: Place) -> dict[str, Any]:
    """Return a place as JSON; `line` is None if the file itself is the IOC, by its hash."""
    return {
        "document": place.document,
        "part": make_visible(place.part),
        "line": place.line or None,
    }


def place_text(place: Place) -> str:
    """Return a place for people: "invoice.eml, n.txt, line 3"."""
    steps = (place.document, make_visible(place.part), f"line {place.line}" if place.line else "")
    return ", ".join(filter(None, steps))


def by_ioc(lookups: list[Lookup]) -> dict[IOC, list[Lookup]]:
    """Return the lookups of each IOC, in their given order."""
    grouped: dict[IOC, list[Lookup]] = {}
    for lookup in lookups:
        grouped.setdefault(lookup.ioc, []).append(lookup)
    return grouped
