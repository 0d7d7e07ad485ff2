"""The key: saved, replaced, deleted; never shown again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.enrichment.config_store import ConfigStore
from app.errors import ConfigStoreError, InvalidKeyError
from app.jobs.models import VERIFY_KEY
from app.negotiation import wants_json
from app.presentation.records import iso
from app.presentation.serializers import serialize_live_job
from app.routes.connection import latest_test
from app.routes.current import get_services
from app.services import Services
from app.triage.models import Preferences

bp = Blueprint("settings", __name__)


@bp.get("/settings")
def show() -> ResponseReturnValue:
    return render_settings()


@bp.post("/settings")
def save() -> ResponseReturnValue:
    try:
        get_services().save_key(request.form.get("api_key", ""))
    except InvalidKeyError as e:
        return _refuse(str(e), 400)
    except ConfigStoreError as e:
        return _refuse(str(e), 500)
    return _done("The key was saved. It counts from the next lookup on.")


@bp.post("/settings/verify")
def verify() -> ResponseReturnValue:
    """Ask the provider about the key, behind this answer; one that is given is saved first."""
    services, is_given = get_services(), "api_key" in request.form
    if is_given:
        try:
            services.save_key(request.form["api_key"])
        except InvalidKeyError as e:
            return _refuse(str(e), 400)
        except ConfigStoreError as e:
            return _refuse(str(e), 500)
    job = services.verifier.start(services.adapters[0].name, anew=is_given)
    if wants_json():
        return jsonify(serialize_live_job(services.find_job(job.id))), 202
    if is_given:
        flash("The key was saved, and is being verified.", "message")
    return redirect(url_for("settings.show"), code=303)


@bp.post("/settings/delete")
def delete() -> ResponseReturnValue:
    try:
        get_services().delete_key()
    except ConfigStoreError as e:
        return _refuse(str(e), 500)
    return _done("The key was deleted.")


def _done(message: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(message=message)
    flash(message, "message")
    return redirect(url_for("settings.show"), code=303)


def _refuse(sentence: str, code: int) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=sentence), code
    return render_settings(sentence), code


def render_settings(
    error: str | None = None,
    preferences: Mapping[str, str] | None = None,
    preferences_error: str | None = None,
) -> str:
    """`error` is of the key. `preferences`: as they were sent, where they were refused."""
    services = get_services()
    key: dict[str, Any] = {"stored": False, "last4": None, "source": None, "in_file": False}
    try:
        key |= _described(services.keys)
    except ConfigStoreError as e:
        error = error or str(e)
    key["path"] = str(services.keys.path)
    job = services.latest_job(VERIFY_KEY)
    return render_template(
        "settings.html",
        key=key,
        provider=services.adapters[0].about,
        verified=_verified(services) if key["stored"] else None,
        job=serialize_live_job(job) if job else None,
        connection=latest_test(),
        error=error,
        preferences=preferences or _kept(services.preferences.get()),
        preferences_error=preferences_error,
    )


def _kept(preferences: Preferences) -> dict[str, Any]:
    """As the form has them."""
    return {
        "own_domains": "\n".join(preferences.own_domains),
        "own_networks": "\n".join(preferences.own_networks),
        "hold_look_alikes": preferences.hold_look_alikes,
        "start_at_once": preferences.start_at_once,
    }


def _verified(services: Services) -> dict[str, Any] | None:
    """When the key in use was last verified, and what of its quotas was used then."""
    found = services.verifications.get(services.keys.get_vt_api_key() or "")
    return {"at": iso(found.at), "quotas": found.quotas} if found else None


def _described(keys: ConfigStore) -> dict[str, Any]:
    stored = keys.get_vt_api_key() is not None
    source = "environment" if keys.vt_api_key_is_from_environment else "file"
    return {
        "stored": stored,
        "last4": keys.get_vt_api_key_hint(),
        "source": source if stored else None,
        "in_file": keys.get_stored_vt_api_key() is not None,
    }
