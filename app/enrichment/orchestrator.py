"""Runs the lookups of all jobs, and does with a job what the analyst asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from app.documents.models import Source
from app.enrichment.adapters.base import Adapter
from app.enrichment.analysis import commands
from app.enrichment.analysis.cache import AnalysisCache
from app.enrichment.analysis.change_set import ChangeSet, new_job
from app.enrichment.analysis.live_analysis import JobChanges, LiveAnalysis
from app.enrichment.analysis.planned_lookups import plan_lookups
from app.enrichment.analysis.store import JobStore, MemoryStore
from app.enrichment.analysis.summary import JobSummary
from app.enrichment.analysis.writer import Writer
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
from app.errors import JobNotFoundError
from app.jobs.models import ANALYSIS, CANCELLING, IMPORT, PLANNED, READING, Job, JobState
from app.jobs.transitions import ENDED, Step
from app.pipeline.models import IOC

log = logging.getLogger(__name__)

# Whoever waits for a job does not wait for a quota that comes later than this.
LONGEST_WAIT = timedelta(seconds=120)


class EnrichmentOrchestrator:
    """At most `max_workers` lookups at once, over all jobs.

    The store holds the truth; the `max_jobs` read last, and all that are under way, are in
    memory as they were committed. One lock guards what is in memory, and only snapshots leave
    it. The dispatcher's thread hands lookups out; the pool's threads ask; the committer's thread
    writes, and changes what is in memory after that.
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
    ) -> None:
        """`ledger`: None where nothing limits the providers. `breakers`: by provider's name.

        `on_change` is called with a job's id after each of its changes, and must not wait.
        """
        self.adapters = tuple(adapters) if isinstance(adapters, Sequence) else (adapters,)
        self._store = store or MemoryStore()
        self._on_change = on_change
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._shelf = AnalysisCache(self._store, lock, max_jobs)
        self._committer = Writer(self._store, lock, self._applied)
        self._dispatcher = Scheduler(
            self.adapters,
            max_workers,
            ledger or Unlimited(),
            breakers or {},
            lock,
            self._committer,
            on_change,
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

        `known`: what was answered since it was planned. None of that is asked either.
        Raises JobNotFoundError, StorageError, or JobActionError where the job is not planned.
        """
        self._command(job_id, lambda draft: commands.start_planned(draft, skipped, known))

    def submit(self, job_id: str, plan: commands.Command, unwritten: int = 0) -> None:
        """Change a job, however long that takes; nothing happens where it is gone.

        Returns when at most so many changes of it are still to be written, or at the end.
        """
        if (job := self._shelf.find(job_id)) is None:
            return
        with self._changed:
            if self._closed:
                return
            self._committer.submit(job, plan)
            self._changed.wait_for(lambda: job.unwritten <= unwritten or self._closed)

    def enrich_all(self, job_id: str, iocs: Iterable[IOC]) -> None:
        """Ask for every IOC; blocks until every lookup of the job ended.

        It returns early when nothing of it can be asked for a while: the job goes on by itself.
        """
        job = self._shelf.find(job_id)
        if job is None:
            analysis = Analysis(job_id, tuple(dict.fromkeys(iocs)), Mode.ONLINE)
            job = self._create(analysis, None, (), None)
        with self._changed:
            self._begin(job)
            self._changed.wait_for(lambda: self._need_not_wait(job))

    def resume_unfinished(self) -> None:
        """Take up the jobs that were queued or running when the server ended."""
        for job_id in self._store.unfinished():
            if (job := self._shelf.find(job_id)) is not None:
                with self._changed:
                    self._begin(job)

    # What the analyst asks for.

    def pause(self, job_id: str) -> None:
        """Calls in flight end, and no more are started.

        This, `resume`, `cancel` and `retry` return when it is written, and raise
        JobNotFoundError, StorageError, or JobActionError where the job's state forbids it.
        """
        self._command(job_id, lambda draft: self._stop(draft, Step.PAUSE))

    def resume(self, job_id: str) -> None:
        self._command(job_id, commands.resume)

    def cancel(self, job_id: str) -> None:
        """What waits is not asked; calls in flight have a second to answer."""
        self._command(job_id, lambda draft: self._stop(draft, Step.CANCEL))

    def retry(self, job_id: str, ioc: str | None = None, provider: str | None = None) -> None:
        """Ask again what could not be checked; with an IOC's value, that one only."""
        self._command(job_id, lambda draft: commands.retry(draft, ioc, provider))

    def ask(self, job_id: str, ioc: IOC, provider: str) -> bool:
        """Ask whatever has ended, again if need be; False when there is nothing to ask."""
        return self._try(job_id, lambda draft: commands.ask(draft, ioc, provider))

    def ask_all_again(self, job_id: str) -> int:
        """Ask again for everything that was asked; returns for how many."""
        job = self._shelf.find(job_id)
        return self._committer.execute(job, commands.ask_all_again) if job else 0

    def prioritise(self, job_id: str, ioc: IOC, provider: str) -> bool:
        """Before everything else at that provider; False for what does not wait."""

        def plan(draft: ChangeSet) -> bool:
            rank = self._dispatcher.front(provider)
            if not commands.prioritise(draft, ioc, provider, rank):
                return False
            self._dispatcher.hurry(draft.base, ioc, provider, rank)
            return True

        return self._try(job_id, plan)

    def add_ioc(self, job_id: str, ioc: IOC, lookups: Sequence[Lookup]) -> bool:
        """Add an IOC to an analysis; False if it is there already, or the job is unknown.

        An offline analysis asks no provider, whatever `lookups` holds.
        """
        if (job := self._shelf.find(job_id)) is None:
            return False
        rows = () if job.analysis.mode is Mode.OFFLINE else lookups
        return self._committer.execute(job, lambda draft: commands.add_ioc(draft, ioc, rows))

    def delete(self, job_id: str) -> None:
        """Nothing of it stays, in memory or in the store. Calls in flight end unheard.

        Raises JobNotFoundError, StorageError.
        """
        self._command(job_id, commands.delete)

    def delete_all(self, jobs: Sequence[Job]) -> None:
        """As `delete`, but those that are not in memory with one commit; also of other types."""
        loaded = self._shelf.delete_others(jobs)
        with self._changed:
            self._dispatcher.forget_jobs({job.id for job in jobs})
        for job in loaded:
            with suppress(JobNotFoundError):  # somebody else was faster
                self._committer.execute(job, commands.delete)

    def key_changed(self) -> None:
        """A key is another one now: what waits for the old one's quota need not."""
        with self._changed:
            self._dispatcher.wake()

    def forget(self, provider: str) -> None:
        """What it answered a moment ago answers nobody any more."""
        with self._changed:
            self._dispatcher.forget(provider)

    # What can be read.

    def get_status(self, job_id: str) -> JobStatus | None:
        job = self._shelf.find(job_id)
        with self._changed:
            return job.status() if job else None

    def changes(self, job_id: str, since: int | None = None) -> JobChanges | None:
        """The job and the lookups that changed after `since`; None: every lookup."""
        if (job := self._shelf.find(job_id)) is None:
            return None
        with self._changed:
            changes = job.changes(since)
            return replace(changes, job=self.with_blocker(changes.job))

    def summary(self, job_id: str) -> JobSummary | None:
        """Without the IOCs and their verdicts, which only the store counts."""
        if (job := self._shelf.find(job_id)) is None:
            return None
        with self._changed:
            summary = job.summary()
            return replace(summary, job=self.with_blocker(summary.job))

    def rows_since(self, job_id: str, since: int) -> list[Lookup]:
        changes = self.changes(job_id, since)
        return changes.rows if changes else []

    def waiting(self, provider: str) -> list[int]:
        """How many lookups of each job wait there; jobs take turns."""
        with self._changed:
            return self._dispatcher.waiting(provider)

    def with_blocker(self, job: Job) -> Job:
        """What hinders it now is what its message says."""
        with self._changed:
            hindrance = self.problem or self._dispatcher.hindrance(job.id)
        return job if hindrance is None else replace(job, message=f"{hindrance.rstrip('.')}.")

    @property
    def problem(self) -> str | None:
        """Why nothing can be written or sent now."""
        return self._committer.problem or self._dispatcher.problem

    def close(self) -> None:
        """Start nothing more, write what was answered, and let every `enrich_all` return."""
        with self._changed:
            self._closed = True
            self._dispatcher.close()
            self._changed.notify_all()
        self._committer.close()

    # Inside. What takes a job is called with the lock.

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
        begin = self._begin if phase is None else lambda job: None
        return self._shelf.add(new_job(job, rows), analysis, rows, begin, sources)

    def _command(self, job_id: str, plan: commands.Command) -> None:
        if (job := self._shelf.find(job_id)) is None:
            raise JobNotFoundError(f"There is no analysis {job_id}.")
        self._committer.execute(job, plan)

    def _try(self, job_id: str, plan: Callable[[ChangeSet], bool]) -> bool:
        """What the plan returned; False where the job is unknown."""
        job = self._shelf.find(job_id)
        return job is not None and self._committer.execute(job, plan)

    def _stop(self, draft: ChangeSet, step: Step) -> None:
        """Until this is written nothing of the job must be sent."""
        commands.check(draft, step)
        self._dispatcher.withdraw(draft.base)
        if step is Step.PAUSE:
            commands.pause(draft)
        else:
            commands.cancel(draft, time.monotonic())
            self._dispatcher.give_up_later(draft.base)

    def _begin(self, job: LiveAnalysis) -> None:
        """It takes its turn from now on, though it is not yet written that it runs."""
        if job.state in ENDED:  # there is nothing to ask
            return
        self._committer.submit(job, commands.start)
        if job.state in (JobState.QUEUED, JobState.RUNNING) and not job.job.phase:
            self._queue(job)

    def _queue(self, job: LiveAnalysis) -> None:
        if self._closed:
            return
        try:
            self._dispatcher.queue(job)
        except Exception:
            log.exception("job %s failed", job.id)
            self._dispatcher.withdraw(job)
            self._committer.submit(job, lambda draft: draft.fail(FAILED))

    def _applied(self, job: LiveAnalysis) -> None:
        """After each commit: what is done follows what was written."""
        if job.job.phase != CANCELLING:
            job.cancel_at = None
        if job.is_deleted:
            self._shelf.remove(job.id)
            self._dispatcher.forget_jobs({job.id})
        if job.state is JobState.RUNNING and not (job.job.phase or job.is_deleted):
            self._queue(job)
        else:
            self._dispatcher.withdraw(job)
        self._dispatcher.wake()
        self._changed.notify_all()
        self._on_change(job.id)

    def _need_not_wait(self, job: LiveAnalysis) -> bool:
        is_over = job.complete or job.is_planned or job.is_deleted or self._closed
        return is_over or job.is_asleep(utcnow() + LONGEST_WAIT)
