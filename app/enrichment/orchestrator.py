"""Runs the lookups of all jobs, and does with a job what the analyst asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from app.enrichment import control
from app.enrichment.adapters.base import Adapter
from app.enrichment.committer import Committer
from app.enrichment.dispatcher import Dispatcher
from app.enrichment.draft import Draft, new_job
from app.enrichment.job import EnrichmentJob, JobChanges, plan_lookups
from app.enrichment.models import Analysis, JobStatus, Lookup, Mode
from app.enrichment.quota import MinutePace
from app.enrichment.store import JobStore, JobWrite, MemoryStore
from app.errors import JobNotFoundError
from app.jobs.models import ANALYSIS, CANCELLING, Job, JobState
from app.jobs.registry import JobRegistry
from app.jobs.transitions import Step
from app.pipeline.models import IOC
from app.storage.models import JobSummary

log = logging.getLogger(__name__)

FAILED = "Telltale failed before this was asked; the log says how."


class EnrichmentOrchestrator:
    """At most `max_workers` lookups at once, over all jobs.

    The store holds the truth; the `max_jobs` read last, and all that are under way, are in
    memory as they were committed. One lock guards what is in memory, and only snapshots leave
    it. The threads that call `enrich_all` wait for their job and hand lookups out; the pool's
    threads ask; the committer's thread writes, and changes what is in memory after that.
    """

    def __init__(
        self,
        adapters: Adapter | Sequence[Adapter],
        max_workers: int = 4,
        max_jobs: int = 100,
        *,
        paces: Mapping[str, MinutePace] | None = None,
        store: JobStore | None = None,
        on_change: Callable[[str], None] = lambda job_id: None,
    ) -> None:
        """`on_change` is called with a job's id after each of its changes, and must not wait."""
        self.adapters = tuple(adapters) if isinstance(adapters, Sequence) else (adapters,)
        self._store = store or MemoryStore()
        self._on_change = on_change
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._loading = threading.Lock()
        self._jobs: JobRegistry[EnrichmentJob] = JobRegistry(max_jobs)
        self._committer = Committer(self._store, lock, self._applied)
        self._dispatcher = Dispatcher(
            self.adapters, max_workers, paces or {}, self._changed, self._committer
        )
        self._closed = False

    # Starting.

    def create(self, analysis: Analysis, held_back: Mapping[IOC, str] | None = None) -> None:
        """Make the job, so that it can be polled before its thread starts.

        `held_back`: why an IOC is not to be asked. An offline analysis has no lookups.
        Raises StorageError.
        """
        self._create(analysis, held_back or {}, is_started=False)

    def start(self, analysis: Analysis, held_back: Mapping[IOC, str] | None = None) -> None:
        """Make the job and work it off in a thread of its own. Raises StorageError."""
        self._run_in_thread(self._create(analysis, held_back or {}, is_started=True))

    def enrich_all(self, job_id: str, iocs: Iterable[IOC]) -> None:
        """Ask for every IOC; blocks until every lookup of the job ended."""
        job = self._find(job_id)
        if job is None:
            analysis = Analysis(job_id, tuple(dict.fromkeys(iocs)), Mode.ONLINE)
            job = self._create(analysis, {}, is_started=True)
        self._run(job)

    def go_on(self) -> None:
        """Take up the jobs that were queued or running when the server ended."""
        for job_id in self._store.unfinished():
            if (job := self._find(job_id)) is not None:
                self._run_in_thread(job)

    # What the analyst asks for.

    def pause(self, job_id: str) -> None:
        """Calls in flight end, and no more are started.

        This, `resume`, `cancel` and `retry` return when it is written, and raise
        JobNotFoundError, StorageError, or JobActionError where the job's state forbids it.
        """
        self._command(job_id, lambda draft: self._stop(draft, Step.PAUSE))

    def resume(self, job_id: str) -> None:
        self._command(job_id, control.resume)

    def cancel(self, job_id: str) -> None:
        """What waits is not asked; calls in flight have a second to answer."""
        self._command(job_id, lambda draft: self._stop(draft, Step.CANCEL))

    def retry(self, job_id: str, ioc: str | None = None, provider: str | None = None) -> None:
        """Ask again what could not be checked; with an IOC's value, that one only."""
        self._command(job_id, lambda draft: control.retry(draft, ioc, provider))

    def ask(self, job_id: str, ioc: IOC, provider: str) -> bool:
        """Ask what was held back or could not be checked; False when there is nothing to ask."""
        job = self._find(job_id)
        return job is not None and self._committer.carry_out(
            job, lambda draft: control.ask(draft, ioc, provider)
        )

    def take_in(self, job_id: str, ioc: IOC, held_back: str | None = None) -> bool:
        """Add an IOC to an analysis; False where it stands already, or the job is unknown."""
        if (job := self._find(job_id)) is None:
            return False
        asked = [ioc] if job.analysis.mode is Mode.ONLINE else []
        lookups = list(plan_lookups(self.adapters, asked, {ioc: held_back} if held_back else {}))
        return self._committer.carry_out(job, lambda draft: control.take_in(draft, ioc, lookups))

    def delete(self, job_id: str) -> None:
        """Nothing of it stays, in memory or in the store. Calls in flight end unheard.

        Raises JobNotFoundError, StorageError.
        """
        self._command(job_id, control.delete)

    def delete_all(self, jobs: Sequence[Job]) -> None:
        """As `delete`, but those that are not in memory with one commit; also of other types."""
        with self._loading:  # meanwhile none of them can come into memory
            with self._changed:
                loaded = {job.id: job for job in self._jobs}
            away = [JobWrite(job, is_deleted=True) for job in jobs if job.id not in loaded]
            if away:
                self._store.commit(away)
        for job in jobs:
            if job.id in loaded:
                with suppress(JobNotFoundError):  # somebody else was faster
                    self._committer.carry_out(loaded[job.id], control.delete)

    # What can be read.

    def get_status(self, job_id: str) -> JobStatus | None:
        job = self._find(job_id)
        with self._changed:
            return job.status() if job else None

    def changes(self, job_id: str, since: int | None = None) -> JobChanges | None:
        """The job and the lookups that changed after `since`; None: every lookup."""
        if (job := self._find(job_id)) is None:
            return None
        with self._changed:
            changes = job.changes(since)
            return replace(changes, job=self._told(changes.job))

    def summary(self, job_id: str) -> JobSummary | None:
        """Without the IOCs and their verdicts, which only the store counts."""
        if (job := self._find(job_id)) is None:
            return None
        with self._changed:
            summary = job.summary()
            return replace(summary, job=self._told(summary.job))

    def rows_since(self, job_id: str, since: int) -> list[Lookup]:
        changes = self.changes(job_id, since)
        return changes.rows if changes else []

    @property
    def problem(self) -> str | None:
        """Why nothing can be written now."""
        return self._committer.problem

    def close(self) -> None:
        """Start nothing more, write what was answered, and let every `enrich_all` return."""
        with self._changed:
            self._closed = True
            self._dispatcher.close()
            self._changed.notify_all()
        self._committer.close()

    # Inside.

    def _create(
        self, analysis: Analysis, held_back: Mapping[IOC, str], is_started: bool
    ) -> EnrichmentJob:
        """A job that is started takes its turn from the moment on that it is known."""
        iocs = analysis.iocs if analysis.mode is Mode.ONLINE else ()
        lookups = [
            replace(lookup, seq=seq)
            for seq, lookup in enumerate(plan_lookups(self.adapters, iocs, held_back), start=1)
        ]
        envelope = new_job(Job(analysis.job_id, ANALYSIS, created_at=analysis.created_at), lookups)
        job = EnrichmentJob(envelope, analysis, lookups, len(lookups))
        # Whoever asks for it between the two steps would load a copy that nobody keeps up to date.
        with self._loading:
            self._store.create(envelope, analysis, lookups)
            with self._changed:
                self._jobs.add(job.id, job)
                if is_started:
                    self._dispatcher.queue(job)
        return job

    def _find(self, job_id: str) -> EnrichmentJob | None:
        """The job, from the store where it is no longer in memory. Raises StorageError."""
        with self._changed:
            if (job := self._jobs.get(job_id)) is not None:
                return job
        # One at a time: of a job that two ask for at once, one copy must come to be.
        with self._loading:
            with self._changed:
                if (job := self._jobs.get(job_id)) is not None:
                    return job
            if (stored := self._store.load(job_id)) is None:
                return None
            job = EnrichmentJob(stored.job, stored.analysis, stored.lookups, stored.last_seq)
            with self._changed:
                self._jobs.add(job_id, job)
            return job

    def _command(self, job_id: str, plan: control.Command) -> None:
        if (job := self._find(job_id)) is None:
            raise JobNotFoundError(f"There is no analysis {job_id}.")
        self._committer.carry_out(job, plan)

    def _stop(self, draft: Draft, step: Step) -> None:
        """Until this is written nothing of the job must be sent."""
        control.check(draft, step)
        self._dispatcher.withdraw(draft.base)
        if step is Step.PAUSE:
            control.pause(draft)
        else:
            control.cancel(draft, time.monotonic())

    def _told(self, job: Job) -> Job:
        """What hinders now is what its message says."""
        problem = self._committer.problem
        return job if problem is None else replace(job, message=problem)

    def _applied(self, job: EnrichmentJob) -> None:
        """With the lock, after each commit: what is done follows what was written."""
        if job.job.phase != CANCELLING:
            job.cancel_at = None
        self._changed.notify_all()
        self._on_change(job.id)
        if job.is_deleted:
            self._jobs.remove(job.id)
            self._dispatcher.withdraw(job)
        elif job.state is not JobState.RUNNING or job.job.phase == CANCELLING:
            self._dispatcher.withdraw(job)
        elif not self._closed:
            self._dispatcher.queue(job)
            if not job.threads and not job.complete:
                self._run_in_thread(job)

    def _run_in_thread(self, job: EnrichmentJob) -> None:
        threading.Thread(target=self._run, args=(job,), name=f"job-{job.id}", daemon=True).start()

    def _run(self, job: EnrichmentJob) -> None:
        """Wait for the job, and meanwhile hand out lookups."""
        with self._changed:
            job.threads += 1
            try:
                self._committer.submit(job, control.start)
                if job.state is JobState.QUEUED:
                    self._dispatcher.queue(job)
                while not (job.complete or job.is_deleted or self._closed):
                    self._changed.wait(self._advance(job))
            except Exception:
                log.exception("job %s failed", job.id)
                self._dispatcher.withdraw(job)
                self._committer.submit(job, lambda draft: draft.fail(FAILED))
            finally:
                job.threads -= 1

    def _advance(self, job: EnrichmentJob) -> float | None:
        """Returns in how many seconds there is more to do, None when only others can help."""
        delay = self._dispatcher.advance()
        if job.cancel_at is None:
            return delay
        remaining = job.cancel_at - time.monotonic()
        if remaining > 0:
            return remaining if delay is None else min(delay, remaining)
        job.cancel_at = None
        self._committer.submit(job, control.give_up)
        return delay
