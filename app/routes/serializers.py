"""Domain object -> JSON dict."""

from __future__ import annotations

from typing import Any

from app.enrichment.job import JobChanges
from app.exports.records import lookup_record


def serialize_status(job: JobChanges) -> dict[str, Any]:
    return {
        "job_id": job.analysis.job_id,
        "state": job.state.value,
        "total": job.total,
        "done": job.done,
        "complete": job.complete,
        "next": job.next,
        "results": [lookup_record(lookup) for lookup in job.rows],
    }
