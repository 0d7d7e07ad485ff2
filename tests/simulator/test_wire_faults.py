"""Faults below HTTP, watched on the socket."""

from __future__ import annotations

import gzip
import socket
import ssl
import zlib
from http.client import HTTPConnection, HTTPSConnection, IncompleteRead

import pytest

from tests.fakes.vt_simulator import VTSimulator, closed_port
from tests.fakes.vt_simulator.wire import Reply

from .plain_client import IP, PUBLIC, address, ask, dial, is_silent, receive, wait_until

pytestmark = pytest.mark.slow

WIRE_FAULTS = {
    "short_body", "oversized", "oversized_chunked", "endless", "gzip_bomb", "gzip_bomb_nested",
    "reset", "reset_mid", "slow_headers", "slow_body", "drip", "drip_headers", "hang",
}  # fmt: skip
SLOW = ("slow_headers", "slow_body", "drip", "drip_headers")
FOREVER = 600.0


def head_of(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive(connection, 1)
    return head


def test_a_body_shorter_than_announced(sim: VTSimulator) -> None:
    sim.add_rule("short_body")
    with pytest.raises(IncompleteRead) as caught:
        ask(sim)
    assert (caught.value.partial, caught.value.expected) == (b'{"data":', 4992)


def test_an_oversized_body_says_so(sim: VTSimulator) -> None:
    sim.add_rule("oversized")
    with dial(sim) as connection:
        assert f"Content-Length: {64 << 20}\r\n".encode() in head_of(connection)
        assert len(receive(connection, 5 << 20)) == 5 << 20


def test_an_oversized_body_can_be_whole(sim: VTSimulator) -> None:
    sim.add_rule("oversized")
    assert len(ask(sim).body) == 64 << 20


@pytest.mark.parametrize(
    ("fault", "header"),
    [("oversized_chunked", b"Transfer-Encoding: chunked"), ("endless", b"Connection: close")],
)
def test_a_body_without_an_end(sim: VTSimulator, fault: str, header: bytes) -> None:
    sim.add_rule(fault)
    with dial(sim) as connection:
        head = head_of(connection)
        assert header in head
        assert b"Content-Length" not in head
        assert len(receive(connection, 8 << 20)) == 8 << 20


def test_a_megabyte_becomes_a_gibibyte(sim: VTSimulator) -> None:
    sim.add_rule("gzip_bomb")
    answer = ask(sim)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < 1_100_000
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    size, left = 0, answer.body
    while not unpack.eof:  # the checksum at the end must hold as well
        size += len(unpack.decompress(left, 1 << 20))
        left = unpack.unconsumed_tail
    assert size == (1 << 30) + len('{"data":{}}')


def test_a_few_kilobytes_become_the_same(sim: VTSimulator) -> None:
    sim.add_rule("gzip_bomb", times=1)
    sim.add_rule("gzip_bomb_nested")
    bomb, nested = ask(sim), ask(sim)
    assert nested.headers["Content-Encoding"] == "gzip, gzip"
    assert len(nested.body) < 10_000
    assert gzip.decompress(nested.body) == bomb.body


def test_a_reset_in_place_of_an_answer(sim: VTSimulator) -> None:
    sim.add_rule("reset")
    with dial(sim) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert len(sim.requests) == 1


def test_a_reset_in_the_middle_of_the_body(sim: VTSimulator) -> None:
    sim.add_rule("reset_mid")
    with dial(sim) as connection, pytest.raises(ConnectionResetError):
        receive(connection, 1 << 20)


def test_hanging_says_nothing(sim: VTSimulator) -> None:
    sim.add_rule("hang")
    with dial(sim) as connection:
        wait_until(lambda: sim.requests)
        assert is_silent(connection)


def test_slow_headers_keep_everything_back(sim: VTSimulator) -> None:
    sim.drip_interval_s = FOREVER
    sim.add_rule("slow_headers")
    with dial(sim) as connection:
        wait_until(lambda: sim.requests)
        assert is_silent(connection)


def test_a_slow_body_stops_half_way(sim: VTSimulator) -> None:
    sim.drip_interval_s = FOREVER
    size = len(ask(sim).body)
    sim.add_rule("slow_body")
    with dial(sim) as connection:
        assert f"Content-Length: {size}\r\n".encode() in head_of(connection)
        assert len(receive(connection, size // 2)) == size // 2
        assert is_silent(connection)


def test_a_dripping_body_comes_byte_by_byte(sim: VTSimulator) -> None:
    sim.drip_interval_s = FOREVER
    sim.add_rule("drip")
    with dial(sim) as connection:
        assert b"Content-Length: " in head_of(connection)
        assert connection.recv(100) == b"{"
        assert is_silent(connection)


def test_dripping_headers_come_byte_by_byte(sim: VTSimulator) -> None:
    sim.drip_interval_s = FOREVER
    sim.add_rule("drip_headers")
    with dial(sim) as connection:
        assert connection.recv(100) == b"H"
        assert is_silent(connection)


@pytest.mark.parametrize("fault", SLOW)
def test_what_is_slow_is_right_in_the_end(sim: VTSimulator, fault: str) -> None:
    sound = ask(sim).body
    sim.drip_interval_s = 0
    sim.add_rule(fault)
    assert ask(sim).body == sound


def test_no_server_listens_on_a_closed_port() -> None:
    host, _, rest = closed_port().removeprefix("http://").partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(rest.removesuffix("/api/v3"))), timeout=5)


def over_tls(sim: VTSimulator, host: str, context: ssl.SSLContext) -> int:
    port = int(sim.tls_base_url.removesuffix("/api/v3").rpartition(":")[2])
    connection = HTTPSConnection(host, port, timeout=5, context=context)
    try:
        connection.request("GET", f"/api/v3{IP}", headers={"x-apikey": PUBLIC})
        return len(connection.getresponse().read())
    finally:
        connection.close()


def test_a_self_signed_certificate_is_not_accepted(sim: VTSimulator) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        over_tls(sim, "127.0.0.1", ssl.create_default_context())
    assert not sim.requests


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_certificate_can_be_trusted_by_name(sim: VTSimulator, host: str) -> None:
    context = ssl.create_default_context(cafile=sim.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert over_tls(sim, host, context) == len(ask(sim).body)


def test_what_follows_to_another_port_is_noticed() -> None:
    with VTSimulator() as sim:
        sim.add_rule("redirect_cross")
        host, _, port = ask(sim).headers["Location"].split("/")[2].partition(":")
        connection = HTTPConnection(host, int(port), timeout=5)
        connection.request("GET", f"/api/v3{IP}", headers={"x-apikey": PUBLIC})
        assert connection.getresponse().status == 200
        connection.close()
        (record,) = sim.foreign_requests
        assert record.headers["x-apikey"] == record.key_masked == "****blic"
        assert len(sim.requests) == 1


def test_one_connection_carries_many_requests(sim: VTSimulator) -> None:
    connection = HTTPConnection(*address(sim), timeout=5)
    try:
        for _ in range(3):
            connection.request("GET", f"/api/v3{IP}", headers={"x-apikey": PUBLIC})
            assert connection.getresponse().read()
            client = connection.sock
        assert connection.sock is client
    finally:
        connection.close()
    assert len(sim.requests) == 3


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(sim: VTSimulator, request_bytes: bytes) -> None:
    with socket.create_connection(address(sim), timeout=5) as connection:
        connection.sendall(request_bytes)
        assert receive(connection, 1 << 16).startswith(b"HTTP/1.1 400 ")


def test_the_old_protocol_and_absolute_targets_are_understood(sim: VTSimulator) -> None:
    with socket.create_connection(address(sim), timeout=5) as connection:
        target = f"{sim.base_url}{IP}?x=1"
        connection.sendall(f"GET {target} HTTP/1.0\r\nx-apikey: {PUBLIC}\r\n\r\n".encode())
        assert receive(connection, 1 << 20).endswith(ask(sim).body)
    assert sim.requests[0].path == f"/api/v3{IP}?x=1"


def test_nothing_lies_outside_the_prefix(sim: VTSimulator) -> None:
    with socket.create_connection(address(sim), timeout=5) as connection:
        request = f"GET {IP} HTTP/1.1\r\nConnection: close\r\nx-apikey: {PUBLIC}\r\n\r\n"
        connection.sendall(request.encode())
        assert receive(connection, 1 << 16).startswith(b"HTTP/1.1 404 ")


def test_chunks_add_up() -> None:
    with VTSimulator() as sim:
        plain = ask(sim)
    with VTSimulator(chunked=True) as sim:
        chunked = ask(sim)
    assert chunked.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in chunked.headers
    assert chunked.body == plain.body
    assert b"Content-Length: 0" in Reply(200).encode(chunked=True)
