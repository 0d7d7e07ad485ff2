"""The sessions of browsers that have shown the access token: how they begin and end."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app.private_files import write_private_file

IDLE_S = 12 * 3600
LONGEST_S = 7 * 24 * 3600
# The file is written at most this often for the time of last use alone.
WRITE_EVERY_S = 600
# A browser that loses its cookie at each visit must not fill the file.
MOST = 200


@dataclass(frozen=True)
class _Session:
    """Times in seconds since the epoch, as a session outlives the process."""

    opened_at: float
    used_at: float

    def is_over(self, now: float) -> bool:
        return now - self.used_at > IDLE_S or now - self.opened_at > LONGEST_S


class Sessions:
    """The open sessions, kept in a file over restarts. Safe to use from any thread.

    A session ends 12 hours after its last use, 7 days after it was opened, when it is closed, and
    when the token changes. The file holds hashes: who reads it cannot open a session with it.
    """

    # Cookies know no port: another program on a port of the same host receives ours, and can send
    # it to us. So a cookie alone must not open Telltale for ever.

    def __init__(self, path: Path, token: str, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._token_hash = _hash(token)
        self._now = now
        self._lock = threading.Lock()
        self._sessions = self._read()
        self._written_at = now()

    def open(self, replaced: str = "") -> str:
        """Open a session and return its secret. `replaced` is closed. Raises StorageError."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            now = self._now()
            self._sessions.pop(_hash(replaced), None)
            self._sessions[_hash(secret)] = _Session(now, now)
            self._write()
        return secret

    def is_open(self, secret: str) -> bool:
        """Return whether the session is open; touches neither disk nor network."""
        with self._lock:
            session = self._sessions.get(_hash(secret))
            return session is not None and not session.is_over(self._now())

    def use(self, secret: str) -> None:
        """Note that an open session was used now. Raises StorageError."""
        with self._lock:
            now, name = self._now(), _hash(secret)
            if name not in self._sessions:
                return
            self._sessions[name] = replace(self._sessions[name], used_at=now)
            if now - self._written_at > WRITE_EVERY_S:
                self._write()

    def close(self, secret: str) -> None:
        """Close a session, if it is open. Raises StorageError."""
        with self._lock:
            if self._sessions.pop(_hash(secret), None):
                self._write()

    def _read(self) -> dict[str, _Session]:
        """Return the sessions in the file; none if it is missing, damaged, or of another token."""
        try:
            content = json.loads(self._path.read_bytes())
            if content["token"] != self._token_hash:
                return {}
            return {name: _Session(**fields) for name, fields in content["sessions"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return {}  # the analyst logs in once more

    def _write(self) -> None:
        now = self._now()
        newest_first = sorted(self._sessions.items(), key=lambda item: -item[1].used_at)
        self._sessions = {name: s for name, s in newest_first[:MOST] if not s.is_over(now)}
        rows = {name: asdict(session) for name, session in self._sessions.items()}
        content = {"token": self._token_hash, "sessions": rows}
        write_private_file(self._path, json.dumps(content).encode())
        self._written_at = now


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
