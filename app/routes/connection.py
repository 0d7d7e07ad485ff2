"""The connection test of a provider: begun, and what came of the newest one."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.negotiation import wants_json
from app.presentation.serializers import serialize_live_job
from app.routes.current import get_services
from app.routes.settings_page import describe_test

bp = Blueprint("connection", __name__)


@bp.post("/settings/test-connection")
def start() -> ResponseReturnValue:
    services = get_services()
    job = services.providers.test_connection(request.form.get("provider", ""))
    if wants_json():
        return jsonify(serialize_live_job(services.jobs.find(job.id))), 202
    return redirect(url_for("settings.show"), code=303)


@bp.get("/settings/test-connection")
def show() -> ResponseReturnValue:
    if wants_json():
        providers = get_services().providers
        return jsonify(describe_test(providers.find(request.args.get("provider", ""))))
    return redirect(url_for("settings.show"), code=303)
