"""A second process reads the second half of a long text, if there is a second processor.

Python runs one thread at a time, so only a process halves the time of an extraction. It starts
with the first long text, waits for the next one, and ends with the process that started it.
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
"""A function that takes and returns what `marshal` can write: text, numbers, lists, tuples."""

_SIZE_BYTES = 8
# How long the reply may take after the caller's own part is done: a constant for the start of
# the process, and a multiple of the time that the caller needed for its half.
PATIENCE_S = 10.0
PATIENCE_FACTOR = 10.0
_PROGRAM = """
import sys
sys.path[:] = sys.argv[1:]
from app.pipeline.extractor import run_second_process
run_second_process()
"""


class SecondProcess:
    """Starts and keeps one process, which reads one text at a time."""

    def __init__(self) -> None:
        self._is_free = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._parent = 0
        atexit.register(self.kill)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def submit(self, *request: Any) -> Reply | None:
        """Send a request; `wait` of the reply must be called in any case.

        None means that the caller does all the work: there is one processor, the process is
        busy with the text of another thread, or it cannot be started.
        """
        if processors() < 2 or not self._is_free.acquire(blocking=False):
            return None
        try:
            return Reply(self._started(), request, self._reply_ended)
        except OSError as e:
            log.warning("There is no second process for long texts: %s", e)
            self._is_free.release()
            return None

    def kill(self) -> None:
        """Kill the process: it holds nothing that could be lost."""
        process, self._process = self._process, None
        if process is not None and self._parent == os.getpid():
            process.kill()
            process.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        # After a fork both processes hold the pipes of one child; only the one that started it
        # may use them.
        is_ours = self._process is not None and self._parent == os.getpid()
        if self._process is None or not is_ours or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603  # this interpreter
                [sys.executable, "-c", _PROGRAM, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},  # keys may be in ours
                start_new_session=True,  # Ctrl-C is for the first process
            )
            self._parent = os.getpid()
        return self._process

    def _reply_ended(self, succeeded: bool) -> None:
        if not succeeded:
            log.warning("The second process for long texts failed; its part is done again.")
            self.kill()
        self._is_free.release()


class Reply:
    """The reply of the second process; a thread of its own sends the request and reads it."""

    # A thread, because both directions go through pipes: the caller would block while it writes
    # a request that is longer than the buffer of the pipe.

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        request: tuple[Any, ...],
        ended: Callable[[bool], None],
    ) -> None:
        self._process = process
        self._request = request
        self._ended = ended
        self._answer: Any = None
        self._asked_at = time.monotonic()
        self._thread = threading.Thread(target=self._exchange, name="second-process", daemon=True)
        self._thread.start()

    def wait(self) -> Any:
        """Return the answer, or None if the process failed or took too long."""
        self._thread.join(PATIENCE_S + PATIENCE_FACTOR * (time.monotonic() - self._asked_at))
        answer = self._answer
        self._ended(answer is not None)
        return answer

    def _exchange(self) -> None:
        streams = self._process.stdin, self._process.stdout
        if streams[0] is None or streams[1] is None:
            return
        try:
            _write(streams[0], self._request)
            self._answer = _read(streams[1])
        except (OSError, EOFError, ValueError) as e:
            log.debug("the second process is gone: %s", e)


def serve(work: Work) -> None:
    """Answer requests until the first process ends; runs in the second process."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            request = _read(source)
        except EOFError:
            return
        _write(target, work(*request))


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _write(stream: IO[bytes], message: Any) -> None:
    data = marshal.dumps(message)
    stream.write(len(data).to_bytes(_SIZE_BYTES, "big"))
    stream.write(data)
    stream.flush()


def _read(stream: IO[bytes]) -> Any:
    """Read one message; raises EOFError at the end of the stream."""
    size = int.from_bytes(_exactly(stream, _SIZE_BYTES), "big")
    return marshal.loads(_exactly(stream, size))  # noqa: S302  # written by this program


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


# One for the whole process, against the rule that state has an owner: `extract_iocs(text)` is a
# function without an owner by contract, and a process for each caller would start an
# interpreter for each text. It holds no data between two texts, has a lock of its own, notices
# a fork, and is killed by `atexit`.
second_process = SecondProcess()
