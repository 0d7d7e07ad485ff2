from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.enrichment.http.client import FetchError, HTTPClient
from app.enrichment.models import ErrorKind
from tests.canary import CANARY_KEY
from tests.fakes.proxy import ForwardProxy
from tests.fakes.vt_simulator import VTSimulator, closed_port
from tests.patience import PATIENCE_S

PATH = "/ip_addresses/185.220.101.45"
KEY = {"x-apikey": CANARY_KEY}
BODIES = frozenset({200})


def get(client: HTTPClient, url: str) -> int:
    try:
        return client.send(url, KEY, BODIES).status
    finally:
        client.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://www.virustotal.com.evil.example/api/v3/files/x",
        "https://evil.example/api/v3/files/x",
        "http://www.virustotal.com/api/v3/files/x",
        "https://www.virustotal.com:8443/api/v3/files/x",
        "https://www.virustotal.com@evil.example/api/v3/files/x",
        "https://www.virustotal.com/api/v2/files/x",
        "https://www.virustotal.com/api/v3evil/x",
        "//evil.example/api/v3/x",
        "file:///etc/passwd",
    ],
)
def test_every_other_host_is_refused_before_a_connection(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        get(HTTPClient("https://www.virustotal.com/api/v3"), url)
    assert caught.value.kind is ErrorKind.REFUSED


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    with ForwardProxy() as running:
        yield running


def test_the_configured_proxy_is_used(simulator: VTSimulator, proxy: ForwardProxy) -> None:
    url = simulator.base_url + PATH
    assert get(HTTPClient(simulator.base_url, proxy=proxy.url), url) == 200
    assert proxy.asked == [f"GET {url}"]


def test_tls_is_verified_through_the_proxy(simulator: VTSimulator, proxy: ForwardProxy) -> None:
    url = simulator.tls_base_url + PATH
    trusting = HTTPClient(simulator.tls_base_url, proxy=proxy.url, ca_bundle=simulator.ca_file)
    assert get(trusting, url) == 200
    assert proxy.asked == [f"CONNECT {url.split('/')[2]}"]
    with pytest.raises(FetchError, match="certificate"):
        get(HTTPClient(simulator.tls_base_url, proxy=proxy.url), url)


@pytest.mark.parametrize("fault", ["drip_headers", "hang"])
@pytest.mark.parametrize("tls", [False, True])
def test_the_deadline_holds_through_the_proxy(
    simulator: VTSimulator, proxy: ForwardProxy, fault: str, tls: bool
) -> None:
    simulator.add_rule(fault)
    base = simulator.tls_base_url if tls else simulator.base_url
    client = HTTPClient(base, deadline_s=0.5, proxy=proxy.url, ca_bundle=simulator.ca_file)
    start = time.monotonic()
    with pytest.raises(FetchError) as caught:
        get(client, base + PATH)
    assert caught.value.kind is ErrorKind.TIMEOUT
    assert time.monotonic() - start < 5


def test_a_proxy_that_is_not_there_is_named(simulator: VTSimulator) -> None:
    gone = closed_port().removesuffix("/api/v3")
    with pytest.raises(FetchError, match="TELLTALE_PROXY") as caught:
        get(HTTPClient(simulator.base_url, proxy=gone), simulator.base_url + PATH)
    assert caught.value.kind is ErrorKind.UNAVAILABLE


def test_a_proxy_that_refuses_the_tunnel_is_named(simulator: VTSimulator) -> None:
    with ForwardProxy(refuses=True) as refusing, pytest.raises(FetchError, match="TELLTALE_PROXY"):
        get(HTTPClient(simulator.tls_base_url, proxy=refusing.url), simulator.tls_base_url + PATH)


def test_proxies_of_the_environment_and_netrc_are_ignored(
    simulator: VTSimulator, proxy: ForwardProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", simulator.ca_file)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert get(HTTPClient(simulator.base_url), simulator.base_url + PATH) == 200
    assert proxy.asked == []
    assert "Authorization" not in simulator.requests[0].headers
    with pytest.raises(FetchError, match="certificate"):
        get(HTTPClient(simulator.tls_base_url), simulator.tls_base_url + PATH)


def test_a_tls_handshake_that_never_ends_meets_the_deadline() -> None:
    """The server takes the connection and says nothing: no byte, so no timeout of a read."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        base = f"https://127.0.0.1:{server.getsockname()[1]}/api/v3"
        with pytest.raises(FetchError) as caught:
            get(HTTPClient(base, deadline_s=0.5), base + PATH)
    assert caught.value.kind is ErrorKind.TIMEOUT


def test_plain_http_behind_an_https_address_is_no_certificate() -> None:
    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        base = f"https://127.0.0.1:{server.getsockname()[1]}/api/v3"
        with pytest.raises(FetchError, match="does not speak TLS") as caught:
            get(HTTPClient(base), base + PATH)
        thread.join(PATIENCE_S)
    assert caught.value.kind is ErrorKind.UNAVAILABLE


def test_the_addresses_of_a_host_share_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listeners whose queue is full: a connection to them gets no answer at all."""
    full = [socket.create_server(("127.0.0.1", 0), backlog=0) for _ in range(8)]
    waiting = []
    for server in full:
        for _ in range(3):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(server.getsockname())
            waiting.append(client)
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", server.getsockname()) for server in full]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    base = "http://127.0.0.1:9/api/v3"
    start = time.monotonic()
    with pytest.raises(FetchError) as caught:
        get(HTTPClient(base, deadline_s=0.7), base + PATH)
    assert caught.value.kind is ErrorKind.TIMEOUT
    assert time.monotonic() - start < 0.7 * 6  # each its own: 0.7 * 8
    for sock in full + waiting:
        sock.close()


REFUSAL = b"HTTP/1.1 404 Not Found\r\n"
WHOLE_BODIES = (
    b"Content-Length: 0\r\n\r\n",
    b"Content-Length: 5\r\n\r\n12345",
    b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n12345",
)


def test_short_bodies_of_errors_leave_the_connection_to_the_next_question() -> None:
    def serve() -> None:
        connection, _ = server.accept()  # once
        with connection:
            for body in WHOLE_BODIES:
                connection.recv(65536)
                connection.sendall(REFUSAL + body)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        base = f"http://127.0.0.1:{server.getsockname()[1]}/api/v3"
        client = HTTPClient(base, deadline_s=10)
        answers = [client.send(base + PATH, KEY, BODIES) for _ in WHOLE_BODIES]
        thread.join(PATIENCE_S)
    client.close()
    assert [(answer.status, answer.body) for answer in answers] == [(404, b"")] * len(WHOLE_BODIES)


@pytest.mark.parametrize(
    ("start", "drip"),
    [
        (b"Content-Length: 5\r\n\r\n123", b""),
        (b"Content-Length: 5000\r\n\r\n", b"x"),
        (b"Content-Length: 5000000\r\n\r\n", b"x" * 65536),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"nonsense"),
        (b"\r\n", b"x"),
    ],
)
def test_a_long_or_slow_body_of_an_error_is_cut(start: bytes, drip: bytes) -> None:
    """The status is the answer, long before the deadline."""
    left = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(REFUSAL + start)
            connection.settimeout(0.02)
            while not left.is_set():
                try:
                    connection.sendall(drip)
                    if not connection.recv(1):
                        left.set()
                except TimeoutError:
                    pass
                except OSError:
                    left.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        base = f"http://127.0.0.1:{server.getsockname()[1]}/api/v3"
        client = HTTPClient(base, deadline_s=60)
        assert client.send(base + PATH, KEY, BODIES).status == 404
        assert left.wait(PATIENCE_S)  # of itself: the client is still open
        client.close()
        thread.join(PATIENCE_S)


def test_a_closed_client_asks_nothing_more(simulator: VTSimulator) -> None:
    client = HTTPClient(simulator.base_url)
    client.close()
    with pytest.raises(FetchError, match="being stopped"):
        get(client, simulator.base_url + PATH)


def test_each_thread_has_a_session_of_its_own(simulator: VTSimulator) -> None:
    client = HTTPClient(simulator.base_url)
    barrier = threading.Barrier(8)
    statuses: list[int] = []

    def ask() -> None:
        barrier.wait(PATIENCE_S)
        statuses.append(client.send(simulator.base_url + PATH, KEY, BODIES).status)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    client.close()
    assert statuses == [200] * 8
