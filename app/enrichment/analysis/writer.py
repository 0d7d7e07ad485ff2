"""Writes what changed, many changes at a time, and tells memory of it afterwards."""

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
from app.errors import JobNotFoundError, StorageError

log = logging.getLogger(__name__)

T = TypeVar("T")
Plan = Callable[[ChangeSet], T]
"""Looks at a job and gathers what is to change. Its errors go to whoever asked for it."""

# How long changes gather before they are written: one commit costs more than many changes.
# Nobody waits for that who asked for a change.
LINGER_S = 0.04
# How soon a commit that failed is tried again.
RETRY_S = 1.0
UNEXPECTED = "Telltale failed while writing its database; the log says how."


@dataclass(frozen=True, slots=True)
class Entry:
    job: LiveAnalysis
    plan: Plan[Any]
    result: Future[Any] | None
    """None for what must not get lost: it is tried until it is written."""


class Writer:
    """One thread. Plans see what was committed, and no plan of another thread in between."""

    def __init__(
        self,
        store: JobStore,
        lock: threading.RLock,
        applied: Callable[[LiveAnalysis], None],
    ) -> None:
        """`lock` guards the jobs; `applied` is called with it, for each job of a commit."""
        self.problem: str | None = None
        """Why nothing can be written now."""
        self._store = store
        self._lock = lock
        self._applied = applied
        self._entries: list[Entry] = []
        self._wake = threading.Condition(lock)
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, job: LiveAnalysis, plan: Plan[Any]) -> None:
        """With the lock. What the plan changes is written soon, and never lost."""
        self._put(Entry(job, plan, None))

    def execute(self, job: LiveAnalysis, plan: Plan[T]) -> T:
        """Without the lock. Returns when it is written; raises what the plan or the store did."""
        result: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise StorageError("Telltale is ending; nothing was changed.")
            self._put(Entry(job, plan, result))
        return result.result()

    def close(self, timeout_s: float = 1.0) -> None:
        """Write what is waiting; what cannot be written in time is asked again next time."""
        with self._lock:
            self._closed = True
            self._wake.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _put(self, entry: Entry) -> None:
        entry.job.unwritten += 1
        self._entries.append(entry)
        if len(self._entries) == 1 or entry.result:
            self._wake.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                while not (self._entries or self._closed):
                    self._wake.wait()
                if not self._entries:
                    return
                self._wake.wait_for(self._is_urgent, LINGER_S)
                is_last = self._closed
            is_written = self._commit_entries()
            if not is_written and is_last:
                return
            if not is_written:
                time.sleep(RETRY_S)

    def _is_urgent(self) -> bool:
        return self._closed or any(entry.result for entry in self._entries)

    def _commit_entries(self) -> bool:
        with self._lock:
            entries, self._entries = self._entries, []
            drafts, planned = self._plan(entries)
        try:
            firsts = self._store.commit([draft.as_write() for draft in drafts]) if drafts else []
        except Exception as e:
            self._failed(entries, planned, e)
            return False
        with self._lock:
            self.problem = None
            for draft, first in zip(drafts, firsts, strict=True):
                draft.base.apply(draft.as_write(), first)
            self._finish(entries, {entry.job.id: entry.job for entry in entries})
        for entry, answer in planned:
            if entry.result:
                entry.result.set_result(answer)
        return True

    def _plan(self, entries: Sequence[Entry]) -> tuple[list[ChangeSet], list[tuple[Entry, Any]]]:
        drafts: dict[str, ChangeSet] = {}
        planned = []
        for entry in entries:
            try:
                planned.append((entry, entry.plan(_draft(entry.job, drafts))))
            except Exception as e:
                if entry.result:
                    entry.result.set_exception(e)
                elif not isinstance(e, JobNotFoundError):
                    log.exception("a change of the job %s is lost", entry.job.id)
        for draft in drafts.values():
            draft.conclude()
        return [draft for draft in drafts.values() if not draft.is_empty], planned

    def _failed(
        self, entries: Sequence[Entry], planned: Sequence[tuple[Entry, Any]], error: Exception
    ) -> None:
        problem = str(error) if isinstance(error, StorageError) else UNEXPECTED
        with self._lock:
            if problem != self.problem:
                log.error("%s", problem, exc_info=error if problem == UNEXPECTED else None)
            kept = [entry for entry in entries if entry.result is None]
            # Whoever asked for a change is told; a problem is what does not let answers in.
            self.problem = problem if kept else None
            dropped = [entry for entry in entries if entry.result is not None]
            self._entries[:0] = kept
            self._finish(dropped, {entry.job.id: entry.job for entry in entries})
        for entry, _ in planned:
            if entry.result:
                entry.result.set_exception(error)

    def _finish(self, entries: Sequence[Entry], jobs: dict[str, LiveAnalysis]) -> None:
        for entry in entries:
            entry.job.unwritten -= 1
        for job in jobs.values():
            self._applied(job)


def _draft(job: LiveAnalysis, drafts: dict[str, ChangeSet]) -> ChangeSet:
    """That of the job, among those of this commit. Raises JobNotFoundError."""
    draft = drafts.get(job.id)
    if job.is_deleted or (draft and draft.is_deleted):
        raise JobNotFoundError(f"The job {job.id} was deleted.")
    return drafts.setdefault(job.id, draft or ChangeSet(job))
