"""Reads requests for the server: head and length are accepted before any body is taken in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import FixedStreamReceiver
from waitress.utilities import Error
from werkzeug import exceptions as refusals

from app.body_limits import (
    AT_ONCE,
    NO_LENGTH,
    NOT_READ,
    TOO_MANY,
    TOO_SLOW,
    UPLOAD_PATH,
    InsufficientStorage,
    Room,
    Share,
    body_limit,
    cannot_keep,
    too_large,
)
from app.gate import Gate, Head

HEAD_S = 10
"""The time from the first byte of a request to the end of its head."""
BODY_S = 30
"""The time for a body in addition to what its size takes at LEAST_RATE."""
LEAST_RATE = 64 * 1024
"""Bytes a second."""
UPLOAD_IN_MEMORY = 64 * 1024
"""The bytes from which on an upload is in a file."""


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
        try:
            consumed: int = super().received(data)
        except OSError as e:  # the disk is full, or the data folder is gone
            self.refuse(InsufficientStorage(cannot_keep(e)))
            return len(data)
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
        else:
            self.expect_continue = False  # waitress would wait for a body for ever

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
        with suppress(OSError):  # its last bytes on a full disk
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
