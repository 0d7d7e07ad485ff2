"""The plan of an analysis as plain data: its lookups by provider, type and IOC, and their end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from math import ceil
from typing import Any

from app.enrichment.analysis.live_analysis import JobChanges
from app.enrichment.models import Lookup, LookupState, utcnow
from app.enrichment.quota.windows import MINUTE_S
from app.pipeline.defang import defang
from app.pipeline.models import IOC
from app.pipeline.visible import make_visible
from app.presentation.records import iso, lookup_record
from app.presentation.results_page import TYPE_LABELS, lookup_key
from app.triage.models import Hold
from app.triage.plan import Forecast, Hashes, Plan, aliases
from app.triage.proposal import SHOWN_ROWS, in_order, shown_of


def askable_iocs(job: JobChanges) -> list[IOC]:
    """Return the IOCs that are held back and could be asked all the same."""
    held = (row for row in job.rows if row.state is LookupState.NOT_ASKED and row.provider)
    return list(dict.fromkeys(row.ioc for row in held))


def plan_context(
    job: JobChanges, forecasts: Sequence[Forecast], holds: Mapping[IOC, Hold]
) -> dict[str, Any]:
    """Return the context of plan.html; `holds`: the holds of `askable_iocs`."""
    held = [row for row in job.rows if row.state is LookupState.NOT_ASKED]
    askable = askable_iocs(job)
    waiting = in_order(job.rows)
    return {
        "analysis": {
            "job_id": job.analysis.job_id,
            "count": len(job.analysis.iocs),
            "created_at": iso(job.analysis.created_at),
            "tlp": job.analysis.tlp,
        },
        "sums": _sums(Plan(tuple(job.rows), tuple(forecasts))),
        "providers": [_provider(forecast) for forecast in forecasts],
        "types": _types(waiting),
        "rows": _rows(job, waiting),
        "held": _held(job, askable, holds),
        "held_left_out": max(0, len(askable) - SHOWN_ROWS),
        "without_provider": _without_provider(held),
    }


def serialize_plan(plan: Plan) -> dict[str, Any]:
    """Return the counts of a plan, for programs that ask for the plan alone."""
    return {
        "known": plan.cached,
        "to_ask": plan.to_ask,
        "held_back": plan.held_back,
        "done_at": iso(plan.done_at),
        "left_today": plan.left_today,
    }


def _sums(plan: Plan) -> dict[str, Any]:
    """Return the counts of a plan with the age of its oldest cached answer, in hours."""
    oldest = min(
        (r.result.fetched_at for r in plan.lookups if r.result and not _waits(r)), default=None
    )
    return serialize_plan(plan) | {
        "lookups": plan.cached + sum(map(_waits, plan.lookups)),
        "stale": plan.stale,
        "not_today": plan.not_today,
        "known_hours": _hours(oldest) if oldest else None,
        "tomorrow": iso(_tomorrow()),
    }


def _provider(forecast: Forecast) -> dict[str, Any]:
    """Return the forecast of a provider.

    `turns`: the seconds after which so many calls can be made. The script adds them up to the
    end of the ticked calls, without asking the server.
    """
    minute = [w.limit for w in forecast.windows if w.period == MINUTE_S]
    return {
        "name": forecast.provider,
        "calls": forecast.calls,
        "per_minute": minute[0] if minute else None,
        "left_today": forecast.left_today,
        "turns": [
            {"delay": delay, "count": len(list(calls))}
            for delay, calls in groupby(round(delay, 1) for delay in forecast.delays)
        ],
    }


def _types(waiting: Sequence[Lookup]) -> list[dict[str, Any]]:
    """Return the types of what waits, with the number of IOCs shown and not shown."""
    iocs = dict.fromkeys(row.ioc for row in waiting)
    counts = Counter(ioc.type for ioc in iocs)
    shown = Counter(ioc.type for ioc in shown_of(waiting))
    return [
        {
            "type": kind.value,
            "label": label,
            "count": counts[kind],
            "hidden": counts[kind] - shown[kind],
        }
        for kind, label in TYPE_LABELS.items()
        if counts[kind]
    ]


def _rows(job: JobChanges, waiting: Sequence[Lookup]) -> list[dict[str, Any]]:
    """Return the rows of the plan; rows with the same `file` cost one call together."""
    positions = {ioc: n for n, ioc in enumerate(job.analysis.iocs)}
    lookups: dict[IOC, list[Lookup]] = {ioc: [] for ioc in shown_of(waiting)}
    for row in waiting:
        if row.ioc in lookups:
            lookups[row.ioc].append(row)
    return [
        {
            "place": positions[ioc],
            "type": ioc.type.value,
            "defanged": make_visible(defang(ioc)),
            "providers": [row.provider for row in rows],
            "file": min(_places_of_file(rows, job.analysis.hashes, positions)),
            "last": [lookup_record(row) | {"key": lookup_key(row)} for row in rows if row.result],
        }
        for ioc, rows in lookups.items()
    ]


def _places_of_file(
    rows: Iterable[Lookup], hashes: Hashes, positions: Mapping[IOC, int]
) -> Iterator[int]:
    """Return the positions of the analysis's IOCs that are hashes of the same file."""
    names = (name for row in rows for name in (row.ioc, *aliases(row, hashes)))
    return (positions[name] for name in names if name in positions)


def _held(job: JobChanges, iocs: Sequence[IOC], holds: Mapping[IOC, Hold]) -> list[dict[str, Any]]:
    positions = {ioc: n for n, ioc in enumerate(job.analysis.iocs)}
    reasons = {row.ioc: row.reason for row in job.rows if row.state is LookupState.NOT_ASKED}
    return [
        {
            "place": positions[ioc],
            "defanged": make_visible(defang(ioc)),
            "reason": reasons[ioc],
            "instead": make_visible(defang(instead)) if instead else None,
        }
        for ioc in iocs[:SHOWN_ROWS]
        for instead in [holds[ioc].instead if ioc in holds else None]
    ]


def _without_provider(held: Iterable[Lookup]) -> list[str]:
    """Return the IOCs that no provider supports, counted by type."""
    counts = Counter(row.ioc.type for row in held if row.provider is None)
    return [f"{TYPE_LABELS[kind]} ({count})" for kind, count in counts.items()]


def _waits(row: Lookup) -> bool:
    return row.state is LookupState.PENDING


def _hours(since: datetime) -> int:
    return max(1, ceil((utcnow() - since) / timedelta(hours=1)))


def _tomorrow() -> datetime:
    return (utcnow() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
