"""A forward proxy on loopback: passes plain requests on, tunnels TLS, notes what it was asked."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit


class _Handler(BaseHTTPRequestHandler):
    server: ForwardProxy

    def do_CONNECT(self) -> None:
        self.server.asked.append(f"CONNECT {self.path}")
        if self._is_refused():
            return
        if self.server.inspects is not None:
            self._inspect(self.server.inspects)
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as upstream:
            self.send_response(200)
            self.end_headers()
            _relay(self.connection, upstream)
        self.close_connection = True

    def do_GET(self) -> None:
        self.server.asked.append(f"GET {self.path}")
        if self._is_refused():
            return
        target = urlsplit(self.path)
        lines = [f"GET {target.path} HTTP/1.1", *(f"{k}: {v}" for k, v in self.headers.items())]
        with socket.create_connection((target.hostname or "", target.port or 80)) as upstream:
            upstream.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
            while chunk := upstream.recv(65536):
                self.connection.sendall(chunk)
        self.close_connection = True

    def _is_refused(self) -> bool:
        login = self.server.login
        has_login = not login or self.headers.get("Proxy-Authorization") == f"Basic {login}"
        if self.server.refuses or not has_login:
            self.send_error(self.server.status)
            return True
        return False

    def _inspect(self, tls: ssl.SSLContext) -> None:
        """Be the other side's server, with a certificate of our own, and ask it in the clear."""
        self.send_response(200)
        self.end_headers()
        with (
            contextlib.suppress(OSError),
            socket.create_connection(self.server.upstream) as upstream,
            tls.wrap_socket(self.connection, server_side=True) as inner,
        ):
            threading.Thread(target=_pour, args=(upstream, inner), daemon=True).start()
            _pour(inner, upstream)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


def _pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_RDWR)


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

    def __init__(
        self,
        refuses: bool = False,
        status: int = 407,
        login: str = "",
        inspects: ssl.SSLContext | None = None,
        upstream: tuple[str, int] = ("127.0.0.1", 0),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`login`: as `user:password`, wanted of everybody. `tls`: what it speaks itself.

        `inspects`: the certificate that it shows in place of the server's, whose unencrypted
        side `upstream` is.
        """
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.asked: list[str] = []
        self.refuses = refuses
        self.status = status
        self.login = b64encode(login.encode()).decode()
        self.inspects = inspects
        self.upstream = upstream
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        scheme = "https" if isinstance(self.socket, ssl.SSLSocket) else "http"
        return f"{scheme}://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> ForwardProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
