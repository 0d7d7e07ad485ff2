"""The checks of each request, and the headers that limit what a browser does with the answer."""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response as BaseResponse

from app.negotiation import wants_json
from app.settings import LOOPBACK_NAMES

DEFAULT_PORTS = {"http": 80, "https": 443}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(?::(?P<port>\d{1,5}))?", re.IGNORECASE)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Under no-referrer Chromium sends our own forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def init_app(app: Flask) -> None:
    app.before_request(_check_host)
    app.before_request(_check_token)
    app.before_request(_check_site)
    app.after_request(_add_headers)


def _check_host() -> None:
    """Refuse a Host header that is not ours. Raises BadRequest."""
    # DNS rebinding: a foreign page lets its own name resolve to 127.0.0.1, and its scripts then
    # read our pages as their own origin. The Host header still carries the foreign name.
    host = request.environ.get("HTTP_HOST", "").lower()
    parts = HOST.fullmatch(host)
    name = parts["name"].strip("[]") if parts else ""
    allowed = current_app.config["ALLOWED_HOSTS"]
    if not parts or (name not in LOOPBACK_NAMES and name not in allowed and host not in allowed):
        raise BadRequest(
            "Telltale does not answer to this host name; open it at 127.0.0.1, or name the host "
            "in TELLTALE_ALLOWED_HOSTS."
        )


def _check_site() -> None:
    """Refuse state changes that another site's page sends. Raises Forbidden."""
    # Browsers set Sec-Fetch-Site or at least Origin on every POST. A request with neither comes
    # from a program and passes. No form token: it would die in a tab that was left open.
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:
        ours = origin is None or _is_own_origin(origin)
    if not ours:
        raise Forbidden("This request came from another site, so nothing was changed.")


def _is_own_origin(given: str) -> bool:
    try:
        return _origin(given) == _origin(request.host_url)
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of a URL. Raises ValueError for an invalid one."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)


def _check_token() -> ResponseReturnValue | None:
    token = current_app.config["ACCESS_TOKEN"]
    if not token:
        return None
    if (request.method, request.path) == ("GET", "/") and _same(
        request.args.get("token", ""), token
    ):
        welcome = redirect("/", code=303)
        _remember(welcome, token)
        return welcome
    return None if _is_known(token) else _unauthorized()


def _unauthorized() -> ResponseReturnValue:
    headers = {"WWW-Authenticate": 'Bearer realm="Telltale"'}
    if wants_json():
        return jsonify(error="The access token is missing or wrong."), 401, headers
    return render_template("unauthorized.html"), 401, headers


def _is_known(token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and _same(given.strip(), token):
        return True
    return _same(request.cookies.get(_cookie_name(), ""), _cookie_value(token))


def _remember(answer: BaseResponse, token: str) -> None:
    answer.set_cookie(
        _cookie_name(),
        _cookie_value(token),
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
    )


def _cookie_name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-access"


def _cookie_value(token: str) -> str:
    """Return the value that proves knowledge of the token without containing it."""
    return hmac.new(current_app.config["SECRET_KEY"], token.encode(), hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _add_headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    # On a shared machine IOCs and verdicts must not stay in a cache.
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
