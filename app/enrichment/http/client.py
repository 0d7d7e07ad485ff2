"""The only way out to the network: one request, bounded in time and size, to one provider."""

from __future__ import annotations

import contextlib
import logging
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

import requests
import urllib3

from app.enrichment.http.answers import Answer
from app.enrichment.http.byte_counter import ByteCounter
from app.enrichment.http.deadline import CONNECT_TIMEOUT_S, Deadline, DeadlineAdapter
from app.enrichment.http.egress import count_call
from app.enrichment.models import ErrorKind
from app.errors import TelltaleError

READ_TIMEOUT_S = 20.0
MAX_BYTES = 4 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
# The body of an error is not wanted, but a short one is read to its end, because only then can
# the connection be used for the next request. A longer or slower body costs more than a new
# connection.
MAX_UNWANTED_BYTES = 16 * 1024
UNWANTED_TIMEOUT_S = 0.1
USER_AGENT = "telltale/0.1"
DEFAULT_PORTS = {"http": 80, "https": 443}

# Each exception with its kind and a sentence; the first row that fits counts. The texts of the
# exceptions hold addresses, and with them IOCs, so they are never shown or logged.
ERROR_KINDS: tuple[tuple[type[Exception], ErrorKind, str], ...] = (
    (
        ssl.SSLCertVerificationError,
        ErrorKind.UNAVAILABLE,
        "The certificate of {host} was not accepted, so nothing was asked. Behind a proxy that "
        "inspects TLS, name its certificate with TELLTALE_CA_BUNDLE.",
    ),
    (
        requests.exceptions.SSLError,
        ErrorKind.UNAVAILABLE,
        "The TLS handshake with {host} failed: the server there does not speak TLS.",
    ),
    (
        requests.exceptions.ProxyError,
        ErrorKind.UNAVAILABLE,
        "The proxy did not let the connection to {host} through; check TELLTALE_PROXY.",
    ),
    (requests.Timeout, ErrorKind.TIMEOUT, "{host} did not answer in time."),
    (
        requests.exceptions.ContentDecodingError,
        ErrorKind.BAD_RESPONSE,
        "{host} sent an answer that is compressed in a broken way.",
    ),
    (urllib3.exceptions.DecodeError, ErrorKind.BAD_RESPONSE, "{host} sent a broken answer."),
    (urllib3.exceptions.TimeoutError, ErrorKind.TIMEOUT, "{host} did not answer in time."),
    (
        urllib3.exceptions.HTTPError,
        ErrorKind.UNAVAILABLE,
        "The connection to {host} broke off in the middle of the answer.",
    ),
    (
        requests.ConnectionError,
        ErrorKind.UNAVAILABLE,
        "There was no connection to {host}, or it was cut.",
    ),
    (requests.RequestException, ErrorKind.UNAVAILABLE, "{host} could not be asked."),
    (OSError, ErrorKind.UNAVAILABLE, "The connection to {host} failed."),
)


class FetchError(TelltaleError):
    """A request that got no answer; `str()` is a sentence for the analyst."""

    def __init__(self, kind: ErrorKind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


class HTTPClient:
    """The HTTP client of one provider. Safe to use from any thread: each has its own session."""

    def __init__(
        self, base_url: str, *, deadline_s: float = 30.0, proxy: str = "", ca_bundle: str = ""
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._origin = _origin(urlsplit(self.base_url))
        self._host = urlsplit(self.base_url).hostname or ""
        self.proxy = proxy
        self.ca_bundle = ca_bundle
        self._deadline_s = deadline_s
        password = urlsplit(proxy).password or ""
        self.proxy_secrets = frozenset({password, unquote(password)})
        """The proxy's password, as it is set and as it is sent: no answer may show it."""
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._verify: bool | str = ca_bundle or True
        # urllib3 logs the address of every request. Those hold IOCs, and the address at which a
        # provider tells a key's quotas may hold the key.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        self._local = threading.local()
        self._open: set[Deadline] = set()
        self._lock = threading.Lock()
        self._closed = False

    def send(
        self,
        url: str,
        headers: Mapping[str, str],
        read_body_of: frozenset[int],
        deadline_s: float | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a GET, or a POST of `body`. Raises FetchError.

        Only the bodies of the statuses in `read_body_of` are returned. `deadline_s` replaces the
        client's deadline if it is shorter.
        """
        if _origin(urlsplit(url)) != self._origin or not url.startswith(self.base_url + "/"):
            raise FetchError(ErrorKind.REFUSED, f"Telltale asks {self._host} only.")
        seconds = min(deadline_s or self._deadline_s, self._deadline_s)
        with self._deadline(seconds) as deadline, self._counted():
            try:
                answer = self._exchange(url, headers, read_body_of, body)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as e:
                self._fail(e, deadline)
            # A cut connection can look like the regular end of a body without a length.
            if deadline.expired:
                self._fail(requests.Timeout(), deadline)
            return answer

    def close(self) -> None:
        """Cut all requests under way, so that the program can end."""
        with self._lock:
            self._closed = True
            for deadline in self._open:
                deadline.cut()

    def _exchange(
        self,
        url: str,
        headers: Mapping[str, str],
        read_body_of: frozenset[int],
        body: bytes | None,
    ) -> Answer:
        timeouts = (
            min(CONNECT_TIMEOUT_S, self._deadline_s),
            min(READ_TIMEOUT_S, self._deadline_s),
        )
        response = self._session().request(
            "GET" if body is None else "POST",
            url,
            data=body,
            headers=headers,
            timeout=timeouts,
            proxies=self._proxies,
            verify=self._verify,
            allow_redirects=False,
            stream=True,
        )
        with response:
            received = b""
            if response.status_code in read_body_of:
                received = self._read(response)
            else:
                _skip_body(response.raw)
            return Answer(response.status_code, response.headers, received)

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        while chunk := response.raw.read(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > MAX_BYTES:
                size = MAX_BYTES // 1024 // 1024
                raise FetchError(ErrorKind.BAD_RESPONSE, f"{self._host} sent more than {size} MiB.")
        return bytes(body)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # no proxy, netrc or CA bundle but the configured ones
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            # Not compressed: a report is some 25 kB, and a small body cannot become a large one.
            session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
            session.mount("https://", DeadlineAdapter())
            session.mount("http://", DeadlineAdapter())
        return session

    @contextmanager
    def _deadline(self, seconds: float) -> Iterator[Deadline]:
        with Deadline(seconds) as deadline:
            with self._lock:
                self._open.add(deadline)
                if self._closed:
                    deadline.cut()
            try:
                yield deadline
            finally:
                with self._lock:
                    self._open.discard(deadline)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with ByteCounter() as traffic:
            try:
                yield
            finally:
                count_call(self._host, traffic.sent, traffic.received)

    def _fail(self, cause: Exception, deadline: Deadline) -> NoReturn:
        if self._closed:
            raise FetchError(ErrorKind.UNAVAILABLE, "Telltale is being stopped.") from None
        if deadline.expired:
            sentence = f"{self._host} did not answer within {deadline.seconds:g} s."
            raise FetchError(ErrorKind.TIMEOUT, sentence) from None
        known = _unaccepted_certificate(cause) or cause
        for kind_of_cause, kind, sentence in ERROR_KINDS:
            if isinstance(known, kind_of_cause):
                # Without the cause: its text holds the address, and may reach a log.
                raise FetchError(kind, sentence.format(host=self._host)) from None
        raise cause


def _skip_body(raw: urllib3.HTTPResponse) -> None:
    """Read a short body that has already arrived; the connection of any other body is closed."""
    sock = getattr(raw.connection, "sock", None)
    # A chunked body has no length: one read may wait for many bytes that come one by one.
    length = raw.length_remaining
    if sock is None or length is None or length > MAX_UNWANTED_BYTES:
        return
    give_up_at = time.monotonic() + UNWANTED_TIMEOUT_S
    sock.settimeout(UNWANTED_TIMEOUT_S)  # the next exchange sets its own
    # The status has been read, so a body that breaks off costs the connection and nothing else.
    with contextlib.suppress(urllib3.exceptions.HTTPError, OSError):
        while time.monotonic() < give_up_at and raw.read1(CHUNK_BYTES, decode_content=False):
            pass


def _unaccepted_certificate(e: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """Return the certificate error behind an exception, if there is one."""
    # requests and urllib3 wrap the cause as an argument, not as `__cause__`.
    while e is not None and not isinstance(e, ssl.SSLCertVerificationError):
        reason = getattr(e, "reason", None)
        inner = (arg for arg in (*e.args, reason) if isinstance(arg, BaseException))
        e = next(inner, None)
    return e


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(scheme)
