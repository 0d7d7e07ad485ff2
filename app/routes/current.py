"""What the views ask of the app they run in."""

from __future__ import annotations

from flask import current_app
from werkzeug.exceptions import BadRequest

from app.enrichment.analysis.live_analysis import JobChanges
from app.errors import JobNotFoundError
from app.services import Services
from app.services.analyses import UNKNOWN_JOB


def get_services() -> Services:
    services: Services = current_app.extensions["services"]
    return services


def find_job(job_id: str, since: int | None = None) -> JobChanges:
    """Raises JobNotFoundError, which becomes a 404."""
    job = get_services().orchestrator.changes(job_id, since)
    if job is None:
        raise JobNotFoundError(UNKNOWN_JOB)
    return job


def read_cursor(text: str) -> int:
    """Raises BadRequest for what `next` never gives."""
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    raise BadRequest("`since` must be a whole number, as `next` gave it.")
