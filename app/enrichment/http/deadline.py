"""A deadline for a whole HTTP exchange.

The timeouts of `requests` begin anew with each byte received, so a server that sends one byte
at a time holds a thread for ever. Here another thread shuts the socket down in time, whether the
first waits for the TLS handshake, the headers or the body.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import requests.adapters
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from app.enrichment.http.byte_counter import CountedResponse, begin_request, count_sent

# The deadline of this thread's request. urllib3 makes the connections itself and passes no
# argument through to them, hence a context variable.
_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


CONNECT_TIMEOUT_S = 10.0  # to one address of a host


class Deadline:
    """Cuts the sockets which the entering thread uses within its `with` block, in time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.expired = False
        self.ends_at = time.monotonic() + seconds
        """By the monotonic clock."""
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._cut = False

    def __enter__(self) -> Deadline:
        _current.set(self)
        _watcher.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        _current.set(None)
        _watcher.discard(self)
        with self._lock:
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()

    @property
    def remaining_s(self) -> float:
        """The seconds left; never 0, for a timeout of 0 makes a socket non-blocking."""
        return max(self.ends_at - time.monotonic(), 0.001)

    def watch(self, sock: socket.socket) -> None:
        """Cut this socket too when the time is up."""
        # A duplicate, because the TLS layer detaches the original from its descriptor.
        with self._lock:
            self._sockets.append(sock.dup())
        if self._cut:
            self.cut()

    def cut(self) -> None:
        """Shut all sockets down, now and from now on; called from any thread."""
        with self._lock:
            self._cut = True
            for sock in self._sockets:
                with contextlib.suppress(OSError):  # the other side was faster
                    sock.shutdown(socket.SHUT_RDWR)

    def expire(self) -> None:
        """Cut all sockets because the time is up; called by the watcher's thread."""
        self.expired = True
        self.cut()


class _Watcher:
    """One thread that expires every open deadline; it ends when none is open.

    A timer for each request would start a thread for each: a tenth of what a lookup costs.
    """

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._open: set[Deadline] = set()
        self._sleeps_until = 0.0
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self._wake:
            self._open.add(deadline)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif deadline.ends_at < self._sleeps_until:
                self._wake.notify()

    def discard(self, deadline: Deadline) -> None:
        with self._wake:
            self._open.discard(deadline)

    def _run(self) -> None:
        while True:
            with self._wake:
                now = time.monotonic()
                due = {deadline for deadline in self._open if deadline.ends_at <= now}
                self._open -= due
                if not due:
                    if not self._open:
                        self._thread = None
                        return
                    self._sleeps_until = min(deadline.ends_at for deadline in self._open)
                    self._wake.wait(self._sleeps_until - now)
            for deadline in due:
                deadline.expire()


# A module global, against the rule that state has an owner: a deadline belongs to a thread, and the
# thread may be that of any client, key check or connection test.
_watcher = _Watcher()


class _Watched(HTTPConnection):
    """A connection whose socket is watched by the deadline of each request that uses it."""

    response_class = CountedResponse
    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        """Connect to the first address of the host that accepts."""
        # urllib3 gives each address the whole timeout; here all addresses share the deadline.
        # The system resolves the name within limits of its own, which no deadline shortens.
        failure: Exception | None = None
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, 0, socket.SOCK_STREAM)
        except OSError as e:
            raise NameResolutionError(self.host, self, socket.gaierror(str(e))) from e
        for family, kind, protocol, _, address in found:
            try:
                return self._connect(socket.socket(family, kind, protocol), address)
            except TimeoutError as e:
                failure = ConnectTimeoutError(self, f"{self.host} timed out")
                failure.__cause__ = e
            except OSError as e:
                failure = NewConnectionError(self, str(e))
                failure.__cause__ = e
        raise failure or NewConnectionError(self, "no address")

    def _connect(self, sock: socket.socket, address: Any) -> socket.socket:
        deadline = _current.get()
        left = deadline.remaining_s if deadline else CONNECT_TIMEOUT_S
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(min(CONNECT_TIMEOUT_S, left))
            sock.connect(address)
            self._handle = sock.dup()
        except BaseException:
            sock.close()
            raise
        self._watch()
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._watch()  # a connection kept alive belongs to a new exchange
        begin_request()
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        super().send(data)
        count_sent(data)

    def close(self) -> None:
        super().close()
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _watch(self) -> None:
        deadline = _current.get()
        if deadline is not None and self._handle is not None:
            deadline.watch(self._handle)


class _WatchedHTTPS(_Watched, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class DeadlineAdapter(requests.adapters.HTTPAdapter):
    """A transport adapter whose connections end with the thread's Deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
