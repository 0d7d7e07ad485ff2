"""Records of the domain <-> rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from app.enrichment.models import (
    Detail,
    EnrichmentError,
    EnrichmentResult,
    ErrorKind,
    Lookup,
    LookupState,
    Verdict,
)
from app.jobs.models import Job, JobState
from app.pipeline.models import IOC, Evidence, IOCType
from app.storage.tables import NO_PROVIDER

Values = dict[str, Any]

# Least severe first; an IOC stands as severe as the worst that any provider says of it.
SEVERITIES: tuple[Verdict | None, ...] = (
    None,
    Verdict.NOT_FOUND,
    Verdict.KNOWN_GOOD,
    Verdict.NO_DETECTIONS,
    Verdict.SUSPICIOUS,
    Verdict.MALICIOUS,
)


def job_values(job: Job) -> Values:
    return {
        "id": job.id,
        "job_type": job.job_type,
        "target": job.target,
        "state": job.state.value,
        "phase": job.phase,
        "progress_percent": job.progress_percent,
        "message": job.message,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def read_job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        job_type=row.job_type,
        target=row.target,
        state=JobState(row.state),
        phase=row.phase,
        progress_percent=row.progress_percent,
        message=row.message,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def ioc_values(job_key: int, position: int, ioc: IOC) -> Values:
    return {
        "job_key": job_key,
        "position": position,
        "type": ioc.type.value,
        "value": ioc.value,
        "raw_match": ioc.raw_match,
        "severity": 0,
    }


def read_ioc(row: Row[Any]) -> IOC:
    return IOC(IOCType(row.type), row.value, row.raw_match)


def sighting_values(job_key: int, position: int, evidence: Evidence) -> Values:
    return {
        "job_key": job_key,
        "position": position,
        "document": 0,
        "count": evidence.count,
        "line": evidence.line,
        "offset": evidence.offset,
        "end": evidence.end,
        "defanged": evidence.defanged,
        "rule": evidence.rule,
        "unwrapped_from": evidence.unwrapped_from,
        "mixed_scripts": evidence.mixed_scripts,
    }


def read_evidence(row: Row[Any], ioc: IOC) -> Evidence:
    return Evidence(
        ioc=ioc,
        count=row._mapping["count"],  # a Row has a method of that name
        line=row.line,
        offset=row.offset,
        end=row.end,
        defanged=row.defanged,
        rule=row.rule,
        unwrapped_from=row.unwrapped_from,
        mixed_scripts=row.mixed_scripts,
    )


def lookup_values(lookup: Lookup) -> Values:
    """What changes when a lookup does; its number comes with the commit."""
    verdict = lookup.result.verdict if lookup.result else None
    return {
        "state": lookup.state.value,
        "verdict": verdict.value if verdict else None,
        "not_before": lookup.retry_at,
        "outcome": _outcome_values(lookup),
        "reason": lookup.reason,
    }


def read_lookup(row: Row[Any], ioc: IOC) -> Lookup:
    state = LookupState(row.state)
    provider = None if row.provider == NO_PROVIDER else row.provider
    result, error = None, None
    if row.outcome is not None and state is LookupState.COULD_NOT_CHECK:
        error = _read_error(row.outcome, ioc, row.provider)
    elif row.outcome is not None:
        verdict = Verdict(row.verdict) if row.verdict else None
        result = _read_result(row.outcome, ioc, row.provider, verdict)
    return Lookup(
        ioc=ioc,
        provider=provider,
        state=state,
        seq=row.seq,
        result=result,
        error=error,
        reason=row.reason,
        retry_at=row.not_before,
        attempts=row.attempts,
    )


def _outcome_values(lookup: Lookup) -> Values | None:
    if result := lookup.result:
        return {
            "detection_count": result.detection_count,
            "total_engines": result.total_engines,
            "scan_date": result.scan_date,
            "fetched_at": result.fetched_at.isoformat(),
            "raw_stats": dict(result.raw_stats),
            "details": [[detail.label, detail.value] for detail in result.details],
            "link": result.link,
        }
    if error := lookup.error:
        return {
            "error": error.error,
            "kind": error.kind.value,
            "retry_after": error.retry_after,
            "fetched_at": error.fetched_at.isoformat(),
        }
    return None


def _read_result(
    kept: Mapping[str, Any], ioc: IOC, provider: str, verdict: Verdict | None
) -> EnrichmentResult:
    return EnrichmentResult(
        ioc=ioc,
        provider=provider,
        verdict=verdict,
        detection_count=kept["detection_count"],
        total_engines=kept["total_engines"],
        scan_date=kept["scan_date"],
        fetched_at=datetime.fromisoformat(kept["fetched_at"]),
        raw_stats=kept["raw_stats"],
        details=tuple(Detail(label, value) for label, value in kept["details"]),
        link=kept["link"],
    )


def _read_error(kept: Mapping[str, Any], ioc: IOC, provider: str) -> EnrichmentError:
    return EnrichmentError(
        ioc=ioc,
        provider=provider,
        error=kept["error"],
        kind=ErrorKind(kept["kind"]),
        retry_after=kept["retry_after"],
        fetched_at=datetime.fromisoformat(kept["fetched_at"]),
    )
