"""Answers that are not 200, and answers that are no JSON."""

from __future__ import annotations

from ..replies import encode_json, error_reply
from ..wire import JSON_TYPE, Reply
from .exchange import Exchange, Fault

JSON = (("Content-Type", JSON_TYPE),)
HTML = (("Content-Type", "text/html; charset=utf-8"),)
CAPTCHA = b"""<!doctype html><html><head><title>One more step</title></head><body>
<h1>Please prove that you are human</h1><form action="/captcha"><input name="answer"></form>
<script>document.cookie = "seen=1"</script></body></html>
"""
PORTAL = b"<!doctype html><html><body><h1>Guest network</h1><p>Please sign in.</p></body></html>\n"


def _error(code: str) -> Fault:
    return lambda exchange: error_reply(code)


def _reply(status: int, body: bytes = b"", headers: tuple[tuple[str, str], ...] = JSON) -> Fault:
    return lambda exchange: Reply(status, body, headers)


def _html_error(status: int, title: str) -> Fault:
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return _reply(status, page.encode(), HTML)


def _plain200(exchange: Exchange) -> Reply:
    return Reply(200, exchange.body, (("Content-Type", "text/plain"),))


def _redirect(location: str) -> Reply:
    return Reply(302, b"", (("Location", location), ("Content-Type", "text/html")))


def _redirect_same(exchange: Exchange) -> Reply:
    """Redirect to an address with a sound answer: a client that follows does not notice."""
    if "redirected=1" in exchange.request.query:
        return exchange.reply
    return _redirect(f"{exchange.host_url}{exchange.request.path}?redirected=1")


def _redirect_cross(exchange: Exchange) -> Reply:
    return _redirect(exchange.foreign_url + exchange.request.path)


def _redirect_loop(exchange: Exchange) -> Reply:
    return _redirect(exchange.host_url + exchange.request.target)


def _redirect_http(exchange: Exchange) -> Reply:
    """The address at which cloud machines hand out their credentials."""
    return _redirect("http://169.254.169.254/")


STATUSES: dict[str, Fault] = {
    "not_found": _error("NotFoundError"),
    "auth_missing": _error("AuthenticationRequiredError"),
    "auth_wrong": _error("WrongCredentialsError"),
    "inactive": _error("UserNotActiveError"),
    "forbidden": _error("ForbiddenError"),
    "bad_argument": _error("InvalidArgumentError"),
    "not_yet": _error("NotAvailableYet"),
    "quota": _error("QuotaExceededError"),
    "too_many": _error("TooManyRequestsError"),
    "transient": _error("TransientError"),
    "deadline": _error("DeadlineExceededError"),
    "html500": _html_error(500, "Internal Server Error"),
    "html502": _html_error(502, "Bad Gateway"),
    "html403": _reply(403, CAPTCHA, HTML),
    "empty204": _reply(204, headers=()),
    "not_modified304": _reply(304, headers=()),
    "html200": _reply(200, PORTAL, HTML),
    "plain200": _plain200,
    "error_no_code": _reply(404, encode_json({"error": {"message": "no code here"}})),
    "error_string": _reply(404, encode_json({"error": "only words"})),
    "error_empty": _reply(404, b""),
    # Bytes that are not what the header says they are.
    "mislabelled_gzip": lambda exchange: error_reply("QuotaExceededError").with_header(
        "Content-Encoding", "gzip"
    ),
    "redirect_same": _redirect_same,
    "redirect_cross": _redirect_cross,
    "redirect_loop": _redirect_loop,
    "redirect_http": _redirect_http,
}
