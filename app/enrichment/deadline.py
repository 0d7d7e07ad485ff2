"""A deadline for a whole HTTP exchange.

The timeouts of `requests` begin anew with each byte received, so a server that drips bytes
holds a thread for ever. Here a timer shuts the socket down instead, whatever is being waited
for: TLS handshake, headers or body.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import requests.adapters
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

# The deadline of the exchange that this thread is in: urllib3 makes the connections, and
# offers no way to hand one through.
_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class Deadline:
    """Cuts the sockets that the entering thread uses within its `with` block."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._cut = False

    def __enter__(self) -> Deadline:
        _current.set(self)
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        _current.set(None)
        self._timer.cancel()
        with self._lock:
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()

    def watch(self, sock: socket.socket) -> None:
        """Keeps a duplicate: TLS and keep-alive take the original away from its owner."""
        with self._lock:
            self._sockets.append(sock.dup())
        if self._cut:
            self.cut()

    def cut(self) -> None:
        with self._lock:
            self._cut = True
            for sock in self._sockets:
                with contextlib.suppress(OSError):  # the other side was faster
                    sock.shutdown(socket.SHUT_RDWR)

    def _expire(self) -> None:
        self.expired = True
        self.cut()


class _Watched:
    """Mixed into a connection: each exchange's deadline gets to know its socket."""

    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]  # the mixin's other base
        self._handle = sock.dup()
        self._watch()
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._watch()  # a connection kept alive belongs to a new exchange
        super().request(*args, **kwargs)  # type: ignore[misc]

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _watch(self) -> None:
        deadline = _current.get()
        if deadline is not None and self._handle is not None:
            deadline.watch(self._handle)


class _WatchedHTTP(_Watched, HTTPConnection):
    pass


class _WatchedHTTPS(_Watched, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class DeadlineAdapter(requests.adapters.HTTPAdapter):
    """Mounted on a session, makes its connections heed the thread's Deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
