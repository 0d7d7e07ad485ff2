"""The JSON of jobs, IOCs, documents and near misses, as plain dicts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.context.registered_domain import registered_domain
from app.documents.models import Document, SharedIOC
from app.enrichment.analysis.live_analysis import JobChanges
from app.enrichment.analysis.summary import IOCEntry, JobSummary
from app.enrichment.models import EgressReport
from app.jobs.models import READING
from app.pipeline.models import Evidence, NearMiss
from app.pipeline.visible import make_visible
from app.presentation.lookup_texts import LookupTexts, compact_json
from app.presentation.records import iso, lookup_record, place_record


def status_text(job: JobChanges, texts: LookupTexts) -> str:
    """Return the changes of an analysis since a `seq` as JSON; `next` is the `since` to ask next.

    It is a text, because most statuses hold lookups that were sent to others a moment before.
    """
    head = {
        "job_id": job.job.id,
        "state": job.state.value,
        "total": job.total,
        "done": job.done,
        "complete": job.complete,
        "next": job.next,
    }
    rows = ",".join(texts.text(job.job.id, lookup) for lookup in job.rows)
    return f'{compact_json(head)[:-1]},"results":[{rows}]}}\n'


def serialize_job(summary: JobSummary) -> dict[str, Any]:
    """Return a job of any type; `total` and `done` are None unless it is an analysis."""
    job = summary.job
    # The progress of an analysis follows from its lookups. As long as documents are read there are
    # no lookups yet, and the reader reports its own.
    is_analysis = summary.mode is not None
    is_reading = job.phase == READING
    return {
        "id": job.id,
        "job_type": job.job_type,
        "state": job.state.value,
        "phase": job.phase,
        "progress_percent": (
            _percent(summary) if is_analysis and not is_reading else job.progress_percent
        ),
        "total": summary.total if is_analysis else None,
        "done": summary.done if is_analysis else None,
        "done_at": iso(summary.done_at),
        "message": job.message,
        "target": job.target,
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at),
        "finished_at": iso(job.finished_at),
    }


def serialize_live_job(summary: JobSummary) -> dict[str, Any]:
    """Return a job with its allowed actions, as events bring it."""
    return serialize_job(summary) | {"allowed": summary.allowed}


def serialize_tile(summary: JobSummary) -> dict[str, Any]:
    """Return a job as its status tile is drawn: `left` waits for the action `continue`."""
    return serialize_live_job(summary) | _answered(summary)


def _answered(summary: JobSummary) -> dict[str, int]:
    return {"answered": summary.counts.answered, "left": summary.cancelled}


def _percent(summary: JobSummary) -> int:
    """Return how much was asked: what a cancellation left counts as done, and was not."""
    asked = summary.done - summary.cancelled
    return 100 * asked // summary.total if summary.total else 100


def serialize_egress(receipt: EgressReport) -> dict[str, Any]:
    """Return the calls of an analysis; all zeros if it made none."""
    return {
        "hosts": [asdict(host) for host in receipt.hosts],
        "calls": sum(host.calls for host in receipt.hosts),
        "bytes_sent": sum(host.bytes_sent for host in receipt.hosts),
        "bytes_received": sum(host.bytes_received for host in receipt.hosts),
        "iocs": receipt.iocs,
    }


def serialize_job_details(
    summary: JobSummary, left_today: int | None, receipt: EgressReport
) -> dict[str, Any]:
    """Return a job with its counts, its allowed actions and its calls."""
    verdicts = {verdict.value: n for verdict, n in summary.verdicts.items() if verdict}
    return serialize_job(summary) | {
        "verdicts": verdicts,
        "states": {state.value: count for state, count in summary.states.items()},
        "allowed": summary.allowed,
        **_answered(summary),
        "left_today": left_today,
        "egress": serialize_egress(receipt),
    }


def serialize_ioc(entry: IOCEntry) -> dict[str, Any]:
    """Return an IOC with its worst verdict, its lookups and its places."""
    return {
        "ioc": entry.ioc.value,
        "type": entry.ioc.type.value,
        "verdict": entry.verdict.value if entry.verdict else None,
        "rows": [lookup_record(row) for row in entry.rows],
        "places": [place_record(place) for place in entry.places],
    }


def serialize_document(document: Document) -> dict[str, Any]:
    """Return a document with its outcome; sizes in bytes, hashes None if it was not read."""
    return {
        "name": document.name,
        "size": document.size,
        "md5": document.md5,
        "sha1": document.sha1,
        "sha256": document.sha256,
        "state": document.state,
        "reason": make_visible(document.reason) if document.reason else None,
        "ioc_count": document.ioc_count,
    }


def serialize_shared(shared: SharedIOC) -> dict[str, Any]:
    """Return an IOC with the names of the documents that contain it."""
    ioc = shared.ioc
    return {"ioc": ioc.value, "type": ioc.type.value, "documents": list(shared.documents)}


def serialize_near_miss(miss: NearMiss) -> dict[str, Any]:
    """Return a text that looked like an IOC, why it is none, and the IOC it could be added as."""
    return {
        "text": make_visible(miss.text),
        "reason": miss.reason,
        "line": miss.line,
        "offset": miss.offset,
        "end": miss.end,
        "type": miss.ioc.type.value if miss.ioc else None,
        "value": miss.ioc.value if miss.ioc else None,
    }


def serialize_evidence(evidence: Evidence) -> dict[str, Any]:
    """Return where and by which rule an IOC was found; offsets count characters of the text."""
    return {
        "rule": evidence.rule,
        "count": evidence.count,
        "line": evidence.line,
        "offset": evidence.offset,
        "end": evidence.end,
        "defanged": evidence.defanged,
        "pasted": make_visible(evidence.ioc.raw_match, 300),
        "unwrapped_from": make_visible(evidence.unwrapped_from or "", 300) or None,
        "mixed_scripts": evidence.mixed_scripts,
        "port": evidence.port,
        "registered_domain": registered_domain(evidence.ioc),
    }
