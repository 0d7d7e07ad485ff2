"""The checks of each request, and the headers that limit what a browser does with the answer."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from flask import Flask, Response, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden

from app.body_limits import body_limit
from app.gate import HEALTH_PATH, Gate, Head, bearer_of
from app.negotiation import wants_json
from app.sessions import Sessions

REFUSAL = "telltale.refusal"
"""The key of the WSGI environment under which the server hands over why it took in no body: a
`werkzeug` exception."""
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
    # On a shared machine IOCs and verdicts must not stay in a cache.
    "Cache-Control": "no-store",
}

# The page that asks for the token has its style in it, as no file is served without the token; its
# policy names the hash of that style.
_LOGIN_STYLE = (
    "body{max-width:34rem;margin:12vh auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}"
    "h1{font-size:1.4rem}"
    "form{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end;margin:1.4rem 0}"
    "label{flex:1 1 14rem}input{display:block;width:100%;box-sizing:border-box}"
    "input,button{font:inherit;padding:.45rem .8rem;border:1px solid GrayText;border-radius:6px}"
    "code{overflow-wrap:anywhere}p:last-child{font-size:.88rem;opacity:.8}"
)
_LOGIN_HASH = base64.b64encode(hashlib.sha256(_LOGIN_STYLE.encode()).digest()).decode()
_LOGIN_POLICY = HEADERS["Content-Security-Policy"].replace(
    "style-src 'self'", f"style-src 'sha256-{_LOGIN_HASH}'"
)


def init_app(app: Flask, sessions: Sessions) -> Gate:
    gate = Gate(app.config, sessions)
    app.extensions["gate"] = gate
    app.add_url_rule("/logout", "log_out", _log_out, methods=["POST"])
    app.jinja_env.globals["has_session"] = _has_session
    app.before_request(_check)
    app.after_request(_add_headers)
    return gate


def _check() -> ResponseReturnValue | None:
    gate: Gate = current_app.extensions["gate"]
    environ = request.environ
    head = Head(
        request.method,
        request.path,
        request.scheme,
        lambda name: environ.get(f"HTTP_{name}"),
    )
    if not gate.is_own_host(head.header("HOST")):
        raise BadRequest(
            "Telltale does not answer to this host name; open it at 127.0.0.1, or name the host "
            "in TELLTALE_ALLOWED_HOSTS."
        )
    if (answer := _check_token(gate, head)) is not None:
        return answer
    if not gate.is_from_own_site(head):
        raise Forbidden("This request came from another site, so nothing was changed.")
    if (refusal := environ.get(REFUSAL)) is not None:
        raise refusal
    request.max_content_length = body_limit(request.path, current_app.config)
    return None


def _check_token(gate: Gate, head: Head) -> ResponseReturnValue | None:
    if not gate.config["ACCESS_TOKEN"] or head.path == HEALTH_PATH:
        return None
    session = gate.session_of(head)
    is_login = (head.method, head.path) == ("GET", "/") and "token" in request.args
    if is_login and gate.judge(request.args["token"], request.remote_addr):
        welcome = redirect("/", code=303)
        # A new secret at each login: one that another program has seen ends here.
        _set_cookie(welcome, gate.cookie, gate.sessions.open(replaced=session))
        return welcome
    if gate.sessions.is_open(session):
        gate.sessions.use(session)
        return None
    token = bearer_of(head)
    if token and gate.judge(token, request.remote_addr):
        return None
    return _unauthorized()


def _log_out() -> ResponseReturnValue:
    """End the session of this request, and forget its cookie."""
    gate: Gate = current_app.extensions["gate"]
    gate.sessions.close(request.cookies.get(gate.cookie, ""))
    goodbye = redirect("/", code=303)
    goodbye.delete_cookie(gate.cookie, httponly=True, samesite="Strict", secure=request.is_secure)
    return goodbye


def _has_session() -> bool:
    gate: Gate = current_app.extensions["gate"]
    return gate.sessions.is_open(request.cookies.get(gate.cookie, ""))


def _unauthorized() -> ResponseReturnValue:
    headers = {"WWW-Authenticate": 'Bearer realm="Telltale"'}
    if wants_json():
        return jsonify(error="The access token is missing or wrong."), 401, headers
    page = render_template("unauthorized.html", style=_LOGIN_STYLE)
    return page, 401, headers | {"Content-Security-Policy": _LOGIN_POLICY}


def _set_cookie(answer: Any, name: str, value: str) -> None:
    answer.set_cookie(name, value, httponly=True, samesite="Strict", secure=request.is_secure)


def _add_headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer
