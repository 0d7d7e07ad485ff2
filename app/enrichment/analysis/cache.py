"""The analyses in memory: one copy of each, read from the store on demand."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import islice

from app.documents.models import Source
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.analysis.store import JobStore, JobWrite
from app.enrichment.models import Analysis, Lookup
from app.jobs.models import Job


class AnalysisCache:
    """The `max_jobs` analyses that were read last, and all that are under way.

    `lock` guards what is in memory. Reading and writing the store raise StorageError.
    """

    def __init__(self, store: JobStore, lock: threading.RLock, max_jobs: int) -> None:
        self._store = store
        self._lock = lock
        self._max_jobs = max_jobs
        # One thread at a time brings an analysis into memory, with the disk read in between. The
        # other lock is not held meanwhile, so workers and pages go on.
        self._loading = threading.Lock()
        self._jobs: OrderedDict[str, LiveAnalysis] = OrderedDict()

    def add(
        self,
        envelope: Job,
        analysis: Analysis,
        lookups: Sequence[Lookup],
        added: Callable[[LiveAnalysis], None],
        sources: Sequence[Source] = (),
    ) -> LiveAnalysis:
        """Write an analysis to the store, then to memory.

        `added` is called with the lock before another thread can find the analysis. If two
        threads add the same one at once, both get the copy of the first.
        """
        unread = range(len(sources))
        job = LiveAnalysis(envelope, analysis, lookups, len(lookups), unread=unread)
        # A thread that looked for it between the two steps would load a second copy, which no
        # commit keeps up to date.
        with self._loading:
            if (known := self._in_memory(job.id)) is not None:
                return known
            self._store.create(envelope, analysis, lookups, sources)
            with self._lock:
                self._remember_locked(job)
                added(job)
        return job

    def find(self, job_id: str) -> LiveAnalysis | None:
        """Return the analysis, read from the store if needed; None if there is none."""
        if (job := self._in_memory(job_id)) is not None:
            return job
        with self._loading:
            # Another thread may have loaded it while this one waited.
            if (job := self._in_memory(job_id)) is not None:
                return job
            if (stored := self._store.load(job_id)) is None:
                return None
            job = LiveAnalysis(
                stored.job,
                stored.analysis,
                stored.lookups,
                stored.last_seq,
                stored.outcomes,
                stored.unread,
            )
            with self._lock:
                self._remember_locked(job)
            return job

    def remove_locked(self, job_id: str) -> None:
        self._jobs.pop(job_id, None)

    def delete_others(self, jobs: Sequence[Job]) -> list[LiveAnalysis]:
        """Delete with one commit those that are not in memory, and return those that are."""
        with self._loading:  # meanwhile none of them can come into memory
            with self._lock:
                loaded = dict(self._jobs)
            away = [JobWrite(job, is_deleted=True) for job in jobs if job.id not in loaded]
            if away:
                self._store.commit(away)
        return [loaded[job.id] for job in jobs if job.id in loaded]

    def _in_memory(self, job_id: str) -> LiveAnalysis | None:
        with self._lock:
            if (job := self._jobs.get(job_id)) is not None:
                self._jobs.move_to_end(job_id)
            return job

    def _remember_locked(self, job: LiveAnalysis) -> None:
        """Add the analysis; past the limit, those that were read longest ago leave."""
        self._jobs[job.id] = job
        excess = len(self._jobs) - self._max_jobs
        if excess > 0:
            leaving = (j.id for j in self._jobs.values() if j.may_leave and j is not job)
            for job_id in list(islice(leaving, excess)):
                del self._jobs[job_id]
