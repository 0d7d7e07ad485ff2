"""The settings page: keys are saved, checked and deleted; never shown again."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from app.errors import ConfigStoreError, InvalidKeyError
from app.negotiation import wants_json
from app.presentation.serializers import serialize_live_job
from app.routes.current import get_services
from app.routes.settings_page import render_settings
from app.services.providers import EnteredKey

bp = Blueprint("settings", __name__)

SAVED = "The key was saved. It counts from the next lookup on."
SAVED_AND_CHECKED = "The key was saved, and is being verified."
CHECKED_FIRST = "The new key is being checked; the old one is used until the new one is accepted."


@bp.get("/settings")
def show() -> ResponseReturnValue:
    return render_settings()


@bp.post("/settings")
def save() -> ResponseReturnValue:
    entered = _enter_key()
    if not isinstance(entered, EnteredKey):
        return entered
    return _done(SAVED if entered.is_stored else CHECKED_FIRST)


@bp.post("/settings/verify")
def verify() -> ResponseReturnValue:
    """Check the key in the background; the first key is saved before, another after it."""
    services = get_services()
    sentence = None
    if "api_key" in request.form:
        entered = _enter_key(verify=True)
        if not isinstance(entered, EnteredKey):
            return entered
        job = entered.check
        sentence = SAVED_AND_CHECKED if entered.is_stored else CHECKED_FIRST
    else:
        job = services.providers.check_key(_provider())
    if wants_json() and job:
        return jsonify(serialize_live_job(services.jobs.find(job.id))), 202
    if sentence:
        flash(sentence, "message")
    return redirect(url_for("settings.show"), code=303)


@bp.post("/settings/delete")
def delete() -> ResponseReturnValue:
    try:
        get_services().providers.delete_key(_provider())
    except ConfigStoreError as e:
        return _refuse(str(e), 500)
    return _done("The key was deleted.")


@bp.post("/settings/providers")
def switch() -> ResponseReturnValue:
    """Switch a provider on or off for all analyses to come."""
    wanted = request.form.get("is_on", "")
    if wanted not in ("0", "1"):
        raise BadRequest("`is_on` is 1 or 0.")
    providers = get_services().providers
    providers.switch(_provider(), wanted == "1")
    word = "on" if wanted == "1" else "off"
    return _done(f"{providers.find(_provider()).name} was switched {word}.")


def _provider() -> str:
    """Return the id of the provider that a form names; empty for the first one."""
    return request.form.get("provider", "")


def _enter_key(verify: bool = False) -> EnteredKey | ResponseReturnValue:
    """Take the key of the form. Returns the answer if it is refused."""
    key = request.form.get("api_key", "")
    try:
        return get_services().providers.enter_key(_provider(), key, verify)
    except InvalidKeyError as e:
        return _refuse(str(e), 400)
    except ConfigStoreError as e:
        return _refuse(str(e), 500)


def _done(message: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(message=message)
    flash(message, "message")
    return redirect(url_for("settings.show"), code=303)


def _refuse(sentence: str, code: int) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=sentence), code
    return render_settings(sentence, _provider()), code
