"""The status of an analysis, as pages poll it."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from app.presentation.serializers import serialize_status
from app.routes.current import get_services
from app.routes.request_fields import read_cursor

bp = Blueprint("status", __name__)


@bp.get("/enrichment/status/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    since = read_cursor(request.args.get("since", "0"))
    return jsonify(serialize_status(get_services().jobs.changes(job_id, since)))
