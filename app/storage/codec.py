"""The translation between the records of the domain and the rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row, case, func

from app.enrichment.models import (
    Detail,
    EnrichmentError,
    EnrichmentResult,
    ErrorKind,
    Lookup,
    LookupState,
    NotAsked,
    PastAnswer,
    Score,
    Verdict,
)
from app.enrichment.quota.models import Account
from app.jobs.models import Job, JobState
from app.pipeline.models import FACTS, IOC, Evidence, IOCType, facts_of
from app.storage.tables import NO_PROVIDER, lookups

Values = dict[str, Any]

# The severity of an IOC is the place of its worst verdict in this list, least severe first.
# The numbers are stored in `iocs.severity`, which history and filters read by an index: a
# verdict that is put in between needs a migration that renumbers the stored ones.
SEVERITIES: tuple[Verdict | None, ...] = (
    None,
    Verdict.NOT_FOUND,
    Verdict.KNOWN_GOOD,
    Verdict.NO_DETECTIONS,
    Verdict.SUSPICIOUS,
    Verdict.MALICIOUS,
)
# A commit brings only the lookups that changed: the answers of the other providers, which may be
# worse, are in the table alone. So the database takes the worst of them.
WORST_STORED = func.coalesce(
    func.max(
        case({v.value: n for n, v in enumerate(SEVERITIES) if v}, value=lookups.c.verdict, else_=0)
    ),
    0,
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


def sighting_values(job_key: int, position: int, evidence: Evidence, document: int = 0) -> Values:
    return {
        "job_key": job_key,
        "position": position,
        "document": document,
        **dict(zip(FACTS, facts_of(evidence), strict=True)),
    }


def read_evidence(row: Row[Any], ioc: IOC) -> Evidence:
    columns = row._mapping  # a Row has a method `count`, which hides the column
    return Evidence(ioc, *(columns[name] for name in FACTS))


def lookup_values(lookup: Lookup) -> Values:
    """Return the columns that change with a lookup; its `seq` comes with the commit."""
    verdict = lookup.result.verdict if lookup.result else None
    return {
        "state": lookup.state.value,
        "verdict": verdict.value if verdict else None,
        "not_before": lookup.retry_at,
        "outcome": _outcome_values(lookup),
        "reason": lookup.reason,
        "reason_code": lookup.reason_code.value if lookup.reason_code else None,
        "rank": lookup.rank,
    }


def read_lookup(row: Row[Any], ioc: IOC) -> Lookup:
    state = LookupState(row.state)
    provider = None if row.provider == NO_PROVIDER else row.provider
    result, error = None, None
    if (kept := row.outcome) is not None and "kind" in kept:
        error = _read_error(kept, ioc, row.provider)
    elif kept is not None:
        verdict = Verdict(row.verdict) if row.verdict else None
        result = _read_result(kept, ioc, row.provider, verdict)
        if "failure" in kept:
            error = _read_error(kept["failure"], ioc, row.provider)
    return Lookup(
        ioc=ioc,
        provider=provider,
        state=state,
        seq=row.seq,
        result=result,
        error=error,
        reason=row.reason,
        reason_code=NotAsked(row.reason_code) if row.reason_code else None,
        retry_at=row.not_before,
        attempts=row.attempts,
        rank=row.rank,
    )


def answer_name(ioc: IOC) -> bytes:
    """Return the digest by which an answer is found.

    A URL may be longer than what PostgreSQL takes into an index.
    """
    return blake2b(
        f"{ioc.type}\0{ioc.value}".encode(errors="surrogatepass"), digest_size=16
    ).digest()


def answer_values(result: EnrichmentResult) -> Values:
    """Return the columns of an answer; all hashes of a file share one."""
    outcome = _result_values(replace(result, aliases=(result.ioc, *result.aliases)))
    del outcome["account"]
    return {
        "verdict": result.verdict.value if result.verdict else None,
        "outcome": outcome,
        "fetched_at": result.fetched_at,
    }


def read_answer(row: Any, ioc: IOC, account: Account) -> EnrichmentResult:
    verdict = Verdict(row.verdict) if row.verdict else None
    result = _read_result(row.outcome, ioc, account.provider, verdict)
    others = tuple(alias for alias in result.aliases if alias != ioc)
    return replace(result, account=account.digest, aliases=others)


def _outcome_values(lookup: Lookup) -> Values | None:
    """Return an answer, an error, or an answer whose refresh failed, as JSON; None without both.

    `read_lookup` tells them apart by `kind`, which errors alone have.
    """
    failure = _error_values(lookup.error) if lookup.error else None
    if lookup.result is None:
        return failure
    kept = _result_values(lookup.result)
    return kept | {"failure": failure} if failure else kept


def _result_values(result: EnrichmentResult) -> Values:
    kept: Values = {
        "detection_count": result.detection_count,
        "total_engines": result.total_engines,
        "scan_date": result.scan_date,
        "fetched_at": result.fetched_at.isoformat(),
        "raw_stats": dict(result.raw_stats),
        "details": [[detail.label, detail.value, detail.key] for detail in result.details],
        "link": result.link,
        "account": result.account,
        "aliases": [[alias.type.value, alias.value] for alias in result.aliases],
        "fresh_until": result.fresh_until.isoformat() if result.fresh_until else None,
    }
    if score := result.score:
        kept["score"] = [score.value, score.of, score.label]
    if past := result.previous:
        kept["previous"] = {
            "verdict": past.verdict.value if past.verdict else None,
            "detection_count": past.detection_count,
            "total_engines": past.total_engines,
            "fetched_at": past.fetched_at.isoformat(),
        }
    return kept


def _error_values(error: EnrichmentError) -> Values:
    return {
        "error": error.error,
        "kind": error.kind.value,
        "retry_after": error.retry_after,
        "fetched_at": error.fetched_at.isoformat(),
    }


def _read_result(
    kept: Mapping[str, Any], ioc: IOC, provider: str, verdict: Verdict | None
) -> EnrichmentResult:
    """Return a stored answer."""
    # Answers are not rewritten by migrations: one that an older version stored has no account,
    # aliases, end of freshness or score, and its details have two parts instead of three.
    past, fresh_until = kept.get("previous"), kept.get("fresh_until")
    return EnrichmentResult(
        ioc=ioc,
        provider=provider,
        verdict=verdict,
        detection_count=kept["detection_count"],
        total_engines=kept["total_engines"],
        scan_date=kept["scan_date"],
        fetched_at=datetime.fromisoformat(kept["fetched_at"]),
        raw_stats=kept["raw_stats"],
        score=Score(*kept["score"]) if "score" in kept else None,
        details=tuple(Detail(*detail) for detail in kept["details"]),
        link=kept["link"],
        account=kept.get("account", ""),
        aliases=tuple(IOC(IOCType(kind), value) for kind, value in kept.get("aliases", ())),
        fresh_until=datetime.fromisoformat(fresh_until) if fresh_until else None,
        previous=_read_past(past) if past else None,
    )


def _read_past(kept: Mapping[str, Any]) -> PastAnswer:
    return PastAnswer(
        verdict=Verdict(kept["verdict"]) if kept["verdict"] else None,
        detection_count=kept["detection_count"],
        total_engines=kept["total_engines"],
        fetched_at=datetime.fromisoformat(kept["fetched_at"]),
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
