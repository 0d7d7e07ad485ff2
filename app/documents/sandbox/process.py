"""The server's side of one sandbox worker: sends a document, gathers the report, kills in time."""

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
from app.pipeline.models import IOCType

_CHUNK = 1 << 16
_IN_MEMORY = 1 << 18
_TAIL = 1 << 17
_GRACE_S = 1.0  # the time between the deadline of the reader and the kill from here
_LONGEST_NAME = 1_000
_BROKEN = "The reader broke down, as hostile or damaged files make it; the rest is unread."
_GONE = "The reader was killed from outside; the rest is unread."
_CANCELLED = "Reading was cancelled."
_PROGRAM = """
import sys
sys.path[:] = sys.argv[2:]
from app.documents.sandbox.worker import main
main()
"""


@dataclass(frozen=True, slots=True)
class SandboxReply:
    """The report of a reader, as lines in memory, or in a temporary file without a name."""

    lines: IO[bytes]
    trouble: str
    """Why the report is incomplete, as a sentence; "" if it is complete."""


class SandboxProcess:
    """One sandbox worker, for one thread; it starts with the first document."""

    def __init__(self, also: frozenset[IOCType] = frozenset()) -> None:
        self._also = also
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._is_closed = False
        self.kinds: set[str] = set()
        """The kinds of files met so far: the worker loads their readers in advance."""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def read(self, source: int, name: str, limits: Limits) -> SandboxReply:
        """Read an open file; the caller closes its descriptor. Raises OSError."""
        reply = self._read(source, name, limits)
        # A worker that was killed between two documents, by the OOM killer for example, wrote
        # nothing: the document is read once more by a new one.
        if reply.trouble == _GONE and not self._is_closed and not reply.lines.tell():
            reply.lines.close()
            reply = self._read(source, name, limits)
        reply.lines.seek(0)
        return reply

    def _read(self, source: int, name: str, limits: Limits) -> SandboxReply:
        wall_s = limits.wall_s + self._extra_s(source, limits)
        request = {
            "name": name[:_LONGEST_NAME].encode("utf-8", "replace").decode(),
            "limits": asdict(limits),
            "kinds": sorted(self.kinds),
            "also": sorted(self._also),
        }
        ours, theirs = os.pipe()
        try:
            try:
                control = self._send(json.dumps(request).encode(), source, theirs)
            finally:
                os.close(theirs)
            ends_at = time.monotonic() + wall_s + _GRACE_S
            spool: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # closed by the caller
            trouble = _copy(ours, spool, limits.report, ends_at, wall_s)
            trouble = trouble or _ended(control, ends_at)
        finally:
            os.close(ours)
        if trouble:
            self._end()
        return SandboxReply(spool, _CANCELLED if self._is_closed else trouble)

    def kill(self) -> None:
        """Kill the worker at once; nothing is read afterwards. For any thread."""
        with self._lock:
            self._is_closed = True
            self._kill_group()

    def close(self) -> None:
        """Kill the worker and wait for its end."""
        self.kill()
        self._end()

    def _extra_s(self, source: int, limits: Limits) -> float:
        """Return the additional time for plain text, by its size."""
        size = os.fstat(source).st_size
        head, tail = os.pread(source, HEAD, 0), os.pread(source, _TAIL, max(0, size - _TAIL))
        return size / limits.text_bytes_per_s if kind_of(head, tail) in TEXTS else 0.0

    def _send(self, message: bytes, source: int, target: int) -> socket.socket:
        for is_last_try in (False, True):
            control = self._started()
            try:
                os.lseek(source, 0, os.SEEK_SET)
                socket.send_fds(control, [message], [source, target])
            except OSError:  # the worker ended since the last document
                self._end()
                if is_last_try:
                    raise
            else:
                return control
        raise OSError("no reader")

    def _started(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        with self._lock:
            if self._is_closed:
                raise OSError(_CANCELLED)
            if self._control is None:
                self._control, theirs = socket.socketpair()
                with theirs:
                    self._process = _start(theirs)
            return self._control

    def _end(self) -> None:
        with self._lock:
            self._kill_group()
            process, self._process = self._process, None
            control, self._control = self._control, None
            if process is not None:
                process.wait()
            if control is not None:
                control.close()

    def _kill_group(self) -> None:
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _start(control: socket.socket) -> subprocess.Popen[bytes]:
    """Start a worker that keeps only its end of the control socket."""
    # The worker runs in another folder, where "" and other relative paths would lead elsewhere.
    paths = [os.path.abspath(path) for path in sys.path]  # noqa: PTH100  # "" is no path
    return subprocess.Popen(  # noqa: S603  # this interpreter
        [sys.executable, "-I", "-c", _PROGRAM, str(control.fileno()), *paths],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        pass_fds=[control.fileno()],
        start_new_session=True,  # one process group, which is killed as a whole
    )


def _copy(source: int, spool: IO[bytes], most: int, ends_at: float, wall_s: float) -> str:
    """Copy the report; return why it is incomplete, or ""."""
    while True:
        if not _is_ready(source, ends_at):
            return f"The reader was stopped after {wall_s:,.0f} s; the rest is unread."
        chunk = os.read(source, _CHUNK)
        if not chunk:
            return ""
        most -= len(chunk)
        if most < 0:
            return "The reader found more than it may report; the rest is missing."
        spool.write(chunk)


def _ended(control: socket.socket, ends_at: float) -> str:
    """Read the exit status from the worker; return why the reader failed, or ""."""
    try:
        status = control.recv(64) if _is_ready(control.fileno(), ends_at) else b""
    except OSError:  # closed by `kill` in another thread
        status = b""
    if status == b"0\n":
        return ""
    return _BROKEN if status else _GONE


def _is_ready(descriptor: int, ends_at: float) -> bool:
    """Wait until the descriptor can be read; return False at the deadline."""
    if descriptor < 0:
        return True
    return bool(select.select([descriptor], [], [], max(0, ends_at - time.monotonic()))[0])
