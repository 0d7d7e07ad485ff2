"""POST /analyze: a pasted text becomes an analysis."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.enrichment.models import Mode
from app.negotiation import wants_json
from app.pipeline import extract
from app.pipeline.models import Extraction
from app.presentation.plan_page import serialize_plan
from app.presentation.serializers import serialize_near_miss
from app.routes.current import get_services
from app.routes.online import ask_for_key, describe_online, shows_plans
from app.routes.request_fields import read_mode, read_providers, read_tlp
from app.routes.start_page import render_start_page
from app.triage.proposal import tlp_said

bp = Blueprint("analyze", __name__)

NOTHING_FOUND = (
    "No IOCs found in this text. Telltale looks for addresses, domains, URLs, mail addresses, "
    "hashes, CVEs, AS numbers, ATT&CK techniques and Bitcoin addresses, defanged or not."
)
KEPT_OFFLINE = "TLP:{tlp} stays on this machine: this was analysed offline."


@bp.post("/analyze")
def create() -> ResponseReturnValue:
    form, analyses = request.form, get_services().analyses
    text, mode, tlp = form.get("text", ""), read_mode(form), read_tlp(form)
    providers = read_providers(form.getlist("providers"))
    extraction = extract(text)
    if not extraction.found:
        return _refuse(NOTHING_FOUND, 422, text)
    stays = tlp is not None and tlp.stays_here
    if mode is Mode.ONLINE and not stays and not (online := describe_online())["usable"]:
        return ask_for_key(online["problem"])
    proposal = analyses.propose(extraction.found, mode, tlp, providers)
    if form.get("plan", "0") not in ("", "0"):  # a program asks for the counts of the plan only
        return jsonify(serialize_plan(proposal.plan))
    said = tlp_said(text) if tlp is None and proposal.analysis.mode is Mode.ONLINE else None
    waits = shows_plans() and (said is not None or proposal.needs_decision())
    job_id = analyses.begin(proposal.analysis, proposal.plan, waits).job_id
    results_url = url_for("results.show", job_id=job_id, said=said if waits else None)
    if wants_json():
        notice = KEPT_OFFLINE.format(tlp=tlp) if stays and mode is Mode.ONLINE else None
        return _accepted(job_id, results_url, extraction, notice)
    return redirect(results_url, code=303)


def _accepted(
    job_id: str, results_url: str, extraction: Extraction, notice: str | None
) -> ResponseReturnValue:
    answer = {
        "job_id": job_id,
        "total": get_services().jobs.changes(job_id, since=0).total,
        "status_url": url_for("status.show", job_id=job_id),
        "results_url": results_url,
    }
    if notice:
        answer["message"] = notice
    # Near misses quote the pasted text, which is never stored. So this response is the only
    # one that can carry them; the browser tab keeps them for the results page.
    if "near_misses" in request.form:
        answer["near_misses"] = [serialize_near_miss(miss) for miss in extraction.near_misses]
        answer["near_misses_left_out"] = extraction.near_misses_left_out
    return jsonify(answer), 202


def _refuse(sentence: str, code: int, text: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=sentence), code
    page = render_start_page(text, read_mode(request.form), sentence, read_tlp(request.form))
    return page, code
