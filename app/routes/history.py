"""The history: all analyses, with a search and the deletion of older ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from math import ceil

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from app.enrichment.models import Verdict
from app.negotiation import wants_json
from app.presentation.results_page import history_entries
from app.routes.current import get_services
from app.routes.request_fields import read_search, read_whole_number
from app.storage.models import JobQuery

bp = Blueprint("history", __name__)

PER_PAGE = 25
MAX_DAYS = 36500


@bp.get("/history")
def show() -> ResponseReturnValue:
    filters = {name: request.args.get(name, "").strip() for name in ("q", "verdict", "from", "to")}
    try:
        query = _query(filters, request.args.get("page") or "1")
    except BadRequest as e:
        if wants_json():
            raise
        return _page(filters, error=e.description), 400
    return _page(filters, query)


@bp.post("/history/delete-older")
def delete_older() -> ResponseReturnValue:
    count = get_services().jobs.delete_older(_days(request.form.get("days", "")))
    if wants_json():
        return jsonify(deleted=count)
    words = "1 analysis was" if count == 1 else f"{count or 'No'} analyses were"
    flash(f"{words} deleted.", "message")
    return redirect(url_for("history.show"), code=303)


def _page(filters: dict[str, str], query: JobQuery | None = None, error: str | None = None) -> str:
    found = get_services().jobs.page(query) if query else None
    return render_template(
        "history.html",
        filters=filters,
        verdicts=[verdict.value for verdict in Verdict],
        error=error,
        analyses=history_entries(found.items) if found else [],
        total=found.total if found else 0,
        page=found.page if found else 1,
        pages=max(1, ceil(found.total / PER_PAGE)) if found else 1,
        retention_days=current_app.config["RETENTION_DAYS"],
    )


def _query(filters: dict[str, str], page: str) -> JobQuery:
    since, last = _day(filters["from"], "From"), _day(filters["to"], "To")
    if since and last and since > last:
        raise BadRequest("The first day lies after the last one.")
    return JobQuery(
        is_analysis=True,
        text=read_search(filters["q"]) or None,
        verdict=_verdict(filters["verdict"]),
        since=since,
        before=last + timedelta(days=1) if last else None,
        page=read_whole_number(page, 10**9, "The page is a whole number from 1."),
        per_page=PER_PAGE,
    )


def _verdict(text: str) -> Verdict | None:
    if text and text not in list(Verdict):
        raise BadRequest(f"The verdict is one of {', '.join(Verdict)}.")
    return Verdict(text) if text else None


def _day(text: str, label: str) -> datetime | None:
    """Return the beginning of the day in UTC, like all stored times."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.max
    if day.year > 9000:  # there must be a day after it
        raise BadRequest(f"{label}: write the day as 2026-01-31.")
    return datetime.combine(day, time(), UTC)


def _days(text: str) -> int:
    return read_whole_number(text, MAX_DAYS, f"Say how many days, from 1 to {MAX_DAYS}.")
