"""The IOCs of an analysis as text, one on each line."""

from __future__ import annotations

from app.documents.models import SourceDocuments
from app.enrichment.analysis.live_analysis import JobChanges
from app.pipeline.defang import defang
from app.presentation.records import NOWHERE


def render(job: JobChanges, origin: SourceDocuments = NOWHERE) -> str:
    """Return the raw values, for blocklists and other programs."""
    return "".join(f"{ioc.value}\n" for ioc in job.analysis.iocs)


def render_defanged(job: JobChanges, origin: SourceDocuments = NOWHERE) -> str:
    """Return the defanged values, for mails and chats in which a link must not work."""
    return "".join(f"{defang(ioc)}\n" for ioc in job.analysis.iocs)
