"""What the server answers to uploads before it takes them in."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.patience import PATIENCE_S
from tests.programs import forked

pytestmark = pytest.mark.slow

TIMEOUT_S = 10
LIMIT = 300_000


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with forked(folder, MAX_UPLOAD_SIZE=LIMIT, MAX_UPLOAD_FILE_SIZE=LIMIT) as (_, address):
        yield address


def ask(address: str, *headers: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
    """Sends the head of an upload and waits for the answer, with parts missing."""
    url = urlsplit(address)
    place = (url.hostname or "", url.port or 0)
    with socket.create_connection(place, TIMEOUT_S) as connection:
        head = [f"POST /api/upload HTTP/1.1\r\nHost: {url.netloc}", *headers]
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
            first, _, rest = answer.partition(b"\r\n\r\n")
            if rest.endswith(b"}") or rest.endswith(b"}\n"):
                break
    return int(first.split()[1]), json.loads(rest)


@pytest.mark.parametrize("length", [LIMIT + (1 << 20) + 1, 100 << 20, 1 << 40])
def test_an_upload_beyond_the_limit_is_refused_by_its_declared_length(
    address: str, length: int
) -> None:
    status, told = ask(
        address, f"Content-Length: {length}", "Content-Type: multipart/form-data; boundary=x"
    )
    assert status == 413
    assert "TELLTALE_MAX_UPLOAD_SIZE" in told["error"]


def test_a_client_that_expects_continue_is_refused_before_it_sends(address: str) -> None:
    status, told = ask(address, f"Content-Length: {100 << 20}", "Expect: 100-continue")
    assert status == 413
    assert "Nothing was read." in told["error"]


def test_an_upload_must_say_how_long_it_is(address: str) -> None:
    status, told = ask(address, "Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\n\r\n")
    assert status == 411
    assert "Content-Length" in told["error"]


def test_concurrent_uploads_share_a_bounded_space(address: str) -> None:
    url = urlsplit(address)
    waiting = []
    for _ in range(4):
        connection = socket.create_connection((url.hostname or "", url.port or 0), TIMEOUT_S)
        waiting.append(connection)
        connection.sendall(
            f"POST /api/upload HTTP/1.1\r\nHost: {url.netloc}\r\n"
            f"Content-Length: {LIMIT + (1 << 20)}\r\n\r\nx".encode()
        )
    deadline = 200
    while (status := ask(address, "Content-Length: 100000")[0]) != 503:
        deadline -= 1
        assert deadline, status
    for connection in waiting:
        connection.close()
    files = {"files": ("a.txt", b"8.8.4.4")}
    while (
        code := requests.post(f"{address}/api/upload", files=files, timeout=PATIENCE_S).status_code
    ) != 202:
        deadline -= 1
        assert deadline, code


def test_an_upload_within_the_limit_is_received(address: str) -> None:
    files = {"files": ("a.txt", b"http://evil.example.net/ " * 10_000)}
    answer = requests.post(f"{address}/api/upload", files=files, timeout=TIMEOUT_S)
    assert answer.status_code == 202
    assert answer.json()["file_count"] == 1


@pytest.mark.parametrize("megabytes", [2, 20])
def test_an_upload_that_is_too_large_gets_the_reason(address: str, megabytes: int) -> None:
    files = {"files": ("a.txt", b"x" * (megabytes << 20))}
    answer = requests.post(f"{address}/api/upload", files=files, timeout=TIMEOUT_S)
    assert answer.status_code == 413
    assert "Nothing was read." in answer.json()["error"]


def test_a_large_paste_is_still_received(address: str) -> None:
    text = "8.8.4.4 " * 100_000
    answer = requests.post(
        f"{address}/analyze",
        data={"text": text},
        headers={"Accept": "application/json"},
        timeout=TIMEOUT_S,
    )
    assert answer.status_code == 202
