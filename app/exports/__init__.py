"""An analysis written for other programs and people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.enrichment.job import JobChanges
from app.exports import csv, json, markdown, text
from app.storage.models import Origin


@dataclass(frozen=True, slots=True)
class Export:
    media_type: str
    extension: str
    render: Callable[[JobChanges, Origin], str]


EXPORTS = {
    "csv": Export("text/csv", "csv", csv.render),
    "json": Export("application/json", "json", json.render),
    "txt": Export("text/plain", "txt", text.render),
    "defanged": Export("text/plain", "txt", text.render_defanged),
    "md": Export("text/markdown", "md", markdown.render),
}
