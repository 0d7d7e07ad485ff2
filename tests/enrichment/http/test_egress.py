"""What is counted of a call, beside a server that counts for itself."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.enrichment.http.client import FetchError, HTTPClient
from app.enrichment.http.egress import EgressMeter
from app.enrichment.models import Egress
from tests.canary import CANARY_KEY
from tests.fakes.proxy import ForwardProxy
from tests.fakes.raw_server import RawServer
from tests.fakes.vt_simulator import VTSimulator, closed_port
from tests.fakes.vt_simulator.certificate import write_certificate
from tests.patience import PATIENCE_S

PATH = "/ip_addresses/185.220.101.45"
KEY = {"x-apikey": CANARY_KEY}
OK = frozenset({200})
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODY = b'{"data": {"id": "x"}}' * 4000


@contextlib.contextmanager
def client_of(base_url: str, **options: object) -> Iterator[HTTPClient]:
    client = HTTPClient(base_url, deadline_s=5, **options)  # type: ignore[arg-type]
    yield client
    client.close()


def ask(client: HTTPClient, times: int = 1) -> tuple[Egress, ...]:
    with EgressMeter() as meter:
        for _ in range(times):
            with contextlib.suppress(FetchError):
                client.send(client.base_url + PATH, KEY, OK)
    return meter.egress


ANSWERS = {
    "with a length": JSON + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    "in chunks": JSON
    + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n3;x=y\r\nfgh\r\n0\r\n\r\n",
    "no body": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "a body without a meaning": b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n12345",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_both_sides_count_the_same_bytes(answer: bytes, tls: bool, tmp_path: Path) -> None:
    pem = tmp_path / "server.pem"
    with (
        RawServer(answer, write_certificate(pem) if tls else None) as server,
        client_of(server.base_url, ca_bundle=str(pem) if tls else "") as client,
    ):
        found = ask(client, times=3)
    assert found == (Egress("127.0.0.1", 3, server.received, server.sent),)
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 O",
        JSON + b"Content-Length: 5000\r\n\r\nshort",
        b"nonsense\r\n\r\n",
        JSON + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n12345",
    ],
    ids=["nothing", "half a line", "short", "no HTTP", "broken"],
)
def test_a_call_that_breaks_off_counts_the_bytes_until_then(answer: bytes) -> None:
    with RawServer(answer, cuts=True) as server, client_of(server.base_url) as client:
        found = ask(client)
    assert server.received > 0
    assert found == (Egress("127.0.0.1", 1, server.received, server.sent),)


def test_a_connection_that_is_refused_is_a_call_without_bytes() -> None:
    with client_of(closed_port()) as client:
        assert ask(client) == (Egress("127.0.0.1", 1, 0, 0),)


def test_a_refused_address_is_no_call() -> None:
    with client_of(closed_port()) as client, EgressMeter() as meter, pytest.raises(FetchError):
        client.send("https://evil.example/api/v3/files/x", KEY, OK)
    assert meter.egress == ()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_behind_a_proxy_it_is_the_providers_host_and_bytes(tls: bool, tmp_path: Path) -> None:
    pem = tmp_path / "server.pem"
    answer = ANSWERS["with a length"]
    with (
        RawServer(answer, write_certificate(pem) if tls else None) as server,
        ForwardProxy() as proxy,
    ):
        base_url = server.base_url.replace("127.0.0.1", "localhost")
        options = {"proxy": proxy.url, "ca_bundle": str(pem) if tls else ""}
        with client_of(base_url, **options) as client:
            (found,) = ask(client)
    assert (found.host, found.calls, found.bytes_received) == ("localhost", 1, server.sent)
    # A plain request to a proxy names the host in its first line, and the proxy changes it.
    if tls:
        assert found.bytes_sent == server.received


def test_a_tunnel_that_is_refused_sends_the_provider_nothing(simulator: VTSimulator) -> None:
    with (
        ForwardProxy(refuses=True) as proxy,
        client_of(simulator.tls_base_url, proxy=proxy.url) as client,
    ):
        assert ask(client) == (Egress("127.0.0.1", 1, 0, 0),)


def test_each_thread_counts_its_own(simulator: VTSimulator) -> None:
    with client_of(simulator.base_url) as client:
        found: list[Egress] = []
        meet = threading.Barrier(4)

        def work(times: int) -> None:
            meet.wait(PATIENCE_S)
            found.extend(ask(client, times))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        (one,) = ask(client)
    assert sorted((e.calls, e.bytes_sent, e.bytes_received) for e in found) == [
        (n, n * one.bytes_sent, n * one.bytes_received) for n in range(1, 5)
    ]
