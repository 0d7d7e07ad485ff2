"""Several readers at once, their results in the order of the documents."""

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
from app.pipeline.second_process import processors

_AHEAD = 8
"""Documents for each reader that may be read while an earlier one is still waited for."""


class Readers:
    """Children that read documents; they start with the first document. For one thread.

    `cancel` is for any thread.
    """

    def __init__(self, count: int | None = None, limits: Limits | None = None) -> None:
        """Starts as many readers as there are processors, unless `count` is given."""
        self._count = count or processors()
        self._limits = limits or Limits()
        self._threads = ThreadPoolExecutor(self._count, "reader")
        self._local = threading.local()
        self.cages: list[SandboxProcess] = []
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
        """Ends every reader at once; no result comes afterwards."""
        self.is_cancelled = True
        with self._lock:
            for cage in self.cages:
                cage.kill()

    def close(self) -> None:
        self.cancel()
        self._threads.shutdown(cancel_futures=True)
        for cage in self.cages:
            cage.close()

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
                answer = self._cage().read(descriptor, source.name, self._limits)
            finally:
                os.close(descriptor)
        except OSError as e:
            return unread(source.name, size, f"It cannot be read: {e.strerror or e}.")
        result = result_of(answer, source.name, size)
        self._cage().kinds.update(file.kind for file in result.files if file.kind)
        return result

    def _cage(self) -> SandboxProcess:
        """Return the sandbox of this thread."""
        cage: SandboxProcess | None = getattr(self._local, "cage", None)
        if cage is None:
            cage = self._local.cage = SandboxProcess()
            with self._lock:
                self.cages.append(cage)
                if self.is_cancelled:
                    cage.kill()
        return cage


def read_documents(
    sources: Iterable[Source], limits: Limits | None = None, count: int | None = None
) -> Iterator[DocumentResult]:
    """Reads them with children of their own, which end with the last document."""
    with Readers(count, limits) as readers:
        yield from readers.read(sources)


def _close_result(future: Future[DocumentResult]) -> None:
    with suppress(Exception):
        future.result().close()
