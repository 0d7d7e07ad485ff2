"""The paste form, and what becomes of a paste."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

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

from app.enrichment.models import Mode
from app.errors import ConfigStoreError
from app.pipeline import extract_iocs
from app.routes.example import EXAMPLE
from app.routes.overview import recent_analyses
from app.routes.requests import get_services, wants_json

bp = Blueprint("index", __name__)

NOTHING_FOUND = (
    "No IOCs found in this text. Telltale looks for addresses, domains, URLs, mail addresses, "
    "hashes, CVEs, AS numbers, ATT&CK techniques and Bitcoin addresses, defanged or not."
)
NO_KEY = "Online lookups need a key: enter your VirusTotal key here, then analyse the text again."


@bp.get("/")
def show() -> ResponseReturnValue:
    return _page(EXAMPLE if "example" in request.args else "")


@bp.post("/analyze")
def create() -> ResponseReturnValue:
    text, mode = request.form.get("text", ""), _mode(request.form.get("mode", Mode.OFFLINE))
    services = get_services()
    if not (iocs := extract_iocs(text)):
        return _refuse(NOTHING_FOUND, 422, text, mode)
    if mode is Mode.ONLINE and not _online()["usable"]:
        return _ask_for_key()
    job_id = services.start_analysis(iocs, mode).job_id
    results_url = url_for("results.show", job_id=job_id)
    if not wants_json():
        return redirect(results_url, code=303)
    job = services.orchestrator.changes(job_id, 0)
    status_url = url_for("status.show", job_id=job_id)
    total = job.total if job else 0
    return jsonify(job_id=job_id, total=total, status_url=status_url, results_url=results_url), 202


def _mode(text: str) -> Mode:
    if text in list(Mode):
        return Mode(text)
    raise BadRequest("The mode is either offline or online.")


def _refuse(sentence: str, code: int, text: str, mode: Mode) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=sentence), code
    return _page(text, mode, sentence), code


def _ask_for_key() -> ResponseReturnValue:
    if wants_json():
        return jsonify(error="Online lookups need a VirusTotal key; none is stored."), 409
    flash(NO_KEY, "error")
    return redirect(url_for("settings.show"), code=303)


def _page(text: str = "", mode: Mode = Mode.OFFLINE, error: str | None = None) -> str:
    return render_template(
        "index.html",
        text=text,
        mode=mode.value,
        error=error,
        online=_online(),
        recent=recent_analyses(get_services().orchestrator.recent(8)),
    )


def _online() -> dict[str, Any]:
    services = get_services()
    online: dict[str, Any] = {
        "usable": False,
        "providers": [adapter.name for adapter in services.adapters],
        "key_hint": None,
        "per_minute": current_app.config["VT_REQUESTS_PER_MINUTE"],
    }
    # Offline work goes on whatever became of the key file; the settings page says what did.
    with suppress(ConfigStoreError):
        online |= {"usable": services.can_ask, "key_hint": services.keys.get_vt_api_key_hint()}
    return online
