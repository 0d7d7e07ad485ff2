"""Whether a request is let in, judged by its head: Host, access token, and the site it comes from.

The server asks before it takes in a body (`connections`), and the app asks again for each request
(`security`).
"""

from __future__ import annotations

import hmac
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import TooManyRequests
from werkzeug.http import parse_cookie

from app.sessions import Sessions
from app.settings import LOOPBACK_NAMES

logger = logging.getLogger(__name__)

DEFAULT_PORTS = {"http": "80", "https": "443"}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(?::(?P<port>\d{1,5}))?", re.ASCII)
ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@\s]+)", re.ASCII)
HEALTH_PATH = "/healthz"
MOST_LATE = 4
"""The most wrong tokens that are answered late at the same time."""


@dataclass(frozen=True)
class Head:
    """What the checks need of a request before its body."""

    method: str
    path: str
    scheme: str
    header: Callable[[str], str | None]
    """Returns a header by its name in capitals with underscores, as in `SEC_FETCH_SITE`."""


class Gate:
    """Decides by the head of a request whether it is let in. Safe to use from any thread."""

    def __init__(self, config: Mapping[str, Any], sessions: Sessions) -> None:
        self.config = config
        self.sessions = sessions
        self.cookie = f"{config['SESSION_COOKIE_NAME']}-access"
        self.penalty_s = 0.5
        """How long the answer to a wrong token is held back."""
        self._lock = threading.Lock()
        self._late = 0

    def admits(self, head: Head) -> bool:
        """Return whether the request passes every check; touches neither disk nor network."""
        return (
            self.is_own_host(head.header("HOST"))
            and self.is_known(head)
            and self.is_from_own_site(head)
        )

    def is_own_host(self, host: str | None) -> bool:
        # DNS rebinding: a foreign page lets its own name resolve to 127.0.0.1, and its scripts
        # then read our pages as their own origin. The Host header still carries the foreign name.
        host = (host or "").lower()
        parts = HOST.fullmatch(host)
        name = parts["name"].strip("[]") if parts else ""
        allowed = self.config["ALLOWED_HOSTS"]
        return bool(parts) and (name in LOOPBACK_NAMES or name in allowed or host in allowed)

    def is_from_own_site(self, head: Head) -> bool:
        """Return whether the request changes nothing, or is not sent by another site's page."""
        # Browsers set Sec-Fetch-Site or at least Origin on every POST. A request with neither
        # comes from a program and passes. No form token: it would die in a tab that was left open.
        if head.method in SAFE_METHODS:
            return True
        if (site := head.header("SEC_FETCH_SITE")) is not None:
            return site in ("same-origin", "none")
        origin = head.header("ORIGIN")
        return origin is None or _is_same_origin(origin, head)

    def is_known(self, head: Head) -> bool:
        """Return whether no token is needed, or the request shows it or an open session."""
        return (
            not self.config["ACCESS_TOKEN"]
            or head.path == HEALTH_PATH
            or self.sessions.is_open(self.session_of(head))
            or (self._late < MOST_LATE and self._is_token(bearer_of(head)))
        )

    def session_of(self, head: Head) -> str:
        return parse_cookie(head.header("COOKIE")).get(self.cookie, "")

    def _is_token(self, given: str) -> bool:
        return _same(given, self.config["ACCESS_TOKEN"])

    def judge(self, token: str, sender: str | None) -> bool:
        """Return whether the token is ours; a wrong one is logged and answered late.

        While MOST_LATE others are answered late it raises TooManyRequests without a look at the
        token: so guesses are few, and so are the threads that wait.
        """
        if self._late >= MOST_LATE:
            raise TooManyRequests(
                "Too many wrong access tokens were sent; try again in a second.", retry_after=1
            )
        if self._is_token(token):
            return True
        logger.warning("A wrong access token was sent from %s.", sender)
        with self._count_late():
            time.sleep(self.penalty_s)
        return False

    @contextmanager
    def _count_late(self) -> Iterator[None]:
        with self._lock:
            self._late += 1
        try:
            yield
        finally:
            with self._lock:
                self._late -= 1


def bearer_of(head: Head) -> str:
    scheme, _, given = (head.header("AUTHORIZATION") or "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def _is_same_origin(origin: str, head: Head) -> bool:
    """Return whether scheme, host and port are ours: nothing more may stand in the header."""
    parts = ORIGIN.fullmatch(origin.lower())
    if parts is None or parts["scheme"] != head.scheme:
        return False
    ours = (head.header("HOST") or "").lower()
    return _with_port(parts["host"], head.scheme) == _with_port(ours, head.scheme)


def _with_port(host: str, scheme: str) -> tuple[str, str] | None:
    parts = HOST.fullmatch(host)
    return (parts["name"], parts["port"] or DEFAULT_PORTS[scheme]) if parts else None


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
