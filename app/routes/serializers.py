"""Domain object -> JSON dict."""

from __future__ import annotations

from typing import Any

from app.context.registered_domain import registered_domain
from app.enrichment.job import JobChanges
from app.exports.records import lookup_record
from app.pipeline.models import Evidence, NearMiss
from app.pipeline.visible import make_visible


def serialize_status(job: JobChanges) -> dict[str, Any]:
    return {
        "job_id": job.job.id,
        "state": job.state.value,
        "total": job.total,
        "done": job.done,
        "complete": job.complete,
        "next": job.next,
        "results": [lookup_record(lookup) for lookup in job.rows],
    }


def serialize_near_miss(miss: NearMiss) -> dict[str, Any]:
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
        "registered_domain": registered_domain(evidence.ioc),
    }
