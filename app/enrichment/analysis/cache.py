"""The analyses in memory, one copy of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from app.documents.models import Source
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.analysis.store import JobStore, JobWrite
from app.enrichment.models import Analysis, Lookup
from app.jobs.models import Job
from app.jobs.registry import JobRegistry


class AnalysisCache:
    """Those read last, and all that are under way; the others are read from the store.

    `lock` guards what is in memory; reading and writing raise StorageError.
    """

    def __init__(self, store: JobStore, lock: threading.RLock, max_jobs: int) -> None:
        self._store = store
        self._lock = lock
        # Whoever brings jobs into memory does it one at a time, and nothing else meanwhile.
        self._loading = threading.Lock()
        self._jobs: JobRegistry[LiveAnalysis] = JobRegistry(max_jobs)

    def add(
        self,
        envelope: Job,
        analysis: Analysis,
        lookups: Sequence[Lookup],
        added: Callable[[LiveAnalysis], None],
        sources: Sequence[Source] = (),
    ) -> LiveAnalysis:
        """Write it, then know it; `added` is called with the lock before anybody can find it.

        Of two who add the same job at once the second gets the first one's.
        """
        unread = range(len(sources))
        job = LiveAnalysis(envelope, analysis, lookups, len(lookups), unread=unread)
        # Whoever asks for it between the two steps would load a copy that nobody keeps up to date.
        with self._loading:
            with self._lock:
                if (known := self._jobs.get(job.id)) is not None:
                    return known
            self._store.create(envelope, analysis, lookups, sources)
            with self._lock:
                self._jobs.add(job.id, job)
                added(job)
        return job

    def find(self, job_id: str) -> LiveAnalysis | None:
        with self._lock:
            if (job := self._jobs.get(job_id)) is not None:
                return job
        # Of a job that two ask for at once, one copy must come to be.
        with self._loading:
            with self._lock:
                if (job := self._jobs.get(job_id)) is not None:
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
                self._jobs.add(job_id, job)
            return job

    def remove(self, job_id: str) -> None:
        """With the lock."""
        self._jobs.remove(job_id)

    def delete_others(self, jobs: Sequence[Job]) -> list[LiveAnalysis]:
        """Delete with one commit those that are not in memory, and return those that are."""
        with self._loading:  # meanwhile none of them can come into memory
            with self._lock:
                loaded = {job.id: job for job in self._jobs}
            away = [JobWrite(job, is_deleted=True) for job in jobs if job.id not in loaded]
            if away:
                self._store.commit(away)
        return [loaded[job.id] for job in jobs if job.id in loaded]
