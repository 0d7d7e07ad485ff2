"""Whether Telltale works, for supervisors; answered without a token."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.errors import StorageError
from app.gate import HEALTH_PATH
from app.routes.current import get_services

bp = Blueprint("health", __name__)


@bp.get(HEALTH_PATH)
def show() -> ResponseReturnValue:
    try:
        get_services().database.check()
    except StorageError as e:
        return jsonify(status="error", error=str(e)), 503
    return jsonify(status="ok")
