"""What the page asks while it waits."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from app.analyses import UNKNOWN_JOB
from app.enrichment.job import JobChanges
from app.errors import JobNotFoundError
from app.routes.current import get_services
from app.routes.serializers import serialize_status

bp = Blueprint("status", __name__)


@bp.get("/enrichment/status/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    return jsonify(serialize_status(find_job(job_id, read_cursor(request.args.get("since", "0")))))


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
