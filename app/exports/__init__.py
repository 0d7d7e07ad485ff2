"""An analysis written for other programs and people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.documents.models import SourceDocuments
from app.enrichment.analysis.live_analysis import JobChanges
from app.exports import csv, json, markdown, text


@dataclass(frozen=True, slots=True)
class Export:
    media_type: str
    extension: str
    render: Callable[[JobChanges, SourceDocuments], str]


EXPORTS = {
    "csv": Export("text/csv", "csv", csv.render),
    "json": Export("application/json", "json", json.render),
    "txt": Export("text/plain", "txt", text.render),
    "defanged": Export("text/plain", "txt", text.render_defanged),
    "md": Export("text/markdown", "md", markdown.render),
}
