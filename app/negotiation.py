"""Page or JSON: what the client asked for."""

from __future__ import annotations

from flask import request

ALWAYS_JSON = ("/enrichment/", "/api/")


def wants_json() -> bool:
    """`*/*`, which is what curl sends, gets the page, except where there is none."""
    if request.path.startswith(ALWAYS_JSON):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == (
        "application/json"
    )
