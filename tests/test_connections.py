"""What the server does with connections and request heads, over sockets of the loopback device."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
import requests
from flask import Flask

from app import connections, create_app, request_parser
from app.body_limits import SMALL, TOO_SLOW
from app.connections import MOST_BODIES, Server
from tests.patience import PATIENCE_S
from tests.servers import serving

pytestmark = pytest.mark.slow

TOKEN = "open-sesame-7-times"
LIMIT = 300_000
HUGE = 130 << 20
JSON = "Accept: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
MULTIPART = "Content-Type: multipart/form-data; boundary=x"


@pytest.fixture
def app(settings: dict[str, Any]) -> Flask:
    return create_app(
        {**settings, "MAX_CONTENT_LENGTH": LIMIT}
        | {"MAX_UPLOAD_SIZE": LIMIT, "MAX_UPLOAD_FILE_SIZE": LIMIT}
    )


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    with serving(app) as running:
        yield running


@pytest.fixture
def guarded(settings: dict[str, Any]) -> Iterator[Server]:
    app = create_app({**settings, "ACCESS_TOKEN": TOKEN})
    app.extensions["gate"].penalty_s = 0
    with serving(app) as running:
        yield running


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.effective_port), PATIENCE_S)


def head(request: str, *headers: str, host: str = "127.0.0.1") -> bytes:
    return "\r\n".join([f"{request} HTTP/1.1", f"Host: {host}", *headers, "", ""]).encode()


def answer_of(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Reads one answer: the status, the headers in lower case, and the body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += (part := connection.recv(65536))
        assert part, "closed without an answer"
    top, _, body = received.partition(b"\r\n\r\n")
    first, *lines = top.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers["content-length"]):
        body += (part := connection.recv(65536))
        assert part, "cut answer"
    return int(first.split()[1]), headers, body


def ask(server: Server, *sent: bytes) -> tuple[int, dict[str, str], Any]:
    """Sends parts of a request and reads the answer, which may come before the rest is sent."""
    with connect(server) as connection:
        for part in sent:
            connection.sendall(part)
        status, headers, body = answer_of(connection)
    is_json = headers["content-type"] == "application/json"
    return status, headers, json.loads(body) if is_json else body.decode()


def post(path: str, length: int, *headers: str, host: str = "127.0.0.1") -> bytes:
    return head(f"POST {path}", f"Content-Length: {length}", *headers, host=host)


@pytest.mark.parametrize(
    ("path", "length", "headers", "host", "status"),
    [
        ("/analyze", HUGE, (), "127.0.0.1", 413),
        ("/api/upload", HUGE, (MULTIPART,), "127.0.0.1", 413),
        ("/api/upload", 1 << 60, (MULTIPART,), "127.0.0.1", 413),
        ("/settings", SMALL + 1, (), "127.0.0.1", 413),
        ("/nowhere", SMALL + 1, (), "127.0.0.1", 413),
        ("/analyze", 1000, (), "evil.example", 400),
        ("/analyze", 1000, ("Sec-Fetch-Site: cross-site",), "127.0.0.1", 403),
        ("/analyze", 1000, ("Origin: http://evil.example",), "127.0.0.1", 403),
        ("/api/upload", 1000, ("Origin: null",), "127.0.0.1", 403),
    ],
)
@pytest.mark.parametrize("accepted", [JSON, "Accept: text/html"])
def test_a_refused_request_is_answered_before_its_body(
    server: Server,
    path: str,
    length: int,
    headers: tuple[str, ...],
    host: str,
    status: int,
    accepted: str,
) -> None:
    told, received, body = ask(server, post(path, length, *headers, accepted, host=host), b"x" * 9)
    assert told == status
    assert received["x-content-type-options"] == "nosniff"
    assert received["connection"] == "close"
    if accepted == JSON:
        assert body["error"].endswith(".")
    elif not path.startswith("/api/"):
        assert "<!doctype html>" in body


def test_a_body_without_the_token_is_not_taken_in(guarded: Server) -> None:
    told, headers, body = ask(guarded, post("/analyze", 10_000_000, JSON))
    assert (told, set(body)) == (401, {"error"})
    assert "www-authenticate" in headers
    wrong = ask(guarded, post("/analyze", 10_000_000, JSON, "Authorization: Bearer wrong"))
    assert wrong[0] == 401


def test_a_client_that_expects_continue_is_refused_before_it_sends(server: Server) -> None:
    assert ask(server, post("/analyze", HUGE, JSON, "Expect: 100-continue"))[0] == 413


def test_a_client_that_expects_continue_and_has_no_body_is_answered(server: Server) -> None:
    assert ask(server, head("GET /settings", "Expect: 100-continue"))[0] == 200


def test_an_upload_must_say_how_long_it_is(server: Server) -> None:
    chunked = head("POST /api/upload", "Transfer-Encoding: chunked")
    status, _, told = ask(server, chunked, b"1\r\nx\r\n0\r\n\r\n")
    assert status == 411
    assert "Content-Length" in told["error"]


def test_a_body_in_chunks_has_the_same_limit(server: Server) -> None:
    chunk = b"%x\r\n%s\r\n" % (65536, b"x" * 65536)
    chunked = head("POST /settings", "Transfer-Encoding: chunked", JSON)
    assert ask(server, chunked, chunk * 17)[0] == 413


@pytest.mark.parametrize("megabytes", [2, 20])
@pytest.mark.parametrize("path", ["/api/upload", "/analyze"])
def test_a_client_that_sends_all_of_it_reads_the_reason(
    server: Server, path: str, megabytes: int
) -> None:
    answer = requests.post(
        f"http://127.0.0.1:{server.effective_port}{path}",
        files={"files": ("a.txt", b"x" * (megabytes << 20))},
        headers={"Accept": "application/json"},
        timeout=PATIENCE_S,
    )
    assert answer.status_code == 413
    assert "larger than" in answer.json()["error"]


def test_nothing_behind_a_refused_head_is_read_as_a_request(server: Server) -> None:
    hidden = head("POST /settings/preferences", "Content-Length: 0")
    with connect(server) as connection:
        connection.sendall(post("/analyze", HUGE, JSON) + hidden)
        assert answer_of(connection)[0] == 413
        assert connection.recv(65536) == b""


def test_uploads_and_texts_within_their_limits_are_received(server: Server) -> None:
    address = f"http://127.0.0.1:{server.effective_port}"
    files = {"files": ("a.txt", b"http://evil.example.net/ " * 10_000)}
    upload = requests.post(f"{address}/api/upload", files=files, timeout=PATIENCE_S)
    assert (upload.status_code, upload.json()["file_count"]) == (202, 1)
    text = requests.post(
        f"{address}/analyze",
        data={"text": "8.8.4.4 " * 30_000},
        headers={"Accept": "application/json"},
        timeout=PATIENCE_S,
    )
    assert text.status_code == 202


@pytest.mark.parametrize("path", ["/api/upload", "/analyze"])
def test_announced_bodies_take_no_room_from_those_that_come_in(server: Server, path: str) -> None:
    waiting = [connect(server) for _ in range(MOST_BODIES + 8)]
    for connection in waiting:
        send_if_open(connection, post(path, LIMIT, MULTIPART) + b"x")
    test_uploads_and_texts_within_their_limits_are_received(server)
    for connection in waiting:
        connection.close()


@pytest.mark.parametrize("path", ["/api/upload", "/analyze"])
def test_bodies_that_come_in_share_a_bounded_room(server: Server, path: str) -> None:
    room = server.rules.disk if path == "/api/upload" else server.rules.memory
    size = LIMIT + (1 << 20) if path == "/api/upload" else LIMIT
    waiting = [connect(server) for _ in range(4)]
    for connection in waiting:
        connection.sendall(post(path, size, MULTIPART) + b"x" * (size - 1))
    wait_until(lambda: room.left == 4)
    assert ask(server, post(path, LIMIT, MULTIPART, JSON), b"x" * 100)[0] == 503
    for connection in waiting:
        connection.close()
    wait_until(lambda: room.left == 4 * size)


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits for the server's loop, which says nothing when it has read what was sent."""
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(PATIENCE_S / 1000)
    raise AssertionError("it did not come true")


@pytest.mark.parametrize(
    ("sent", "limit"),
    [
        (b"GET / HT", "HEAD_S"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", "HEAD_S"),
        (post("/analyze", 1000, JSON) + b"text=", "BODY_S"),
        (post("/api/upload", 1000) + b"x", "BODY_S"),
        (head("POST /analyze", JSON, "Transfer-Encoding: chunked") + b"1\r\nx\r\n", "BODY_S"),
    ],
)
def test_what_comes_in_too_slowly_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch, sent: bytes, limit: str
) -> None:
    monkeypatch.setattr(request_parser, limit, 0)
    monkeypatch.setattr(request_parser, "LEAST_RATE", 1 << 40)
    status, headers, told = ask(server, sent)
    assert (status, told["error"]) == (408, TOO_SLOW)
    assert headers["connection"] == "close"


def test_a_connection_without_a_request_is_closed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_S", 0)
    with connect(server) as connection:
        assert connection.recv(10) == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        post("/analyze", 200_000) + b"text=",
        post("/api/upload", 200_000) + b"x",
    ],
)
def test_a_page_is_answered_however_many_connections_wait(app: Flask, sent: bytes) -> None:
    with serving(app, most=20) as server:
        waiting = [connect(server) for _ in range(60)]
        for connection in waiting:
            send_if_open(connection, sent)
        assert ask(server, head("GET /settings"))[0] == 200
        for connection in waiting:
            connection.close()


def send_if_open(connection: socket.socket, sent: bytes) -> None:
    """Sends, unless the server has closed the connection already to let later ones in."""
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(sent)


def test_a_connection_that_waits_gives_way_and_a_body_that_comes_in_stays(app: Flask) -> None:
    with serving(app, most=20) as server, closing(connect(server)) as steady:
        steady.sendall(post("/analyze", 200_000, JSON, FORM) + b"text=" + b"x" * 100_000)
        waiting = [connect(server) for _ in range(60)]
        assert ask(server, head("GET /settings"))[0] == 200
        steady.sendall(b" 8.8.4.4 " + b"x" * (200_000 - 100_000 - 14))
        assert answer_of(steady)[0] == 202
        for connection in waiting:
            connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nno colon\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (post("/analyze", -1), 400),
        (b"POST /analyze HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (head("POST /analyze", "Content-Length: 1, 2"), 400),
        (head("POST /analyze", "Transfer-Encoding: gzip"), 501),
        (head("POST /analyze", "Transfer-Encoding: chunked") + b"zz\r\n", 400),
        (head("GET /", "X: " + "x" * 70_000), 431),
    ],
)
def test_a_head_that_cannot_be_read_gets_one_sentence_and_our_headers(
    server: Server, sent: bytes, status: int
) -> None:
    told, headers, body = ask(server, sent)
    assert told == status
    assert body["error"].endswith((".", "address."))
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_a_request_after_another_one_is_answered(server: Server) -> None:
    with connect(server) as connection:
        for _ in range(3):
            connection.sendall(head("GET /settings"))
            assert answer_of(connection)[0] == 200
