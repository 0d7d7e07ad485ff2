"""A client that believes nothing and repairs nothing."""

from __future__ import annotations

import gzip
import json
import socket
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from typing import Any

from tests.fakes.vt_simulator import VTSimulator

MD5 = "0f273b7599dec3559b78f20045743b0a"
SHA1 = "adc3f627e837d597976411dbef15c2fb38946ef9"
SHA256 = "5cbb91a9365901ed5063665788a4e723f1cca2e4029ffdf9fb346974c320d1ef"
IP = "/ip_addresses/185.220.101.45"
FILE = f"/files/{MD5}"
NOT_THERE = "/ip_addresses/45.137.21.10"
PUBLIC = "sim-key-public"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.body) if packed else self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.json["data"]["attributes"])


def address(sim: VTSimulator) -> tuple[str, int]:
    host, _, port = sim.host_url.removeprefix("http://").partition(":")
    return host, int(port)


def url_path(url: str) -> str:
    return f"/urls/{urlsafe_b64encode(url.encode()).decode().rstrip('=')}"


def ask(
    sim: VTSimulator,
    path: str = IP,
    key: str | None = PUBLIC,
    method: str = "GET",
    body: Any = None,
    **headers: str,
) -> Answer:
    """One request below /api/v3 (or at /__sim__/...), over a connection of its own."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if key is not None:
        sent["x-apikey"] = key
    target = path if path.startswith("/__sim__/") else f"/api/v3{path}"
    connection = HTTPConnection(*address(sim), timeout=5)
    try:
        connection.request(method, target, json.dumps(body) if body is not None else None, sent)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def dial(sim: VTSimulator, path: str = IP, key: str = PUBLIC) -> socket.socket:
    """A socket on which a request has been sent."""
    connection = socket.create_connection(address(sim), timeout=5)
    lines = (f"GET /api/v3{path} HTTP/1.1", "Host: sim", f"x-apikey: {key}", "", "")
    connection.sendall("\r\n".join(lines).encode())
    return connection


def receive(connection: socket.socket, count: int) -> bytes:
    """Exactly so many bytes, or fewer when the connection ends."""
    data = b""
    while len(data) < count and (more := connection.recv(count - len(data))):
        data += more
    return data


def is_silent(connection: socket.socket) -> bool:
    """Whether nothing comes for a while, not even the end."""
    connection.settimeout(0.05)
    try:
        connection.recv(1)
    except TimeoutError:
        return True
    return False


def wait_until(condition: Callable[[], object], deadline_s: float = 5) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "never happened"
        time.sleep(0.002)
