"""What becomes of a paste."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.enrichment.models import Mode
from app.negotiation import wants_json
from app.pipeline import extract
from app.pipeline.models import Extraction
from app.presentation.serializers import serialize_near_miss
from app.routes.current import find_job, get_services
from app.routes.index import describe_online, render_index
from app.routes.plan import serialize_plan
from app.routes.request_fields import read_mode, read_tlp
from app.triage.proposal import tlp_said

bp = Blueprint("analyze", __name__)

NOTHING_FOUND = (
    "No IOCs found in this text. Telltale looks for addresses, domains, URLs, mail addresses, "
    "hashes, CVEs, AS numbers, ATT&CK techniques and Bitcoin addresses, defanged or not."
)
KEPT_OFFLINE = "TLP:{tlp} stays on this machine: this was analysed offline."
NO_KEY = "Online lookups need a key: store one on the settings page, then analyse again."


@bp.post("/analyze")
def create() -> ResponseReturnValue:
    form, analyses = request.form, get_services().analyses
    text, mode, tlp = form.get("text", ""), read_mode(form), read_tlp(form)
    extraction = extract(text)
    if not extraction.found:
        return _refuse(NOTHING_FOUND, 422, text)
    stays = tlp is not None and tlp.stays_here
    if mode is Mode.ONLINE and not stays and not (online := describe_online())["usable"]:
        return ask_for_key(online["problem"])
    proposal = analyses.propose(extraction.found, mode, tlp)
    if form.get("plan", "0") not in ("", "0"):  # whoever asks for it, nothing starts
        return jsonify(serialize_plan(proposal.plan))
    said = tlp_said(text) if tlp is None and proposal.analysis.mode is Mode.ONLINE else None
    if shows_plans() and (said or proposal.needs_decision()):
        analysis = analyses.save_plan(proposal)
    else:
        analysis = analyses.start(proposal)
        said = None
    results_url = url_for("results.show", job_id=analysis.job_id, said=said)
    if wants_json():
        notice = KEPT_OFFLINE.format(tlp=tlp) if stays and mode is Mode.ONLINE else None
        return _accepted(analysis.job_id, results_url, extraction, notice)
    return redirect(results_url, code=303)


def shows_plans() -> bool:
    """Programs start at once, and so do people who said so; our page says that one waits."""
    is_page = not wants_json() or "show_plan" in request.form
    return is_page and not get_services().preferences.get().start_at_once


def _accepted(
    job_id: str, results_url: str, extraction: Extraction, notice: str | None
) -> ResponseReturnValue:
    """Near misses are told once, to whoever asks for them with the text, and kept by nobody."""
    answer = {
        "job_id": job_id,
        "total": find_job(job_id, since=0).total,
        "status_url": url_for("status.show", job_id=job_id),
        "results_url": results_url,
    }
    if notice:
        answer["message"] = notice
    if "near_misses" in request.form:
        answer["near_misses"] = [serialize_near_miss(miss) for miss in extraction.near_misses]
        answer["near_misses_left_out"] = extraction.near_misses_left_out
    return jsonify(answer), 202


def _refuse(sentence: str, code: int, text: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=sentence), code
    return render_index(text, read_mode(request.form), sentence, read_tlp(request.form)), code


def ask_for_key(problem: str | None) -> ResponseReturnValue:
    if wants_json():
        return jsonify(
            error=problem or "Online lookups need a VirusTotal key; none is stored."
        ), 409
    flash(problem or NO_KEY, "error")
    return redirect(url_for("settings.show"), code=303)
