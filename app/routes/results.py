"""The page of one analysis, its exports, and the actions on its lookups."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from app.enrichment.analysis.live_analysis import JobChanges
from app.enrichment.models import NotAsked
from app.exports import EXPORTS
from app.jobs.models import PLANNED, READING
from app.negotiation import wants_json
from app.pipeline.models import IOC, IOCType
from app.presentation.plan_page import askable_iocs, plan_context
from app.presentation.results_page import results_context, rows_context
from app.presentation.serializers import serialize_egress, serialize_tile
from app.routes.current import get_services
from app.routes.documents_page import documents_context, places_of, render_documents, within
from app.routes.online import refuse_online, shows_plans

bp = Blueprint("results", __name__)


@bp.get("/results/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    services = get_services()
    found = services.jobs.changes(job_id)
    if found.job.phase == PLANNED:
        return _render_plan(found)
    if found.job.phase == READING:
        return render_documents(found)
    return render_template(
        "results.html",
        job=serialize_tile(services.jobs.summary_from_memory(job_id)),
        left_today=services.providers.left_today,
        job_id=job_id,
        egress=serialize_egress(services.jobs.egress(job_id)) if found.complete else None,
        **results_context(within(found), request.args, places_of(found)),
        **documents_context(found),
    )


@bp.get("/results/<job_id>/receipt")
def receipt(job_id: str) -> ResponseReturnValue:
    """Render the report of what was sent, alone, for the script that fetches it."""
    egress = serialize_egress(get_services().jobs.egress(job_id))
    return render_template("_receipt.html", job_id=job_id, egress=egress)


@bp.get("/results/<job_id>/rows")
def rows(job_id: str) -> ResponseReturnValue:
    """Render one page of the rows alone, for the script that fetches the missing ones."""
    services = get_services()
    found = services.jobs.changes(job_id)
    context = rows_context(within(found), request.args, places_of(found))
    return render_template("_rows.html", job_id=job_id, **context)


@bp.get("/results/<job_id>/export")
def export(job_id: str) -> ResponseReturnValue:
    job = get_services().jobs.changes(job_id)
    name = request.args.get("format", "")
    if name == "txt" and "defang" in request.args:
        name = "defanged"
    if (chosen := EXPORTS.get(name)) is None:
        raise BadRequest(f"The format is one of {', '.join(EXPORTS)}.")
    stamp = f"{job.analysis.created_at:%Y%m%d-%H%M%S}"
    answer = Response(
        chosen.render(job, get_services().documents.origin(job_id)),
        content_type=f"{chosen.media_type}; charset=utf-8",
    )
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"telltale-{stamp}.{chosen.extension}"
    )
    return answer


@bp.post("/results/<job_id>/ask")
def ask(job_id: str) -> ResponseReturnValue:
    """Look one IOC up: it was held back, could not be checked, or is to be refreshed."""
    ioc, provider = _lookup()
    done = get_services().analyses.ask(job_id, ioc, provider)
    return _done(job_id, done, "This lookup is running already.")


@bp.post("/results/<job_id>/ask-host")
def ask_host(job_id: str) -> ResponseReturnValue:
    """Look up only the host of a URL that would disclose something."""
    ioc, _ = _lookup()
    done = get_services().analyses.ask_host(job_id, ioc)
    return _done(job_id, done, "The host is in the analysis already, or this is no such URL.")


@bp.post("/results/<job_id>/next")
def prioritise(job_id: str) -> ResponseReturnValue:
    """Move a waiting lookup to the front."""
    ioc, provider = _lookup()
    done = get_services().analyses.prioritise(job_id, ioc, provider)
    return _done(job_id, done, "This lookup does not wait: it is running or has ended.")


@bp.post("/results/<job_id>/ask-again")
def ask_again(job_id: str) -> ResponseReturnValue:
    """Ask again for everything that was asked; with `only=answers` for the answers alone."""
    count = get_services().analyses.ask_again(job_id, request.form.get("only") == "answers")
    return _done(job_id, count > 0, "Nothing of this analysis is to be asked again now.")


@bp.post("/results/<job_id>/take-in")
def add_ioc(job_id: str) -> ResponseReturnValue:
    """Add a near miss to the IOCs of the analysis."""
    get_services().jobs.changes(job_id)
    taken = get_services().analyses.add_ioc(job_id, _lookup()[0])
    return _done(job_id, taken, "This is in the analysis already, or can be no IOC of this type.")


@bp.post("/results/<job_id>/delete")
def delete(job_id: str) -> ResponseReturnValue:
    get_services().jobs.delete(job_id)
    if wants_json():
        return jsonify(job_id=job_id)
    flash("The analysis was deleted.", "message")
    is_from_history = request.form.get("from") == "history"
    return redirect(url_for("history.show" if is_from_history else "index.show"), code=303)


@bp.post("/results/<job_id>/again")
def run_again(job_id: str) -> ResponseReturnValue:
    """Start a new analysis of the same IOCs; the text itself is not stored."""
    old = get_services().jobs.changes(job_id)
    if (refusal := refuse_online(old.analysis.mode)) is not None:
        return refusal
    analyses = get_services().analyses
    proposal = analyses.propose_again(job_id)
    # The cancelled analysis had lookups that the analyst stopped. Running it again must not
    # send them before the analyst has seen the plan.
    was_stopped = any(row.reason_code is NotAsked.CANCELLED for row in old.rows)
    waits = shows_plans() and (was_stopped or proposal.needs_decision())
    new_id = analyses.begin(proposal.analysis, proposal.plan, waits).job_id
    if wants_json():
        return jsonify(job_id=new_id), 202
    if left_out := get_services().providers.names_left_out(proposal.analysis.providers):
        flash(
            f"Not asked this time, without a key or switched off: {', '.join(left_out)}.", "error"
        )
    return redirect(url_for("results.show", job_id=new_id), code=303)


def _render_plan(job: JobChanges) -> str:
    analyses = get_services().analyses
    context = plan_context(job, analyses.forecasts(job), analyses.holds(askable_iocs(job)))
    return render_template("plan.html", warned=job.analysis.tlp_said, **context)


def _done(job_id: str, is_done: bool, sentence: str) -> ResponseReturnValue:
    if wants_json():
        return (jsonify(job_id=job_id), 202) if is_done else (jsonify(error=sentence), 409)
    if not is_done:
        flash(sentence, "error")
    return redirect(url_for("results.show", job_id=job_id), code=303)


def _lookup() -> tuple[IOC, str]:
    """Return the IOC and the provider that the form names. Raises BadRequest."""
    form = request.form
    kind = form.get("type", "")
    if kind not in list(IOCType):
        raise BadRequest("There is no such type of IOC.")
    return IOC(IOCType(kind), form.get("value", "")), form.get("provider", "")
