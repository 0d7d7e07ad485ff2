"""JSON for programs: values as they are, not defanged."""

from __future__ import annotations

import json
from typing import Any

from app.documents.models import SourceDocuments
from app.enrichment.analysis.live_analysis import JobChanges
from app.presentation.records import NOWHERE, by_ioc, iso, lookup_record, place_record


def render(job: JobChanges, origin: SourceDocuments = NOWHERE) -> str:
    """Return the analysis with each IOC and its rows, which are those of the status endpoint."""
    lookups = by_ioc(job.rows)
    content: dict[str, Any] = {
        "job_id": job.analysis.job_id,
        "mode": job.analysis.mode.value,
        "tlp": job.analysis.tlp.value if job.analysis.tlp else None,
        "created_at": iso(job.analysis.created_at),
        "complete": job.complete,
    }
    if origin.count:
        content["documents"] = {
            "count": origin.count,
            "not_ok": [
                {"name": one.name, "state": one.state, "reason": one.reason}
                for one in origin.incomplete
            ],
        }
    iocs: list[dict[str, Any]] = []
    content["iocs"] = iocs
    for ioc in job.analysis.iocs:
        rows = [lookup_record(lookup) for lookup in lookups.get(ioc, ())]
        iocs.append({"type": ioc.type.value, "value": ioc.value, "lookups": rows})
        if origin.count:
            iocs[-1]["places"] = [place_record(place) for place in origin.places.get(ioc, ())]
    return json.dumps(content, indent=2) + "\n"
