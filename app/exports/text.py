"""One IOC a line."""

from __future__ import annotations

from app.enrichment.job import JobChanges
from app.exports.records import NOWHERE
from app.pipeline.defang import defang
from app.storage.models import Origin


def render(job: JobChanges, origin: Origin = NOWHERE) -> str:
    return "".join(f"{ioc.value}\n" for ioc in job.analysis.iocs)


def render_defanged(job: JobChanges, origin: Origin = NOWHERE) -> str:
    return "".join(f"{defang(ioc)}\n" for ioc in job.analysis.iocs)
