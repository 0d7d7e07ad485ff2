"""What the page asks while it waits."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from app.presentation.serializers import serialize_status
from app.routes.current import find_job, read_cursor

bp = Blueprint("status", __name__)


@bp.get("/enrichment/status/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    return jsonify(serialize_status(find_job(job_id, read_cursor(request.args.get("since", "0")))))
