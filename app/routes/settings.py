"""The key: saved, replaced, deleted; never shown again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.enrichment.config_store import ConfigStore
from app.errors import ConfigStoreError, InvalidKeyError
from app.negotiation import wants_json
from app.routes.current import get_services

bp = Blueprint("settings", __name__)


@bp.get("/settings")
def show() -> ResponseReturnValue:
    return _page()


@bp.post("/settings")
def save() -> ResponseReturnValue:
    try:
        get_services().keys.set_vt_api_key(request.form.get("api_key", ""))
    except InvalidKeyError as e:
        return _refuse(str(e), 400)
    except ConfigStoreError as e:
        return _refuse(str(e), 500)
    return _done("The key was saved. It counts from the next lookup on.")


@bp.post("/settings/delete")
def delete() -> ResponseReturnValue:
    try:
        get_services().keys.delete_vt_api_key()
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
    return _page(sentence), code


def _page(error: str | None = None) -> str:
    services = get_services()
    key: dict[str, Any] = {"stored": False, "last4": None, "source": None, "in_file": False}
    try:
        key |= _described(services.keys)
    except ConfigStoreError as e:
        error = error or str(e)
    key["path"] = str(services.keys.path)
    return render_template(
        "settings.html", key=key, provider=services.adapters[0].about, error=error
    )


def _described(keys: ConfigStore) -> dict[str, Any]:
    stored = keys.get_vt_api_key() is not None
    source = "environment" if keys.vt_api_key_is_from_environment else "file"
    return {
        "stored": stored,
        "last4": keys.get_vt_api_key_hint(),
        "source": source if stored else None,
        "in_file": keys.get_stored_vt_api_key() is not None,
    }
