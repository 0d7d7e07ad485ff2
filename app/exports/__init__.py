"""The formats in which an analysis is exported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.documents.models import SourceDocuments
from app.enrichment.analysis.live_analysis import JobChanges
from app.exports import csv, json, markdown, text


@dataclass(frozen=True, slots=True)
class Export:
    """A format: its media type, file extension and writer."""

    media_type: str
    extension: str
    render: Callable[[JobChanges, SourceDocuments], str]


# The names are those of `GET /results/<id>/export?format=`.
EXPORTS = {
    "csv": Export("text/csv", "csv", csv.render),
    "json": Export("application/json", "json", json.render),
    "txt": Export("text/plain", "txt", text.render),
    "defanged": Export("text/plain", "txt", text.render_defanged),
    "md": Export("text/markdown", "md", markdown.render),
}
