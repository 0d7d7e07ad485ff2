"""The server's side of one reader: hands a document over, gathers the answer, kills in time."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from app.documents.kinds import HEAD, TEXTS, kind_of
from app.documents.limits import Limits

_CHUNK = 1 << 16
_IN_MEMORY = 1 << 18
_TAIL = 1 << 17
_GRACE_S = 1.0
_LONGEST_NAME = 1_000
_BROKEN = "The reader broke down, as hostile or damaged files make it; the rest is unread."
_GONE = "The reader was ended from outside; the rest is unread."
_CANCELLED = "Reading was cancelled."
_PROGRAM = """
import sys
sys.path[:] = sys.argv[2:]
from app.documents.sandbox.worker import main
main()
"""


@dataclass(frozen=True, slots=True)
class SandboxReply:
    """The answer of a reader, line by line, in memory or in a file without a name."""

    lines: IO[bytes]
    trouble: str
    """Why it ended before its end, as a sentence; "" if it did not."""


class SandboxProcess:
    """One reader at a time, for one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._door: socket.socket | None = None
        self._is_closed = False
        self.kinds: set[str] = set()
        """The kinds of files met so far: the worker loads their readers in advance."""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def read(self, source: int, name: str, limits: Limits) -> SandboxReply:
        """Reads an open file, whose descriptor stays the caller's. Raises OSError."""
        answer = self._read(source, name, limits)
        if answer.trouble == _GONE and not self._is_closed and not answer.lines.tell():
            answer.lines.close()
            answer = self._read(source, name, limits)
        answer.lines.seek(0)
        return answer

    def _read(self, source: int, name: str, limits: Limits) -> SandboxReply:
        wall_s = limits.wall_s + self._extra_s(source, limits)
        request = {
            "name": name[:_LONGEST_NAME].encode("utf-8", "replace").decode(),
            "limits": asdict(limits),
            "kinds": sorted(self.kinds),
        }
        ours, theirs = os.pipe()
        try:
            try:
                door = self._send(json.dumps(request).encode(), source, theirs)
            finally:
                os.close(theirs)
            ends_at = time.monotonic() + wall_s + _GRACE_S
            spool: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # the answer's
            trouble = _copy(ours, spool, limits.answer, ends_at, wall_s)
            trouble = trouble or _ended(door, ends_at)
        finally:
            os.close(ours)
        if trouble:
            self._end()
        return SandboxReply(spool, _CANCELLED if self._is_closed else trouble)

    def kill(self) -> None:
        """Ends what is being read at once; nothing is read afterwards. For any thread."""
        with self._lock:
            self._is_closed = True
            self._kill_group()

    def close(self) -> None:
        self.kill()
        self._end()

    def _extra_s(self, source: int, limits: Limits) -> float:
        size = os.fstat(source).st_size
        head, tail = os.pread(source, HEAD, 0), os.pread(source, _TAIL, max(0, size - _TAIL))
        return size / limits.text_bytes_per_s if kind_of(head, tail) in TEXTS else 0.0

    def _send(self, message: bytes, source: int, target: int) -> socket.socket:
        for is_last_try in (False, True):
            door = self._started()
            try:
                os.lseek(source, 0, os.SEEK_SET)
                socket.send_fds(door, [message], [source, target])
            except OSError:  # it ended since the last document
                self._end()
                if is_last_try:
                    raise
            else:
                return door
        raise OSError("no reader")

    def _started(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        with self._lock:
            if self._is_closed:
                raise OSError(_CANCELLED)
            if self._door is None:
                self._door, theirs = socket.socketpair()
                with theirs:
                    self._process = _start(theirs)
            return self._door

    def _end(self) -> None:
        with self._lock:
            self._kill_group()
            process, self._process = self._process, None
            door, self._door = self._door, None
            if process is not None:
                process.wait()
            if door is not None:
                door.close()

    def _kill_group(self) -> None:
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _start(door: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # this interpreter
        [sys.executable, "-I", "-c", _PROGRAM, str(door.fileno()), *sys.path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        pass_fds=[door.fileno()],
        start_new_session=True,  # and one group, to be killed together
    )


def _copy(source: int, spool: IO[bytes], most: int, ends_at: float, wall_s: float) -> str:
    """Returns why it could not be copied to its end, or ""."""
    while True:
        if not _is_ready(source, ends_at):
            return f"The reader was stopped after {wall_s:,.0f} s; the rest is unread."
        chunk = os.read(source, _CHUNK)
        if not chunk:
            return ""
        most -= len(chunk)
        if most < 0:
            return "The reader found more than it may tell; the rest is missing."
        spool.write(chunk)


def _ended(door: socket.socket, ends_at: float) -> str:
    """Why the reader ended before its end, or ""."""
    try:
        said = door.recv(64) if _is_ready(door.fileno(), ends_at) else b""
    except OSError:  # killed from another thread
        said = b""
    if said == b"0\n":
        return ""
    return _BROKEN if said else _GONE


def _is_ready(descriptor: int, ends_at: float) -> bool:
    """Waits for something to read."""
    if descriptor < 0:
        return True
    return bool(select.select([descriptor], [], [], max(0, ends_at - time.monotonic()))[0])
