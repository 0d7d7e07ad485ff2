"""A server on loopback that knows no HTTP: it answers with bytes, and counts them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

from tests.patience import PATIENCE_S

TLS_HANDSHAKE = b"\x16"


class RawServer:
    """Answers every request on its connections with these bytes, and counts both ways."""

    def __init__(
        self, answer: bytes, tls: ssl.SSLContext | None = None, cuts: bool = False
    ) -> None:
        self.sent = self.received = 0
        self.connections = 0
        self._answer, self._cuts = answer, cuts
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        scheme = "https" if tls else "http"
        self.base_url = f"{scheme}://127.0.0.1:{self._server.getsockname()[1]}/api/v3"

    def __enter__(self) -> RawServer:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        if self._open:
            with contextlib.suppress(OSError):  # the client has left
                self._open.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE_S)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                self._open = connection
                with connection, contextlib.suppress(OSError), self._secured(connection) as talk:
                    self._converse(talk)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        secured = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open = secured
        try:
            secured.do_handshake()
        except OSError:
            secured.close()
            raise
        return secured

    def _converse(self, connection: socket.socket) -> None:
        while chunk := self._request(connection):
            self.received += len(chunk)
            connection.sendall(self._answer)
            self.sent += len(self._answer)
            if self._cuts:
                connection.shutdown(socket.SHUT_RDWR)
                return

    @staticmethod
    def _request(connection: socket.socket) -> bytes:
        request = b""
        while not request.endswith(b"\r\n\r\n") and not request.startswith(TLS_HANDSHAKE):
            if not (chunk := connection.recv(65536)):
                break
            request += chunk
        return request
