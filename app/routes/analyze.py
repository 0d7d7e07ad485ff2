"""What becomes of a paste."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from app.enrichment.models import Mode
from app.negotiation import wants_json
from app.pipeline import extract
from app.pipeline.models import Extraction
from app.routes.current import get_services
from app.routes.index import describe_online, render_index
from app.routes.serializers import serialize_near_miss
from app.routes.status import find_job

bp = Blueprint("analyze", __name__)

NOTHING_FOUND = (
    "No IOCs found in this text. Telltale looks for addresses, domains, URLs, mail addresses, "
    "hashes, CVEs, AS numbers, ATT&CK techniques and Bitcoin addresses, defanged or not."
)
NO_KEY = "Online lookups need a key: store one on the settings page, then analyse again."


@bp.post("/analyze")
def create() -> ResponseReturnValue:
    text, mode = request.form.get("text", ""), _mode(request.form.get("mode", Mode.OFFLINE))
    extraction = extract(text)
    if not extraction.found:
        return _refuse(NOTHING_FOUND, 422, text, mode)
    if mode is Mode.ONLINE and not (online := describe_online())["usable"]:
        return ask_for_key(online["problem"])
    job_id = get_services().start_analysis(extraction.found, mode).job_id
    if wants_json():
        return _accepted(job_id, extraction)
    return redirect(url_for("results.show", job_id=job_id), code=303)


def _accepted(job_id: str, extraction: Extraction) -> ResponseReturnValue:
    """Near misses are told once, to whoever asks for them with the text, and kept by nobody."""
    answer = {
        "job_id": job_id,
        "total": find_job(job_id, since=0).total,
        "status_url": url_for("status.show", job_id=job_id),
        "results_url": url_for("results.show", job_id=job_id),
    }
    if "near_misses" in request.form:
        answer["near_misses"] = [serialize_near_miss(miss) for miss in extraction.near_misses]
        answer["near_misses_left_out"] = extraction.near_misses_left_out
    return jsonify(answer), 202


def _mode(text: str) -> Mode:
    if text in list(Mode):
        return Mode(text)
    raise BadRequest("The mode is either offline or online.")


def _refuse(sentence: str, code: int, text: str, mode: Mode) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=sentence), code
    return render_index(text, mode, sentence), code


def ask_for_key(problem: str | None) -> ResponseReturnValue:
    if wants_json():
        return jsonify(
            error=problem or "Online lookups need a VirusTotal key; none is stored."
        ), 409
    flash(problem or NO_KEY, "error")
    return redirect(url_for("settings.show"), code=303)
