"""HTTP/1.1 on a socket: read a request, write a reply, or break the rules on purpose."""

from __future__ import annotations

import gzip
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException, parse_headers
from typing import BinaryIO
from urllib.parse import urlsplit

JSON_TYPE = "application/json; charset=utf-8"
MAX_LINE = 65536
MAX_BODY = 1 << 20


class ClientGoneError(OSError):
    """The other side hung up, or the simulator is closing."""


class MalformedRequestError(Exception):
    """What arrived is not a request we can answer."""


@dataclass(frozen=True)
class Request:
    method: str
    target: str  # as sent: percent-encoding and query untouched
    headers: Message
    body: bytes = b""
    is_http_1_0: bool = False

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def key(self) -> str:
        return self.headers.get("x-apikey", "")

    @property
    def wants_gzip(self) -> bool:
        """App Engine compresses for user agents that say so, not for Accept-Encoding alone."""
        accepted = self.headers.get("accept-encoding", "").lower()
        return "gzip" in accepted and "gzip" in self.headers.get("user-agent", "").lower()

    @property
    def keeps_alive(self) -> bool:
        return not self.is_http_1_0 and self.headers.get("connection", "").lower() != "close"


def read_request(stream: BinaryIO) -> Request | None:
    """The next request of a connection; None when the client has left."""
    line = stream.readline(MAX_LINE + 1)
    if not line:
        return None
    try:
        method, target, version = line.decode("latin-1").split()
        headers = parse_headers(stream)
        length = int(headers.get("content-length", "0"))
    except (ValueError, HTTPException) as e:
        raise MalformedRequestError(str(e)) from e
    if not 0 <= length <= MAX_BODY or "transfer-encoding" in headers:
        raise MalformedRequestError("a body of unknown or excessive length")
    if target.startswith("http"):  # the absolute form, sent through a proxy
        parts = urlsplit(target)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
    return Request(method, target, headers, stream.read(length), version == "HTTP/1.0")


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = field(default=(("Content-Type", JSON_TYPE),))

    @property
    def start(self) -> bytes:
        """The status line and the headers, still open for more of them."""
        phrase = HTTPStatus(self.status).phrase
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{k}: {v}" for k, v in self.headers)]
        return "".join(f"{line}\r\n" for line in lines).encode("latin-1")

    @property
    def head(self) -> bytes:
        if self.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            return self.start + b"\r\n"
        return self.start + f"Content-Length: {len(self.body)}\r\n\r\n".encode()

    def with_header(self, name: str, value: str) -> Reply:
        return Reply(self.status, self.body, (*self.headers, (name, value)))

    def compressed(self) -> Reply:
        packed = gzip.compress(self.body, mtime=0)  # the same request, the same bytes
        return Reply(self.status, packed, (*self.headers, ("Content-Encoding", "gzip")))

    def encode(self, *, chunked: bool = False, without_body: bool = False) -> bytes:
        if without_body:
            return self.head
        if not chunked or not self.body:
            return self.head + self.body
        middle = len(self.body) // 2
        pieces = (self.body[:middle], self.body[middle:], b"")  # the empty one ends it
        return self.start + CHUNKED + b"".join(map(chunk, pieces))


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Wire:
    """One connection, in the hands of the thread that serves it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def wait(self, seconds: float | None) -> None:
        """Do nothing for so long; None waits for the client to give up.

        Waiting on the connection itself ends as soon as either side closes it.
        """
        if seconds is not None and seconds <= 0:
            return
        self._connection.settimeout(seconds)
        try:
            # Below TLS too: what matters is whether the connection is still there.
            if not socket.socket.recv(self._connection, 1, socket.MSG_PEEK):
                raise ClientGoneError
        except TimeoutError:
            return
        finally:
            self._connection.settimeout(None)

    def break_off(self) -> None:
        """Let the coming close() send RST in place of FIN."""
        linger_not_at_all = struct.pack("ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not_at_all)
