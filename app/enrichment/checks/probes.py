"""The single steps of a connection: DNS, TCP, proxy tunnel and TLS.

Each failure has a sentence of its own. No HTTP request is sent to the provider here.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import SplitResult, unquote

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context
from urllib3.util.ssltransport import SSLTransport

from app.enrichment.http.certificates import Certificate, read_certificate
from app.enrichment.http.deadline import Deadline
from app.errors import TelltaleError

T = TypeVar("T")
Address = tuple[int, tuple[Any, ...]]
"""An address family and an address of it, as `socket.connect` takes them."""
Resolver = Callable[[str, int], Sequence[Address]]
Encrypted = ssl.SSLSocket | SSLTransport

MAX_HEAD = 64 * 1024
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")
NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN}
# OpenSSL's reasons for bytes that are no TLS at all.
NO_TLS = {
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "HTTPS_PROXY_REQUEST",
    "UNKNOWN_PROTOCOL",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
}


class UnreachableError(TelltaleError):
    """A step that failed; `str()` is a sentence for the analyst."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return the result of the function. Raises TimeoutError, and what the function raises."""
    # `getaddrinfo` takes no timeout and cannot be stopped, so it runs in a thread, whose late
    # result is dropped.
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as e:
            future.set_exception(e)

    threading.Thread(target=run, name="bounded", daemon=True).start()
    return future.result(seconds)


def system_resolver(host: str, port: int) -> Sequence[Address]:
    found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


def resolve(host: str, port: int, resolver: Resolver, seconds: float) -> Sequence[Address]:
    """Return the addresses of a host. Raises UnreachableError."""
    try:
        found = within(seconds, lambda: resolver(host, port))
    except TimeoutError:
        raise UnreachableError(
            f"No name server said within {seconds:.0f} s where {host} is; is this machine online?"
        ) from None
    except (OSError, UnicodeError):  # UnicodeError: no valid host name
        found = ()
    if not found:
        raise UnreachableError(
            f"The name {host} does not resolve: it is not known here, or no name server answers."
        )
    return found


def connect(addresses: Sequence[Address], who: str, deadline: Deadline) -> socket.socket:
    """Connect to the first address that answers. Raises UnreachableError."""
    failure: OSError = TimeoutError()
    for family, address in addresses:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(deadline.remaining_s)
            sock.connect(address)
        except OSError as e:
            sock.close()
            failure = e
        else:
            deadline.watch(sock)
            return sock
    raise UnreachableError(_why(failure, who, deadline))


def _why(e: OSError, who: str, deadline: Deadline) -> str:
    if deadline.expired or isinstance(e, TimeoutError):
        return (
            f"{who} did not answer within {deadline.seconds:.0f} s: a firewall may drop what is "
            "sent there."
        )
    if isinstance(e, ConnectionRefusedError):
        return f"{who} refused the connection: nothing listens there, or a firewall forbids it."
    if e.errno in NO_WAY:
        return f"There is no way from here to {who}; is this machine online?"
    if isinstance(e, ConnectionError | ssl.SSLEOFError):
        return f"{who} cut the connection: a firewall may be in between."
    return f"{who} cannot be reached: {e.strerror or type(e).__name__}."


def open_tunnel(
    sock: socket.socket, target: str, proxy: SplitResult, who: str, deadline: Deadline
) -> None:
    """Open a tunnel through the proxy with CONNECT. Raises UnreachableError."""
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username:
        login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {b64encode(login.encode()).decode()}")
    try:
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        head = _read_head(sock)
    except OSError as e:
        raise UnreachableError(_why(e, who, deadline)) from None
    if deadline.expired:
        raise UnreachableError(_why(TimeoutError(), who, deadline))
    if not head:
        raise UnreachableError(_why(ConnectionResetError(), who, deadline))
    if (found := STATUS.match(head)) is None:
        raise UnreachableError(f"What answers at {who} is no HTTP proxy; check TELLTALE_PROXY.")
    if not 200 <= (status := int(found[1])) < 300:
        raise UnreachableError(_refusal(status, target, who, bool(proxy.username)))


def _refusal(status: int, target: str, who: str, has_login: bool) -> str:
    if status == 407 and has_login:
        return f"{who} does not accept the login that stands in TELLTALE_PROXY."
    if status == 407:
        return f"{who} asks for a login: write it into TELLTALE_PROXY, as http://user:password@host:port."
    if status in (502, 503, 504):
        return f"{who} could not reach {target} itself (HTTP {status}); ask who runs it."
    return f"{who} does not let connections to {target} through (HTTP {status}); ask who runs it."


def _read_head(sock: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < MAX_HEAD and (chunk := sock.recv(4096)):
        head += chunk
    return head


def trusting(ca_bundle: str) -> ssl.SSLContext:
    """Return a context that trusts what `requests` would: the bundle, or the usual authorities."""
    context = create_urllib3_context()
    try:
        context.load_verify_locations(ca_bundle or DEFAULT_CA_BUNDLE_PATH)
    except OSError:
        raise UnreachableError(
            "The file of certificates cannot be read any more; check TELLTALE_CA_BUNDLE."
        ) from None
    return context


def blind() -> ssl.SSLContext:
    """Return a context that accepts any certificate: to read its issuer, never to send anything."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_NONE)
    context.check_hostname = False
    return context


def encrypt(
    sock: socket.socket, host: str, context: ssl.SSLContext, who: str, deadline: Deadline
) -> ssl.SSLSocket:
    """Return the connection after the TLS handshake.

    Raises SSLCertVerificationError for a certificate that is not accepted, and UnreachableError
    for every other failure.
    """
    with _handshake(who, deadline):
        sock.settimeout(deadline.remaining_s)
        # A socket that the deadline has cut would be wrapped without a handshake and without an
        # error. Asked for by itself, the handshake of such a socket fails.
        encrypted = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        try:
            encrypted.do_handshake()
        except BaseException:
            encrypted.close()
            raise
        return encrypted


def encrypt_within(
    sock: ssl.SSLSocket, host: str, context: ssl.SSLContext, who: str, deadline: Deadline
) -> SSLTransport:
    """Encrypt a connection inside an encrypted one to a proxy; see `encrypt`."""
    with _handshake(who, deadline):
        sock.settimeout(deadline.remaining_s)
        return SSLTransport(sock, context, server_hostname=host)


@contextmanager
def _handshake(who: str, deadline: Deadline) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as e:
        if deadline.expired or isinstance(e, ssl.SSLEOFError):
            raise UnreachableError(_why(e, who, deadline)) from None
        if e.reason in NO_TLS:
            raise UnreachableError(
                f"What answers at {who} does not speak TLS: is the port right, or does a proxy or "
                "a login page of this network answer in its place?"
            ) from None
        raise UnreachableError(
            f"The TLS handshake with {who} failed ({e.reason}): an old proxy may be between."
        ) from None
    except OSError as e:
        raise UnreachableError(_why(e, who, deadline)) from None


def certificate_of(connection: Encrypted, who: str, deadline: Deadline) -> Certificate:
    """Return the peer's certificate, empty if it cannot be read. Raises UnreachableError."""
    try:
        with _handshake(who, deadline):
            return read_certificate(connection.getpeercert(binary_form=True) or b"")
    except ValueError:
        return Certificate("", "")


def why_not_accepted(e: ssl.SSLCertVerificationError, host: str, certificate: Certificate) -> str:
    """Return the sentence for OpenSSL's error number (X509_V_ERR_... in x509_vfy.h)."""
    issuer = f"“{certificate.issuer}”" if certificate.issuer else "an issuer without a name"
    match e.verify_code:
        case 18:
            return (
                f"The certificate of {host} is self-signed by {issuer}: no authority confirms "
                f"that it is {host}, so nothing was asked. If you know it, "
                "name it with TELLTALE_CA_BUNDLE."
            )
        case 9 | 10:
            when = "has expired" if e.verify_code == 10 else "is not valid yet"
            return (
                f"The certificate of {host}, issued by {issuer}, {when}: or this machine's clock "
                "is wrong."
            )
        case 62 | 64:
            return (
                f"The certificate is made out to “{certificate.subject or 'no name'}” and not to "
                f"{host}, by {issuer}: something else answers in its place. Nothing was asked."
            )
        case 2 | 19 | 20 | 21:
            return (
                f"The certificate of {host} is issued by {issuer}, which is not trusted here. If "
                "that is your company, a proxy inspects the connection: name its certificate with "
                "TELLTALE_CA_BUNDLE. If not, a stranger answers. Nothing was asked."
            )
    return (
        f"The certificate of {host}, issued by {issuer}, was not accepted: {e.verify_message}. "
        "Nothing was asked."
    )
