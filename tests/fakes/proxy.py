"""A forward proxy on loopback: passes plain requests on, tunnels TLS, notes what it was asked."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit


class _Handler(BaseHTTPRequestHandler):
    server: ForwardProxy

    def do_CONNECT(self) -> None:
        self.server.asked.append(f"CONNECT {self.path}")
        if self.server.refuses:
            self.send_error(407)
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as upstream:
            self.send_response(200)
            self.end_headers()
            _relay(self.connection, upstream)
        self.close_connection = True

    def do_GET(self) -> None:
        self.server.asked.append(f"GET {self.path}")
        if self.server.refuses:
            self.send_error(407)
            return
        target = urlsplit(self.path)
        lines = [f"GET {target.path} HTTP/1.1", *(f"{k}: {v}" for k, v in self.headers.items())]
        with socket.create_connection((target.hostname or "", target.port or 80)) as upstream:
            upstream.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
            while chunk := upstream.recv(65536):
                self.connection.sendall(chunk)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


def _relay(one: socket.socket, other: socket.socket) -> None:
    while True:
        for source in select.select([one, other], [], [])[0]:
            try:
                chunk = source.recv(65536)
            except OSError:
                return
            if not chunk:
                return
            with contextlib.suppress(OSError):
                (other if source is one else one).sendall(chunk)


class ForwardProxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, refuses: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.refuses = refuses
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> ForwardProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
