"""One IOC a line."""

from __future__ import annotations

from app.enrichment.job import JobChanges
from app.pipeline.defang import defang


def render(job: JobChanges) -> str:
    return "".join(f"{ioc.value}\n" for ioc in job.analysis.iocs)


def render_defanged(job: JobChanges) -> str:
    return "".join(f"{defang(ioc)}\n" for ioc in job.analysis.iocs)
