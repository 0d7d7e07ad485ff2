"""The orchestrator: the face of the engine, where analyses begin and are read."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from app.documents.models import Source
from app.enrichment.adapters.base import Adapter
from app.enrichment.analysis import commands
from app.enrichment.analysis.cache import AnalysisCache
from app.enrichment.analysis.change_set import new_job
from app.enrichment.analysis.live_analysis import JobChanges, LiveAnalysis
from app.enrichment.analysis.planned_lookups import plan_lookups
from app.enrichment.analysis.store import JobStore, MemoryStore
from app.enrichment.analysis.summary import JobSummary
from app.enrichment.analysis.writer import Command, Writer
from app.enrichment.controls import Controls
from app.enrichment.dispatch.circuit_breaker import CircuitBreaker
from app.enrichment.dispatch.outcomes import FAILED
from app.enrichment.dispatch.scheduler import Scheduler
from app.enrichment.models import (
    Analysis,
    EnrichmentResult,
    JobStatus,
    Lookup,
    Mode,
    Reason,
    utcnow,
)
from app.enrichment.quota.ledger import QuotaLedger, Unlimited
from app.enrichment.timing import Timing
from app.jobs.models import ANALYSIS, CANCELLING, IMPORT, PLANNED, READING, Job, JobState
from app.jobs.transitions import ENDED
from app.pipeline.models import IOC

log = logging.getLogger(__name__)


class EnrichmentOrchestrator(Controls):
    """Runs analyses in the background, with at most `max_workers` calls at once over all of them.

    The store holds the truth. In memory are the `max_jobs` analyses read last and all that are
    under way, as they were committed. One lock guards memory, and only snapshots leave it. The
    scheduler's thread starts lookups, workers call providers, the writer's thread commits.
    """

    def __init__(
        self,
        adapters: Adapter | Sequence[Adapter],
        max_workers: int = 4,
        max_jobs: int = 100,
        *,
        ledger: QuotaLedger | None = None,
        breakers: Mapping[str, CircuitBreaker] | None = None,
        store: JobStore | None = None,
        on_change: Callable[[str], None] = lambda job_id: None,
        timing: Timing = Timing(),  # noqa: B008 - frozen
    ) -> None:
        """`ledger`: None if no provider is limited. `breakers`: by the provider's name.

        `on_change` is called with a job's id after each of its changes, with the lock: it must
        not wait.
        """
        self.adapters = tuple(adapters) if isinstance(adapters, Sequence) else (adapters,)
        self._store = store or MemoryStore()
        self._on_change = on_change
        self._timing = timing
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._cache = AnalysisCache(self._store, lock, max_jobs)
        self._writer = Writer(self._store, lock, self._after_commit, timing)
        self._scheduler = Scheduler(
            self.adapters,
            max_workers,
            ledger or Unlimited(),
            breakers or {},
            lock,
            self._writer,
            on_change,
            timing,
        )
        self._closed = False

    # An analysis begins, or goes on.

    def begin(
        self,
        analysis: Analysis,
        lookups: Sequence[Lookup] | None = None,
        *,
        sources: Sequence[Source] = (),
        waits_for_choice: bool = False,
    ) -> None:
        """Store an analysis, so that it can be polled, and start its lookups. Raises StorageError.

        The one way in which an analysis begins. `lookups` are to be asked, held back, or known
        already; None: each IOC at each provider. With `sources` its documents are to be read
        first, which changes it by `submit`. With `waits_for_choice` nothing is asked before
        `start_planned`. An offline analysis has no lookups.
        """
        phase = READING if sources else PLANNED if waits_for_choice else None
        self._create(analysis, () if sources else lookups, sources, phase)

    def start_planned(
        self,
        job_id: str,
        skipped: Mapping[tuple[IOC, str], Reason],
        known: Sequence[EnrichmentResult] = (),
    ) -> None:
        """Start what was planned, except what is skipped, each with the reason why.

        `known`: what was answered since it was planned; that is not asked either.
        Raises JobNotFoundError, StorageError, or JobActionError if the job is not planned.
        """
        self._execute(job_id, lambda draft: commands.start_planned(draft, skipped, known))

    def submit(self, job_id: str, command: Command[object], unwritten: int = 0) -> None:
        """Have a command committed, however long that takes; ignored if the job is gone.

        Returns when at most so many commands of the job are not committed yet, or at the end.
        """
        if (job := self._cache.find(job_id)) is None:
            return
        with self._changed:
            if self._closed:
                return
            self._writer.enqueue_locked(job, command)
            self._changed.wait_for(lambda: job.run.uncommitted <= unwritten or self._closed)

    def enrich_all(self, job_id: str, iocs: Iterable[IOC]) -> None:
        """Ask for every IOC; blocks until every lookup of the job ended.

        It returns early if nothing of it can be asked for a while: the job goes on by itself.
        """
        job = self._cache.find(job_id)
        if job is None:
            analysis = Analysis(job_id, tuple(dict.fromkeys(iocs)), Mode.ONLINE)
            job = self._create(analysis, None, (), None)
        with self._changed:
            self._start_locked(job)
            self._changed.wait_for(lambda: self._need_not_wait(job))

    def resume_unfinished(self) -> None:
        """Resume the jobs that were queued or running when the server ended."""
        for job_id in self._store.unfinished():
            if (job := self._cache.find(job_id)) is not None:
                with self._changed:
                    self._start_locked(job)

    # What can be read.

    def get_status(self, job_id: str) -> JobStatus | None:
        job = self._cache.find(job_id)
        with self._changed:
            return job.status() if job else None

    def changes(self, job_id: str, since: int | None = None) -> JobChanges | None:
        """Return the job and the lookups that changed after `since`; None: every lookup."""
        if (job := self._cache.find(job_id)) is None:
            return None
        with self._changed:
            changes = job.changes(since)
            return replace(changes, job=self.with_blocker(changes.job))

    def summary(self, job_id: str) -> JobSummary | None:
        """Return the job without its IOCs and their verdicts, which only the store counts."""
        if (job := self._cache.find(job_id)) is None:
            return None
        with self._changed:
            summary = job.summary()
            return replace(summary, job=self.with_blocker(summary.job))

    def rows_since(self, job_id: str, since: int) -> list[Lookup]:
        changes = self.changes(job_id, since)
        return changes.rows if changes else []

    def waiting(self, provider: str) -> list[int]:
        """Return how many lookups of each job wait there; jobs take turns."""
        with self._changed:
            return self._scheduler.sizes_locked(provider)

    def with_blocker(self, job: Job) -> Job:
        """Return the job, its message replaced by what blocks it now."""
        with self._changed:
            blocker = self.problem or self._scheduler.blocked_by_locked(job.id)
        return job if blocker is None else replace(job, message=f"{blocker.rstrip('.')}.")

    @property
    def problem(self) -> str | None:
        """Why nothing can be written or sent now, or None."""
        return self._writer.problem or self._scheduler.problem

    def close(self) -> None:
        """Start nothing more, write what was answered, and let every `enrich_all` return."""
        with self._changed:
            self._closed = True
            self._scheduler.close_locked()
            self._changed.notify_all()
        self._writer.close()

    # Inside.

    def _create(
        self,
        analysis: Analysis,
        lookups: Sequence[Lookup] | None,
        sources: Sequence[Source],
        phase: str | None,
    ) -> LiveAnalysis:
        if analysis.mode is Mode.OFFLINE:
            lookups = ()
        elif lookups is None:
            lookups = list(plan_lookups(self.adapters, analysis.iocs, {}))
        rows = [replace(lookup, seq=seq) for seq, lookup in enumerate(lookups, start=1)]
        job_type = IMPORT if phase == READING else ANALYSIS
        job = Job(analysis.job_id, job_type, phase=phase, created_at=analysis.created_at)
        start = self._start_locked if phase is None else lambda job: None
        return self._cache.add(new_job(job, rows), analysis, rows, start, sources)

    def _start_locked(self, job: LiveAnalysis) -> None:
        """Queue the job at once; the commit that it runs follows."""
        if job.state in ENDED:
            return
        self._writer.enqueue_locked(job, commands.start)
        if job.state in (JobState.QUEUED, JobState.RUNNING) and not job.job.phase:
            self._queue_locked(job)

    def _queue_locked(self, job: LiveAnalysis) -> None:
        if self._closed:
            return
        try:
            self._scheduler.queue_locked(job)
        except Exception:
            log.exception("job %s failed", job.id)
            self._scheduler.withdraw_locked(job)
            self._writer.enqueue_locked(job, lambda draft: draft.fail(FAILED))

    def _after_commit(self, job: LiveAnalysis) -> None:
        """Make the queues match what was committed; called by the writer with the lock.

        Also after a commit that failed and a command that raised: a job that was withdrawn for
        them is queued again.
        """
        if job.job.phase != CANCELLING:
            job.run.cancel_at = None
        if job.is_deleted:
            self._cache.remove_locked(job.id)
            self._scheduler.forget_jobs_locked({job.id})
        if job.state is JobState.RUNNING and not (job.job.phase or job.is_deleted):
            self._queue_locked(job)
        else:
            self._scheduler.withdraw_locked(job)
        self._scheduler.wake_locked()
        self._changed.notify_all()
        self._on_change(job.id)

    def _need_not_wait(self, job: LiveAnalysis) -> bool:
        is_over = job.complete or job.is_planned or job.is_deleted or self._closed
        longest = timedelta(seconds=self._timing.longest_block_s)
        return is_over or job.is_asleep(utcnow() + longest)
