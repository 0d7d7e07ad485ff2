"""The status of an analysis, as pages poll it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.presentation.serializers import status_text
from app.routes.current import get_lookup_texts, get_services
from app.routes.request_fields import read_cursor

bp = Blueprint("status", __name__)


@bp.get("/enrichment/status/<job_id>")
def show(job_id: str) -> Response:
    since = read_cursor(request.args.get("since", "0"))
    text = status_text(get_services().jobs.changes(job_id, since), get_lookup_texts())
    return Response(text, content_type="application/json")
