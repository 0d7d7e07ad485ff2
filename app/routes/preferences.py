"""The analyst's preferences: own names and networks, and whether plans are shown."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import InvalidPreferenceError
from app.negotiation import wants_json
from app.routes.current import get_services
from app.routes.settings_page import render_settings
from app.triage.models import Preferences
from app.triage.preferences import read_domains, read_networks, read_types

bp = Blueprint("preferences", __name__)

SAVED = "This was saved, and counts from the next analysis on."


@bp.post("/settings/preferences")
def save() -> ResponseReturnValue:
    """Save all preferences at once; a tick box that the form does not send is off."""
    form = request.form
    try:
        wanted = Preferences(
            own_domains=read_domains(form.get("own_domains", "")),
            own_networks=read_networks(form.get("own_networks", "")),
            hold_look_alikes="hold_look_alikes" in form,
            start_at_once="start_at_once" in form,
            also_find=read_types(form.getlist("also_find")),
        )
    except InvalidPreferenceError as e:
        if wants_json():
            return jsonify(error=str(e)), 400
        written = form.to_dict() | {"also_find": form.getlist("also_find")}
        return render_settings(preferences=written, preferences_error=str(e)), 400
    get_services().preferences.set(wanted)
    if wants_json():
        return jsonify(message=SAVED)
    flash(SAVED, "message")
    return redirect(url_for("settings.show"), code=303)
