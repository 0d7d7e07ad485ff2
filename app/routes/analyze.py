"""POST /analyze: a pasted text becomes an analysis."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.enrichment.models import Analysis, Mode
from app.negotiation import wants_json
from app.pipeline import extract
from app.pipeline.models import Extraction
from app.presentation.plan_page import serialize_plan
from app.presentation.serializers import serialize_near_miss
from app.routes.current import get_services
from app.routes.last_mode import remember_mode
from app.routes.online import is_from_page, refuse_online, shows_plans
from app.routes.request_fields import read_mode, read_providers, read_tlp
from app.routes.start_page import render_start_page
from app.triage.proposal import Proposal, tlp_said

bp = Blueprint("analyze", __name__)

NOTHING_FOUND = (
    "No IOCs found in this text. Telltale looks for addresses, domains, URLs, mail addresses, "
    "hashes, CVEs, AS numbers, ATT&CK techniques and Bitcoin addresses, defanged or not."
)
KEPT_OFFLINE = "TLP:{tlp} stays on this machine: this was analysed offline."


@bp.post("/analyze")
def create() -> ResponseReturnValue:
    form = request.form
    text, mode, tlp = form.get("text", ""), read_mode(form), read_tlp(form)
    providers = read_providers(form.getlist("providers"))
    extraction = extract(text, get_services().preferences.get().types_on_request)
    if not extraction.found:
        return _nothing_found(text)
    if (refusal := refuse_online(mode, tlp)) is not None:
        return refusal
    said = tlp_said(text) if tlp is None else None
    proposal = get_services().analyses.propose(extraction.found, mode, tlp, providers, said)
    if form.get("plan", "0") not in ("", "0"):  # a program asks for the counts of the plan only
        return jsonify(serialize_plan(proposal.plan))
    if is_from_page():
        remember_mode(mode)
    return _begin(proposal, extraction)


def _begin(proposal: Proposal, extraction: Extraction) -> ResponseReturnValue:
    waits = shows_plans() and proposal.needs_decision()
    analysis = get_services().analyses.begin(proposal.analysis, proposal.plan, waits)
    results_url = url_for("results.show", job_id=analysis.job_id)
    if not wants_json():
        return redirect(results_url, code=303)
    return _accepted(analysis, results_url, extraction)


def _accepted(analysis: Analysis, results_url: str, extraction: Extraction) -> ResponseReturnValue:
    """Return the 202 of a program, or of our own page, which asks for the near misses."""
    answer: dict[str, Any] = {
        "job_id": analysis.job_id,
        "total": get_services().jobs.changes(analysis.job_id, since=0).total,
        "status_url": url_for("status.show", job_id=analysis.job_id),
        "results_url": results_url,
    }
    if read_mode(request.form) is Mode.ONLINE and analysis.mode is Mode.OFFLINE:
        answer["message"] = KEPT_OFFLINE.format(tlp=analysis.tlp)
    # Near misses quote the pasted text, which is never stored. So this response is the only
    # one that can carry them; the browser tab keeps them for the results page.
    if "near_misses" in request.form:
        answer["near_misses"] = [serialize_near_miss(miss) for miss in extraction.near_misses]
        answer["near_misses_left_out"] = extraction.near_misses_left_out
    return jsonify(answer), 202


def _nothing_found(text: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=NOTHING_FOUND), 422
    page = render_start_page(text, read_mode(request.form), NOTHING_FOUND, read_tlp(request.form))
    return page, 422
