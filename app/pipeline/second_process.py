"""A second process for the second half of a long text, where there is a second processor.

Python runs one thread at a time: only a process halves the time of an extraction. It starts with
the first long text, waits for the next one, and ends with the process that it helps.
"""

from __future__ import annotations

import atexit
import logging
import marshal
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any

log = logging.getLogger(__name__)

Work = Callable[..., Any]
"""Takes and returns what `marshal` can write: text, numbers, lists and tuples of these."""

_SIZE_BYTES = 8
PATIENCE_S = 10.0
PATIENCE_FACTOR = 10.0
_PROGRAM = """
import sys
sys.path[:] = sys.argv[1:]
from app.pipeline.extractor import help_out
help_out()
"""


class Helper:
    """One process, one request at a time; who finds it busy works alone."""

    def __init__(self) -> None:
        self._is_free = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        atexit.register(self.end)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def ask(self, *request: Any) -> Reply | None:
        """Hand a request over; None if there is no helper. The reply must be taken in any case."""
        if processors() < 2 or not self._is_free.acquire(blocking=False):
            return None
        try:
            return Reply(self._started(), request, self._done)
        except OSError as e:
            log.warning("There is no second process for long texts: %s", e)
            self._is_free.release()
            return None

    def end(self) -> None:
        """Kill the helper: it has nothing to lose."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        # After a fork the child of another process must not be asked.
        if self._process is None or self._process.poll() is not None or self._owner != os.getpid():
            self._process = subprocess.Popen(  # noqa: S603  # this interpreter
                [sys.executable, "-c", _PROGRAM, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the process that is helped
            )
            self._owner = os.getpid()
        return self._process

    def _done(self, succeeded: bool) -> None:
        if not succeeded:
            log.warning("The second process for long texts failed; its part is done again.")
            self.end()
        self._is_free.release()


class Reply:
    """The answer of the helper; a thread waits for it, which costs the caller nothing."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        request: tuple[Any, ...],
        done: Callable[[bool], None],
    ) -> None:
        self._process = process
        self._request = request
        self._done = done
        self._answer: Any = None
        self._asked_at = time.monotonic()
        self._thread = threading.Thread(target=self._wait, name="helper", daemon=True)
        self._thread.start()

    def take(self) -> Any:
        """Waits for it, in proportion to the caller's own part; None when the helper failed."""
        self._thread.join(PATIENCE_S + PATIENCE_FACTOR * (time.monotonic() - self._asked_at))
        answer = self._answer
        self._done(answer is not None)
        return answer

    def _wait(self) -> None:
        streams = self._process.stdin, self._process.stdout
        if streams[0] is None or streams[1] is None:
            return
        try:
            _write(streams[0], self._request)
            self._answer = _read(streams[1])
        except (OSError, EOFError, ValueError) as e:
            log.debug("the helper is gone: %s", e)


def serve(work: Work) -> None:
    """The helper's side: answer requests until the parent is gone."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            request = _read(source)
        except EOFError:
            return
        _write(target, work(*request))


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _write(stream: IO[bytes], message: Any) -> None:
    data = marshal.dumps(message)
    stream.write(len(data).to_bytes(_SIZE_BYTES, "big"))
    stream.write(data)
    stream.flush()


def _read(stream: IO[bytes]) -> Any:
    """Raises EOFError."""
    size = int.from_bytes(_exactly(stream, _SIZE_BYTES), "big")
    return marshal.loads(_exactly(stream, size))  # noqa: S302  # written by this program


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


helper = Helper()
