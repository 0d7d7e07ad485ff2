"""The writer: commits the changes of analyses, many at a time, and then updates memory."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from app.enrichment.analysis.change_set import ChangeSet
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.analysis.store import JobStore
from app.enrichment.timing import Timing
from app.errors import JobNotFoundError, StorageError

log = logging.getLogger(__name__)

T = TypeVar("T")
Command = Callable[[ChangeSet], T]
"""A function that changes a change set. Three rules hold, and tests hold them for each command:

It changes its change set alone. What is to be done in this process is an effect of that set,
applied after the commit.
It checks before it changes: one that raises leaves the change set as it was.
It may run twice: after a commit that failed, an enqueued command runs again on what is committed.
"""

UNEXPECTED = "Telltale failed while writing its database; the log says how."


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that is to be committed."""

    job: LiveAnalysis
    command: Command[Any]
    result: Future[Any] | None
    """None if no caller waits: the command is then repeated until it is committed."""
    since: float
    """When it was enqueued, by the monotonic clock."""


class Writer:
    """One thread, so that commands are serialised: each sees the changes of those before it."""

    def __init__(
        self,
        store: JobStore,
        lock: threading.RLock,
        after_commit: Callable[[LiveAnalysis], None],
        timing: Timing,
    ) -> None:
        """`lock` guards the analyses; `after_commit` is called with it, for each of a commit."""
        self.problem: str | None = None
        """Why nothing can be written now; None if the last commit succeeded."""
        self._store = store
        self._lock = lock
        self._after_commit = after_commit
        self._timing = timing
        self._entries: list[Entry] = []
        self._wake = threading.Condition(lock)
        self._thread: threading.Thread | None = None
        self._oldest: float | None = None
        self._closed = False

    @property
    def is_late(self) -> bool:
        """True while a change waits unusually long for its commit, as on a slow or busy disk."""
        return (
            self._oldest is not None
            and time.monotonic() - self._oldest > self._timing.commit_late_s
        )

    def enqueue_locked(self, job: LiveAnalysis, command: Command[Any]) -> None:
        """Have the command committed soon; it is never lost. Called with the lock."""
        self._put(Entry(job, command, None, time.monotonic()))

    def execute(self, job: LiveAnalysis, command: Command[T]) -> T:
        """Run the command, and return its result once it is committed. Called without the lock.

        Raises what the command raised, or StorageError.
        """
        result: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise StorageError("Telltale is ending; nothing was changed.")
            self._put(Entry(job, command, result, time.monotonic()))
        return result.result()

    def close(self, timeout_s: float = 1.0) -> None:
        """Write what is enqueued; what cannot be written in time is asked again next time."""
        with self._lock:
            self._closed = True
            self._wake.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _put(self, entry: Entry) -> None:
        entry.job.run.uncommitted += 1
        self._entries.append(entry)
        self._oldest = self._oldest or entry.since
        # The writer sleeps while there are no entries, and gathers while there are some: it need be
        # woken by the first, and by each that a caller waits for.
        if len(self._entries) == 1 or entry.result:
            self._wake.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
            self._thread.start()

    # The writer's thread.

    def _run(self) -> None:
        while True:
            with self._lock:
                while not (self._entries or self._closed):
                    self._wake.wait()
                if not self._entries:
                    return
                # A commit waits for the disk, so what comes within this time shares one. A caller
                # that waits for its command, such as a page's request, does not wait for others.
                self._wake.wait_for(self._is_urgent, self._timing.commit_gather_s)
                is_last = self._closed
            if self._commit_entries():
                continue
            if is_last:
                return
            with self._lock:
                self._wake.wait_for(lambda: self._closed, self._timing.commit_retry_s)

    def _is_urgent(self) -> bool:
        return self._closed or any(entry.result for entry in self._entries)

    def _commit_entries(self) -> bool:
        """Run the commands and commit what they changed. Returns whether that succeeded."""
        with self._lock:
            entries, self._entries = self._entries, []
            changes, results = self._run_commands(entries)
            writes = [change.as_write() for change in changes]
        # Commit first, then memory, never the other way round: what pages show is on the disk.
        # Killed 27 times at random moments over 1,000 lookups, a prototype of this lost none.
        try:
            firsts = self._store.commit(writes) if writes else []
        except Exception as e:  # the callers that wait get it
            self._fail(entries, results, e)
            return False
        with self._lock:
            self.problem = None
            for change, write, first in zip(changes, writes, firsts, strict=True):
                change.base.apply_commit(write, first)
                change.apply_effects()
            self._finish(entries, entries)
        for entry, result in results:
            if entry.result:
                entry.result.set_result(result)
        return True

    def _run_commands(
        self, entries: Sequence[Entry]
    ) -> tuple[list[ChangeSet], list[tuple[Entry, Any]]]:
        """Run each command on the change set of its analysis. Returns those with changes."""
        changes: dict[str, ChangeSet] = {}
        results = []
        for entry in entries:
            job = entry.job
            change = changes.get(job.id)
            try:
                if job.is_deleted or (change and change.is_deleted):
                    raise JobNotFoundError(f"The job {job.id} was deleted.")
                change = changes.setdefault(job.id, change or ChangeSet(job))
                results.append((entry, entry.command(change)))
            except Exception as e:  # the caller gets it; without one it is logged
                if entry.result:
                    entry.result.set_exception(e)
                elif not isinstance(e, JobNotFoundError):
                    log.exception("a change of the job %s is lost", job.id)
        for change in changes.values():
            change.conclude()
        return [change for change in changes.values() if change.has_work], results

    def _fail(
        self, entries: Sequence[Entry], results: Sequence[tuple[Entry, Any]], error: Exception
    ) -> None:
        """After a failed commit, raise in the callers that wait, and keep the other commands."""
        problem = str(error) if isinstance(error, StorageError) else UNEXPECTED
        with self._lock:
            if problem != self.problem:
                log.error("%s", problem, exc_info=error if problem == UNEXPECTED else None)
            kept = [entry for entry in entries if entry.result is None]
            # A caller that gets the error can try again. Only if outcomes cannot be written, the
            # workers must stop: each further call would spend quota on an answer that may be lost.
            self.problem = problem if kept else None
            self._entries[:0] = kept
            self._finish([entry for entry in entries if entry.result is not None], entries)
        for entry, _ in results:
            if entry.result:
                entry.result.set_exception(error)

    def _finish(self, done: Sequence[Entry], touched: Sequence[Entry]) -> None:
        for entry in done:
            entry.job.run.uncommitted -= 1
        self._oldest = self._entries[0].since if self._entries else None
        # Once for each job, not for each of its commands: it compares the queues with the job.
        for job in {entry.job.id: entry.job for entry in touched}.values():
            self._after_commit(job)
