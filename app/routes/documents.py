"""The page of the documents of one analysis."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.routes.current import get_services
from app.routes.documents_page import render_documents

bp = Blueprint("documents", __name__)


@bp.get("/results/<job_id>/documents")
def show(job_id: str) -> ResponseReturnValue:
    return render_documents(get_services().jobs.changes(job_id, since=0))
