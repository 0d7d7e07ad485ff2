"""The connections of the server: waitress, held to checks, limits and deadlines of our own.

Waitress takes in the whole body of each request before the app sees it, without a deadline, and
accepts no further connection once its limit is reached. Here a request is judged by its head, its
body has a limit and a deadline, and the connection that makes the least progress gives way.
Everything but the answers runs in the one thread of the server's loop.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask

from app.body_limits import TOO_SLOW
from app.request_parser import Parser, Rules
from app.security import HEADERS, REFUSAL

IDLE_S = 60
"""How long a connection without a request stays open."""
MOST_BODIES = 64
"""The most bodies that come in at the same time: each may be in a file."""
GRACE_S = 2
"""How long a body may take before its rate counts."""
LINGER_S = 30
"""How long the rest of a refused request is read and dropped."""


class Task(WSGITask):
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        if self.request.refusal is not None:
            environ[REFUSAL] = self.request.refusal
        return environ


class PlainAnswer(ErrorTask):
    """The answer where the head of a request could not be read, and the app is not asked."""

    def execute(self) -> None:
        error = self.request.error
        self.status = f"{error.code} {error.reason}"
        sentence = SENTENCES.get(error.code, "Telltale could not answer this request.")
        body = json.dumps({"error": sentence}).encode()
        self.response_headers += [*HEADERS.items(), ("Content-Type", "application/json")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


SENTENCES = {
    400: "Telltale did not understand this request.",
    408: TOO_SLOW,
    413: "This request is too large. Nothing was changed.",
    431: "The head of this request is too large: use fewer or shorter fields in the address.",
    500: "Something went wrong inside Telltale; the log on this machine says what.",
    501: "Telltale does not understand the transfer encoding of this request.",
}


class Channel(HTTPChannel):
    """One connection."""

    error_task_class = PlainAnswer
    task_class = Task
    server: Server
    request: Parser | None

    def __init__(self, server: Server, *args: Any, **kwargs: Any) -> None:
        server.make_place()
        super().__init__(server, *args, **kwargs)
        self.parser_class: Any = lambda adj: Parser(adj, server.rules)
        self._has_unread = False
        self._lingers_since: float | None = None

    def received(self, data: bytes) -> bool:
        if self._has_unread:
            return True  # dropped
        was_receiving = self.is_receiving
        taken: bool = super().received(data)
        if self.is_receiving and not was_receiving:
            self.server.make_place_for_body()
        self._has_unread = any(r.refusal or r.error for r in tuple(self.requests))
        return taken

    def handle_write(self) -> None:
        # A socket that is closed with unread data resets the connection, and the client never
        # reads the answer. So the rest is read and dropped until the client has closed.
        if self._has_unread and self.close_when_flushed and not self.will_close:
            self._flush_exception(self._flush_some)
            if not self.total_outbufs_len and self.connected:
                self.close_when_flushed = False
                self._lingers_since = time.monotonic()
                self.socket.shutdown(socket.SHUT_WR)
        else:
            super().handle_write()

    def handle_close(self) -> None:
        super().handle_close()
        if self.request is not None:
            self.request.close()

    @property
    def is_receiving(self) -> bool:
        """Whether a body comes in."""
        return self.request is not None and self.request.headers_finished

    def tend(self, now: float) -> None:
        """Give up what is overdue at `now` of the monotonic clock."""
        if self._lingers_since is not None:
            self.will_close = self.will_close or now - self._lingers_since > LINGER_S
        elif not self.requests and self.request is None:
            self.will_close = self.will_close or time.time() - self.last_activity > IDLE_S
        elif not self.requests and self.request is not None and self.request.is_late(now):
            with self.requests_lock:
                request, self.request = self.request, None
                request.give_up()
                self.requests.append(request)
                self._has_unread = True
            self.server.add_task(self)

    def progress(self, now: float) -> tuple[float, ...] | None:
        """Return stage and progress of its request, to be compared; None while it is answered.

        The progress of a body is in bytes a second, but that of a young one and of a head is its
        age in negative seconds.
        """
        if self.requests or self.will_close:
            return None
        request = self.request
        if request is None:
            return 0, self.last_activity - time.time()
        age = now - request.began_at
        if not request.headers_finished:
            return 0, -age
        return (2, -age) if age < GRACE_S else (1, request.body_bytes_received / age)


class Server(TcpWSGIServer):
    """Waitress on a socket that listens already."""

    channel_class = Channel

    def __init__(
        self, app: Flask, listener: socket.socket, most: int, options: Mapping[str, Any]
    ) -> None:
        self.rules = Rules(app.extensions["gate"])
        self._most = most
        super().__init__(
            app,
            _sock=listener,
            adj=Adjustments(**options),
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
        )

    def maintenance(self, now: float) -> None:
        for channel in tuple(self.active_channels.values()):
            channel.tend(time.monotonic())

    def make_place(self) -> None:
        """Close the connection with the least progress if there are too many."""
        if len(self.active_channels) >= self._most:
            _close_slowest(self.active_channels.values())

    def make_place_for_body(self) -> None:
        """Close the connection whose body makes the least progress if there are too many."""
        receiving = [c for c in self.active_channels.values() if c.is_receiving]
        if len(receiving) > MOST_BODIES:
            _close_slowest(receiving)


def _close_slowest(channels: Iterable[Channel]) -> None:
    now = time.monotonic()
    worth = ((channel.progress(now), channel) for channel in channels)
    waiting = [(value, channel) for value, channel in worth if value is not None]
    if waiting:
        min(waiting, key=lambda pair: pair[0])[1].will_close = True
