"""Content negotiation: whether a client gets a page or JSON."""

from __future__ import annotations

from flask import request

ALWAYS_JSON = ("/enrichment/", "/api/", "/healthz")


def wants_json() -> bool:
    """Return whether the client gets JSON. `Accept: */*`, which curl sends, gets the page.

    Below ALWAYS_JSON there are no pages, so every client gets JSON.
    """
    if request.path.startswith(ALWAYS_JSON):
        return True
    return _prefers_json()


def sends_form() -> bool:
    """Return whether a form of a page was sent; the client is then redirected to the page."""
    return not (request.is_json or _prefers_json())


def wants_page() -> bool:
    """Return whether a browser shows the response of a route that is meant for programs.

    `*/*` is not enough here: these routes answer curl with JSON.
    """
    return "text/html" in request.accept_mimetypes.values() and not _prefers_json()


def _prefers_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == (
        "application/json"
    )
