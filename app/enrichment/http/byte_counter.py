"""Counts the bytes of HTTP that an exchange sends and receives."""

from __future__ import annotations

import http.client
import io
import socket
from contextvars import ContextVar
from typing import Any

# The exchange that this thread is in: urllib3 makes the connections, and offers no way to
# hand one through.
_current: ContextVar[ByteCounter | None] = ContextVar("traffic", default=None)


class ByteCounter:
    """Counts the bytes that this thread sends and receives while entered: HTTP, before TLS.

    What passes between Telltale and a proxy, so that it opens a tunnel, is not counted.
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
        """The tunnel, if one is needed, is there."""
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
    """Counts what is read from the socket, also what stays in its buffer."""

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
