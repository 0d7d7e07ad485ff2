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

bp = Blueprint("settings", __name__)

SAVED = "The key was saved. It counts from the next lookup on."


@bp.get("/settings")
def show() -> ResponseReturnValue:
    return render_settings()


@bp.post("/settings")
def save() -> ResponseReturnValue:
    return _save_key() or _done(SAVED)


@bp.post("/settings/verify")
def verify() -> ResponseReturnValue:
    """Check the key in the background; a key that is given is saved first."""
    is_given = "api_key" in request.form
    if is_given and (refusal := _save_key()):
        return refusal
    services = get_services()
    job = services.providers.check_key(_provider(), anew=is_given)
    if wants_json():
        return jsonify(serialize_live_job(services.jobs.find(job.id))), 202
    if is_given:
        flash("The key was saved, and is being verified.", "message")
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


def _save_key() -> ResponseReturnValue | None:
    """Save the key of the form. Returns the answer if it is refused."""
    try:
        get_services().providers.save_key(_provider(), request.form.get("api_key", ""))
    except InvalidKeyError as e:
        return _refuse(str(e), 400)
    except ConfigStoreError as e:
        return _refuse(str(e), 500)
    return None


def _done(message: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(message=message)
    flash(message, "message")
    return redirect(url_for("settings.show"), code=303)


def _refuse(sentence: str, code: int) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=sentence), code
    return render_settings(sentence, _provider()), code
