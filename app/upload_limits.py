"""The limits of uploads in the server: checked by the declared length, before the body is read."""

from __future__ import annotations

import json
import threading
import weakref
from contextlib import suppress
from io import BytesIO
from typing import Any

from waitress.buffers import TempfileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.receiver import FixedStreamReceiver
from waitress.utilities import Error

UPLOAD_PATH = "/api/upload"
ENVELOPE = 1 << 20
"""The bytes that file names and other form fields may take in addition to the files."""
AT_ONCE = 4
"""The number of uploads of full size that may be received at the same time."""
TOO_MANY = "Other uploads are coming in; send this one again when they are done."
NO_LENGTH = "An upload must say how long it is (Content-Length)."


def too_large(limit: int) -> str:
    shown = f"{limit / 1024 / 1024:,.4g} MiB" if limit >= 100_000 else f"{limit:,} bytes"
    return (
        f"These files are larger than {shown} in all (TELLTALE_MAX_UPLOAD_SIZE). Upload fewer at "
        "once, or import a folder of this machine. Nothing was read."
    )


def cannot_keep(error: OSError) -> str:
    return f"The upload cannot be kept: {error.strerror or error}. Nothing was read."


class Room:
    """The disk space for uploads that are being received. Safe to use from any thread."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """The most bytes that the files of one upload may have."""
        self._left = AT_ONCE * (limit + ENVELOPE)
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        with self._lock:
            if count > self._left:
                return False
            self._left -= count
            return True

    def release(self, count: int) -> None:
        with self._lock:
            self._left += count


class _Refusal(Error):
    def __init__(self, code: int, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.reason = reason

    def to_response(self, ident: str | None = None) -> Any:
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return f"{self.code} {self.reason}", headers, json.dumps({"error": self.body}).encode()


class _Spool(TempfileBasedBuffer):
    """A body on the disk. What comes after a failure, such as a full disk, is dropped."""

    problem: OSError | None = None

    def newfile(self) -> Any:
        try:
            return super().newfile()
        except OSError as e:  # the data folder is gone
            self.problem = e
            return BytesIO()

    def append(self, s: Any) -> None:
        if self.problem is not None:
            return
        try:
            super().append(s)
        except OSError as e:
            self.problem = e
            with suppress(OSError):  # frees the space of what is there
                self.file.close()
            self.file = BytesIO()
            self.remain = 0


def channel_class(room: Room) -> type[HTTPChannel]:
    """Return the class that waitress uses for each connection."""

    class Parser(HTTPRequestParser):
        path: str
        command: Any  # in fact a text; the stubs say bytes

        def received(self, data: bytes) -> int:
            count: int = super().received(data)
            problem = getattr(self._spool(), "problem", None)
            # Only now: a client that is still sending would see its connection reset.
            if self.completed and problem is not None:
                self._refuse(507, "Insufficient Storage", cannot_keep(problem))
            return count

        def _spool(self) -> Any:
            return self.body_rcv.getbuf() if self.body_rcv is not None else None

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            if self.path == UPLOAD_PATH and self.command == "POST":
                self._expect_upload()

        def _expect_upload(self) -> None:
            length = self.content_length
            if self.chunked:
                self._refuse(411, "Length Required", NO_LENGTH)
            elif length > room.limit + ENVELOPE:
                self._refuse(413, "Content Too Large", too_large(room.limit))
            elif not room.take(length):
                self._refuse(503, "Service Unavailable", TOO_MANY)
            elif length:
                # The parser is garbage-collected with its request and body, also where the client
                # disconnects halfway; no callback of waitress covers all of these ends.
                weakref.finalize(self, room.release, length)
                buffer: Any = _Spool()
                self.body_rcv = FixedStreamReceiver(length, buffer)

        def _refuse(self, code: int, reason: str, sentence: str) -> None:
            """Answer with an error at once: the body is not read, and the connection is closed."""
            self.error = _Refusal(code, reason, sentence)
            self.body_rcv = None
            self.chunked = self.expect_continue = False
            self.content_length = 0

    class Channel(HTTPChannel):
        parser_class: Any = Parser

    return Channel
