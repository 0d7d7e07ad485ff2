"""Page or JSON: what the client asked for."""

from __future__ import annotations

from flask import request

ALWAYS_JSON = ("/enrichment/", "/api/")


def wants_json() -> bool:
    """`*/*`, which is what curl sends, gets the page, except where there is none."""
    if request.path.startswith(ALWAYS_JSON):
        return True
    return _prefers_json()


def sends_form() -> bool:
    """Whether a page's own form came, which wants to be led back to the page."""
    return not (request.is_json or _prefers_json())


def wants_page() -> bool:
    """Whether a browser shows what comes, of what else is for programs: `*/*` does not say so."""
    return "text/html" in request.accept_mimetypes.values() and not _prefers_json()


def _prefers_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == (
        "application/json"
    )
