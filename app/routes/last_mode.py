"""The mode that a browser chose last, so that the start page offers it again.

It is kept by the browser, for several analysts may share one Telltale. It holds one word, and is
read for nothing but which choice is ticked.
"""

from __future__ import annotations

from flask import after_this_request, request
from werkzeug.wrappers import Response

from app.enrichment.models import Mode

COOKIE = "telltale_mode"
KEPT_S = 400 * 24 * 3600
"""As long as browsers keep a cookie at most (RFC 6265bis, section 5.5)."""


def last_mode() -> Mode:
    chosen = request.cookies.get(COOKIE, "")
    return Mode(chosen) if chosen in list(Mode) else Mode.OFFLINE


def remember_mode(mode: Mode) -> None:
    """Have the answer to this request keep the mode in the browser."""

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(COOKIE, mode.value, max_age=KEPT_S, httponly=True, samesite="Strict")
        return response
