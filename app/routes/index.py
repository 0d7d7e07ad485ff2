"""The start page."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.routes.example import EXAMPLE
from app.routes.start_page import render_start_page

bp = Blueprint("index", __name__)


@bp.get("/")
def show() -> ResponseReturnValue:
    return render_start_page(EXAMPLE if "example" in request.args else "")
