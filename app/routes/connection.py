"""The test of the connection: begun, and what came of the newest one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from app.enrichment.checks.connection_check import steps_of
from app.jobs.models import TEST_CONNECTION
from app.negotiation import wants_json
from app.presentation.serializers import serialize_live_job
from app.routes.current import get_services

bp = Blueprint("connection", __name__)


@bp.post("/settings/test-connection")
def start() -> ResponseReturnValue:
    services = get_services()
    job = services.connection_tester.start(services.adapters[0].name)
    if wants_json():
        return jsonify(serialize_live_job(services.find_job(job.id))), 202
    return redirect(url_for("settings.show"), code=303)


@bp.get("/settings/test-connection")
def show() -> ResponseReturnValue:
    if wants_json():
        return jsonify(latest_test())
    return redirect(url_for("settings.show"), code=303)


def latest_test() -> dict[str, Any]:
    """The newest test as far as it is; of a job that was never begun nothing."""
    services = get_services()
    job = services.latest_job(TEST_CONNECTION)
    report = services.jobs.report(job.job.id) if job else None
    return {
        "job": serialize_live_job(job) if job else None,
        "steps": [
            {
                "name": step.name,
                "state": step.state.value,
                "sentence": step.sentence,
                "took_ms": step.took_ms,
            }
            for step in steps_of(report)
        ],
    }
