"""How large the body of a request may be, and how much of all bodies is held at the same time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import HTTPException

TEXT_PATH = "/analyze"
UPLOAD_PATH = "/api/upload"
ENVELOPE = 1 << 20
"""The bytes that file names and other form fields may take in addition to the files."""
SMALL = 1 << 20
"""The limit of requests that carry neither a text nor files."""
AT_ONCE = 4
"""The number of bodies of full size that may be held at the same time."""
TOO_MANY = "Other texts and uploads are coming in; send this one again when they are done."
NO_LENGTH = "An upload must say how long it is (Content-Length)."
TOO_SLOW = (
    "This request came in too slowly, so it was given up. Nothing was changed; send it again."
)
NOT_READ = "This request was refused before its content was read. Nothing was changed."


def body_limit(path: str, config: Mapping[str, Any]) -> int:
    """Return the most bytes that the body of a request to this path may have."""
    if path == TEXT_PATH:
        return int(config["MAX_CONTENT_LENGTH"])
    if path == UPLOAD_PATH:
        return int(config["MAX_UPLOAD_SIZE"]) + ENVELOPE
    return SMALL


def too_large(path: str, config: Mapping[str, Any]) -> str:
    """Return the sentence for a body beyond the limit of this path."""
    if path == TEXT_PATH:
        shown = _size(config["MAX_CONTENT_LENGTH"])
        return (
            f"The text is larger than {shown}. Paste it in parts, or upload it as a file. "
            "Nothing was analysed."
        )
    if path == UPLOAD_PATH:
        return (
            f"These files are larger than {_size(config['MAX_UPLOAD_SIZE'])} in all "
            "(TELLTALE_MAX_UPLOAD_SIZE). Upload fewer at once, or import a folder of this "
            "machine. Nothing was read."
        )
    return f"This request is larger than {_size(SMALL)}. Nothing was changed."


def cannot_keep(error: OSError) -> str:
    """Return the sentence for an upload that cannot be written to the disk."""
    return f"The upload cannot be kept: {error.strerror or error}. Nothing was read."


class InsufficientStorage(HTTPException):
    """RFC 4918, 11.5."""

    code = 507


def _size(limit: int) -> str:
    return f"{limit / 1024 / 1024:,.3g} MiB" if limit >= 100_000 else f"{limit:,} bytes"


class Room:
    """The memory or disk space for bodies. Safe to use from any thread."""

    def __init__(self, most: int) -> None:
        self.left = most
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Take space for bytes that have arrived; False if there is none."""
        # Taken as bytes arrive and not as they are announced: four clients that announced large
        # uploads and sent nothing kept everyone else out.
        with self._lock:
            if count > self.left:
                return False
            self.left -= count
            return True

    def release(self, count: int) -> None:
        with self._lock:
            self.left += count


class Share:
    """What one body holds of a room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._count = 0

    def grow(self, count: int) -> bool:
        """Return False if the room is full; nothing more is held then."""
        if not self._room.take(count):
            return False
        self._count += count
        return True

    def release(self) -> None:
        count, self._count = self._count, 0
        self._room.release(count)
