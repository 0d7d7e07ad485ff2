"""A listening socket on loopback with one thread per connection, and a quick end."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

LOOPBACK = "127.0.0.1"


class Listener:
    """`serve` gets each connection in a thread of its own and must not keep it."""

    def __init__(
        self,
        serve: Callable[[socket.socket], None],
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._serve = serve
        self._tls = tls
        self._lock = threading.Lock()
        self._is_closing = False
        self._open: dict[threading.Thread, socket.socket] = {}
        self._socket = socket.create_server((LOOPBACK, port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="vt-accept", daemon=True)
        self._acceptor.start()

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def settle(self) -> None:
        """Wait until the connections made so far have ended, for example those of a killed client.

        Not while a client keeps one open: this would wait for it.
        """
        # Connections are accepted in their order, so those before this one are in `_open`, or over.
        with socket.create_connection((LOOPBACK, self.port)) as last:
            last.shutdown(socket.SHUT_WR)
            while last.recv(1024):
                pass
        with self._lock:
            threads = list(self._open)
        for thread in threads:
            thread.join()

    def close(self) -> None:
        """Close every connection and wait until every thread has ended."""
        with self._lock:
            self._is_closing = True
            threads = [self._acceptor, *self._open]
            for connection in self._open.values():
                # The plain method: the one of SSLSocket forgets the TLS state that
                # the serving thread may be reading from right now.
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        with suppress(OSError):  # wakes accept(), on every platform
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
        for thread in threads:
            thread.join()
        self._socket.close()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with self._lock:
                if self._is_closing:
                    connection.close()
                    return
                self._start(connection)

    def _start(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self._wrapped(connection)
        except OSError:  # gone again before we could greet it
            connection.close()
            return
        thread = threading.Thread(
            target=self._run, args=(connection,), name="vt-serve", daemon=True
        )
        self._open[thread] = connection
        thread.start()

    def _wrapped(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)

    def _run(self, connection: socket.socket) -> None:
        try:
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            self._serve(connection)
        except OSError:  # the client left, refused our certificate, or close() came
            pass
        finally:
            with self._lock:  # close() must not touch a descriptor that was given away
                self._open.pop(threading.current_thread())
                connection.close()
