"""The analyst's choice in the plan of an analysis."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from app.errors import JobActionError
from app.negotiation import wants_json
from app.routes.current import get_services
from app.triage.proposal import Choice

bp = Blueprint("plan", __name__)


@bp.post("/results/<job_id>/start")
def start(job_id: str) -> ResponseReturnValue:
    """Start the lookups that are ticked in the plan."""
    form = request.form
    choice = Choice(
        types=frozenset(form.getlist("type")),
        asked=_places(form.getlist("ask")),
        held_back=_places(form.getlist("all_the_same")),
        host_alone=_places(form.getlist("host_alone")),
        only_today=form.get("beyond") == "left_out",
    )
    try:
        get_services().analyses.choose(job_id, choice)
    except JobActionError:
        if wants_json():
            raise
        flash("This plan was started or cancelled before; nothing was changed.", "error")
    if wants_json():
        return jsonify(job_id=job_id), 202
    return redirect(url_for("results.show", job_id=job_id), code=303)


def _places(texts: Sequence[str]) -> frozenset[int]:
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in texts):
        raise BadRequest("The plan's form sends whole numbers only.")
    return frozenset(map(int, texts))
