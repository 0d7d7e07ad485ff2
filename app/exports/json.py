"""JSON for programs: values as they are, not defanged."""

from __future__ import annotations

import json

from app.enrichment.job import JobChanges
from app.exports.records import by_ioc, iso, lookup_record


def render(job: JobChanges) -> str:
    lookups = by_ioc(job.rows)
    content = {
        "job_id": job.analysis.job_id,
        "mode": job.analysis.mode.value,
        "tlp": job.analysis.tlp.value if job.analysis.tlp else None,
        "created_at": iso(job.analysis.created_at),
        "complete": job.complete,
        "iocs": [
            {
                "type": ioc.type.value,
                "value": ioc.value,
                "lookups": [lookup_record(lookup) for lookup in lookups.get(ioc, ())],
            }
            for ioc in job.analysis.iocs
        ],
    }
    return json.dumps(content, indent=2) + "\n"
