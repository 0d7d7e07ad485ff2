"""The pool of sandboxed readers: several read at once, results keep the order of documents."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Self

from app.documents.limits import Limits
from app.documents.models import Source
from app.documents.sandbox.opening import open_source
from app.documents.sandbox.process import SandboxProcess
from app.documents.sandbox.results import DocumentResult, result_of, unread
from app.pipeline.models import IOCType
from app.pipeline.second_process import processors

_AHEAD = 8
"""The number of documents, for each reader, that may be read ahead of a slow one."""


class Readers:
    """The pool: one process, and one thread that waits for it, for each reader.

    Processes start with the first document. `read` and `close` are for one thread, `cancel` is
    for any thread.
    """

    def __init__(
        self,
        count: int | None = None,
        limits: Limits | None = None,
        also: frozenset[IOCType] = frozenset(),
    ) -> None:
        """`count` is the number of readers; without it there is one for each processor.

        `also` are the types to look for among those that are off by default.
        """
        self._also = also
        self._count = count or processors()
        self._limits = limits or Limits()
        self._threads = ThreadPoolExecutor(self._count, "reader")
        self._local = threading.local()
        self.processes: list[SandboxProcess] = []
        self._lock = threading.Lock()
        self.is_cancelled = False

    def read(self, sources: Iterable[Source]) -> Iterator[DocumentResult]:
        """Yield one result for each source, also for those that fail; none after `cancel`."""
        waiting: deque[Future[DocumentResult]] = deque()
        try:
            for source in sources:
                waiting.append(self._threads.submit(self._read, source))
                if len(waiting) >= self._count * _AHEAD:
                    yield from self._next(waiting)
            while waiting and not self.is_cancelled:
                yield from self._next(waiting)
        finally:
            for future in waiting:
                if not future.cancel():
                    future.add_done_callback(_close_result)

    def cancel(self) -> None:
        """Kill every reader at once; no result comes afterwards."""
        self.is_cancelled = True
        with self._lock:
            for process in self.processes:
                process.kill()

    def close(self) -> None:
        """End all readers, and wait for their threads and processes."""
        self.cancel()
        self._threads.shutdown(cancel_futures=True)
        for process in self.processes:
            process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _next(self, waiting: deque[Future[DocumentResult]]) -> Iterator[DocumentResult]:
        result = waiting.popleft().result()
        if self.is_cancelled:
            result.close()
        else:
            yield result

    def _read(self, source: Source) -> DocumentResult:
        """Read one document; runs in the thread of a reader."""
        size = 0
        if source.refusal:
            return unread(source.name, size, source.refusal)
        if not hasattr(socket, "send_fds"):
            return unread(source.name, size, "Documents can be read on Linux and macOS only.")
        try:
            descriptor = open_source(source)
            try:
                status = os.fstat(descriptor)
                size = status.st_size
                if not stat.S_ISREG(status.st_mode):
                    return unread(source.name, 0, "It is no regular file.")
                reply = self._sandbox().read(descriptor, source.name, self._limits)
            finally:
                os.close(descriptor)
        except OSError as e:
            return unread(source.name, size, f"It cannot be read: {e.strerror or e}.")
        result = result_of(reply, source.name, size)
        # The next copy of the worker loads the readers of these kinds in advance.
        self._sandbox().kinds.update(file.kind for file in result.files if file.kind)
        return result

    def _sandbox(self) -> SandboxProcess:
        """Return the process of this thread; start it if there is none."""
        process: SandboxProcess | None = getattr(self._local, "process", None)
        if process is None:
            process = self._local.process = SandboxProcess(self._also)
            with self._lock:
                self.processes.append(process)
                if self.is_cancelled:
                    process.kill()
        return process


def read_documents(
    sources: Iterable[Source], limits: Limits | None = None, count: int | None = None
) -> Iterator[DocumentResult]:
    """Yield one result for each source; the readers end with the last one."""
    with Readers(count, limits) as readers:
        yield from readers.read(sources)


def _close_result(future: Future[DocumentResult]) -> None:
    with suppress(Exception):
        future.result().close()
