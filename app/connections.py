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
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import FixedStreamReceiver
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error
from werkzeug import exceptions as refusals

from app.body_limits import (
    AT_ONCE,
    NO_LENGTH,
    NOT_READ,
    TOO_MANY,
    TOO_SLOW,
    UPLOAD_PATH,
    Room,
    Share,
    body_limit,
    too_large,
)
from app.gate import Gate, Head
from app.security import HEADERS, REFUSAL

HEAD_S = 10
"""The time from the first byte of a request to the end of its head."""
BODY_S = 30
"""The time for a body in addition to what its size takes at LEAST_RATE."""
LEAST_RATE = 64 * 1024
"""Bytes a second."""
IDLE_S = 60
"""How long a connection without a request stays open."""
MOST_BODIES = 64
"""The most bodies that come in at the same time: each may be in a file."""
UPLOAD_IN_MEMORY = 64 * 1024
"""The bytes from which on an upload is in a file."""
GRACE_S = 2
"""How long a body may take before its rate counts."""
LINGER_S = 30
"""How long the rest of a refused request is read and dropped."""


class RequestTimeout(Error):
    code = 408
    reason = "Request Timeout"


class Rules:
    """What is let in: the gate, the limits of each path, and the room for all bodies."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.config: Mapping[str, Any] = gate.config
        self.memory = Room(AT_ONCE * self.config["MAX_CONTENT_LENGTH"])
        self.disk = Room(AT_ONCE * body_limit(UPLOAD_PATH, self.config))


class Parser(HTTPRequestParser):
    """Reads one request. Its body is taken in only if head and length are accepted."""

    path: str
    command: Any  # in fact a text; the stubs say bytes

    def __init__(self, adj: Adjustments, rules: Rules) -> None:
        super().__init__(adj)
        self.refusal: refusals.HTTPException | None = None
        self.began_at = time.monotonic()
        self._rules = rules
        self._limit = 0
        self._share: Share | None = None

    def received(self, data: bytes) -> int:
        before = self.body_bytes_received
        consumed = super().received(data)
        if self._share is not None and not self.refusal and not self.error:
            if self.body_bytes_received > self._limit:
                self.refuse(refusals.RequestEntityTooLarge(self._too_large()))
            elif not self._share.grow(self.body_bytes_received - before):
                self.refuse(refusals.ServiceUnavailable(TOO_MANY))
        # What follows a refused head is the body that is not taken in, and no further request.
        return len(data) if self.refusal else consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as e:  # a Content-Length of 5,000 digits, or a broken IPv6 address
            raise ParsingError("The head of the request is invalid.") from e
        if self.body_rcv is not None:
            self._expect_body()

    def _expect_body(self) -> None:
        config, is_upload = self._rules.config, self.path == UPLOAD_PATH
        self._limit = body_limit(self.path, config)
        head = Head(self.command, self.path, self.url_scheme, self.headers.get)
        if not self._rules.gate.admits(head):
            self.refuse(refusals.BadRequest(NOT_READ))  # the app says more exactly why
        elif is_upload and self.chunked:
            self.refuse(refusals.LengthRequired(NO_LENGTH))
        elif self.content_length > self._limit:
            self.refuse(refusals.RequestEntityTooLarge(self._too_large()))
        else:
            self._share = Share(self._rules.disk if is_upload else self._rules.memory)
            if is_upload:
                buffer: Any = OverflowableBuffer(UPLOAD_IN_MEMORY)
                self.body_rcv = FixedStreamReceiver(self.content_length, buffer)

    def close(self) -> None:
        """Let go of the body, when the request has been answered or its connection has ended."""
        super().close()
        if self._share is not None:
            self._share.release()

    def _too_large(self) -> str:
        return too_large(self.path, self._rules.config)

    def refuse(self, refusal: refusals.HTTPException) -> None:
        """Let the app answer at once, without the body; the connection is closed then."""
        self.refusal = refusal
        self.close()
        self.body_rcv = None
        self.chunked = self.expect_continue = False
        self.content_length = 0
        self.headers.pop("CONTENT_LENGTH", None)
        self.headers["CONNECTION"] = "close"
        self.completed = True

    def is_late(self, now: float) -> bool:
        """Return whether head or body are overdue at `now` of the monotonic clock."""
        allowed = (
            BODY_S + self.body_bytes_received / LEAST_RATE if self.headers_finished else HEAD_S
        )
        return now - self.began_at > allowed

    def give_up(self) -> None:
        if self.headers_finished:
            self.refuse(refusals.RequestTimeout(TOO_SLOW))
        else:
            self.error = RequestTimeout(TOO_SLOW)
            self.completed = True


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
