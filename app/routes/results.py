"""The page of one analysis, its exports, and asking again."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from app.enrichment.models import Mode
from app.exports import EXPORTS
from app.negotiation import wants_json
from app.pipeline.models import IOC, IOCType
from app.routes.analyze import ask_for_key
from app.routes.current import get_services
from app.routes.index import describe_online
from app.routes.overview import results_context, rows_context
from app.routes.serializers import serialize_live_job
from app.routes.status import find_job

bp = Blueprint("results", __name__)


@bp.get("/results/<job_id>")
def show(job_id: str) -> ResponseReturnValue:
    context = results_context(find_job(job_id), request.args)
    job = serialize_live_job(get_services().glance(job_id))
    return render_template("results.html", job=job, **context)


@bp.get("/results/<job_id>/rows")
def rows(job_id: str) -> ResponseReturnValue:
    """One page of the rows and nothing else, for the script that brings them."""
    return render_template(
        "_rows.html", job_id=job_id, **rows_context(find_job(job_id), request.args)
    )


@bp.get("/results/<job_id>/export")
def export(job_id: str) -> ResponseReturnValue:
    job = find_job(job_id)
    name = request.args.get("format", "")
    if name == "txt" and "defang" in request.args:
        name = "defanged"
    if (chosen := EXPORTS.get(name)) is None:
        raise BadRequest(f"The format is one of {', '.join(EXPORTS)}.")
    stamp = f"{job.analysis.created_at:%Y%m%d-%H%M%S}"
    answer = Response(chosen.render(job), content_type=f"{chosen.media_type}; charset=utf-8")
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"telltale-{stamp}.{chosen.extension}"
    )
    return answer


@bp.post("/results/<job_id>/ask")
def ask(job_id: str) -> ResponseReturnValue:
    """Ask what was held back, or could not be checked, all the same."""
    find_job(job_id)
    form = request.form
    ioc = IOC(_ioc_type(form.get("type", "")), form.get("value", ""))
    asked = get_services().orchestrator.ask(job_id, ioc, form.get("provider", ""))
    sentence = "This is being asked already, or was answered."
    if wants_json():
        return (jsonify(job_id=job_id), 202) if asked else (jsonify(error=sentence), 409)
    if not asked:
        flash(sentence, "error")
    return redirect(url_for("results.show", job_id=job_id), code=303)


@bp.post("/results/<job_id>/take-in")
def take_in(job_id: str) -> ResponseReturnValue:
    """Add what looked like an IOC and was refused, after all."""
    find_job(job_id)
    ioc = IOC(_ioc_type(request.form.get("type", "")), request.form.get("value", ""))
    taken = get_services().take_in(job_id, ioc)
    sentence = "This is in the analysis already, or can be no IOC of this type."
    if wants_json():
        return (jsonify(job_id=job_id), 202) if taken else (jsonify(error=sentence), 409)
    if not taken:
        flash(sentence, "error")
    return redirect(url_for("results.show", job_id=job_id), code=303)


@bp.post("/results/<job_id>/delete")
def delete(job_id: str) -> ResponseReturnValue:
    get_services().delete(job_id)
    if wants_json():
        return jsonify(job_id=job_id)
    flash("The analysis was deleted.", "message")
    is_from_history = request.form.get("from") == "history"
    return redirect(url_for("history.show" if is_from_history else "index.show"), code=303)


@bp.post("/results/<job_id>/again")
def run_again(job_id: str) -> ResponseReturnValue:
    """Its IOCs as a new analysis; the text they were found in is not kept."""
    is_online = find_job(job_id).analysis.mode is Mode.ONLINE
    if is_online and not (online := describe_online())["usable"]:
        return ask_for_key(online["problem"])
    new_id = get_services().analyse_again(job_id).job_id
    if wants_json():
        return jsonify(job_id=new_id), 202
    return redirect(url_for("results.show", job_id=new_id), code=303)


def _ioc_type(text: str) -> IOCType:
    if text in list(IOCType):
        return IOCType(text)
    raise BadRequest("There is no such type of IOC.")
