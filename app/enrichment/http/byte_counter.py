"""Counts the bytes of HTTP that an exchange sends and receives."""

from __future__ import annotations

import http.client
import io
import socket
from contextvars import ContextVar
from typing import Any

# The counter of this thread's request. urllib3 makes the connections itself and passes no
# argument through to them, hence a context variable.
_current: ContextVar[ByteCounter | None] = ContextVar("traffic", default=None)


class ByteCounter:
    """The count of bytes that this thread sends and receives while entered: HTTP, before TLS.

    The CONNECT to a proxy and its answer are not counted: they do not reach the provider.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.received = 0
        self._is_asking = False

    def __enter__(self) -> ByteCounter:
        _current.set(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        _current.set(None)

    def begin(self) -> None:
        """Count from now on: a tunnel, if one is needed, is open."""
        self._is_asking = True

    def count(self, sent: int = 0, received: int = 0) -> None:
        if self._is_asking:
            self.sent += sent
            self.received += received


class _CountedIO(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, traffic: ByteCounter) -> None:
        self._raw = raw
        self._traffic = traffic

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count = self._raw.readinto(buffer)
        self._traffic.count(received=count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class CountedResponse(http.client.HTTPResponse):
    """A response whose bytes are counted as they leave the socket, also those left unread."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if (traffic := _current.get()) is not None:
            self.fp = io.BufferedReader(_CountedIO(self.fp.detach(), traffic))


def begin_request() -> None:
    if (traffic := _current.get()) is not None:
        traffic.begin()


def count_sent(data: object) -> None:
    if (traffic := _current.get()) is not None and isinstance(data, bytes | bytearray):
        traffic.count(sent=len(data))
