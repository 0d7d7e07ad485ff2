"""Fans lookups out over threads, paces them, and keeps what came of them."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from app.enrichment.adapters.base import Adapter
from app.enrichment.job import EnrichmentJob, JobChanges, plan_lookups
from app.enrichment.lookup_queue import LookupQueue, Task
from app.enrichment.models import (
    Analysis,
    EnrichmentError,
    EnrichmentResult,
    ErrorKind,
    JobStatus,
    Lookup,
    LookupState,
    Mode,
    Outcome,
)
from app.enrichment.quota import MinutePace
from app.jobs.registry import JobRegistry
from app.pipeline.models import IOC

log = logging.getLogger(__name__)

# A second try cannot help these; a rate limit has tries of its own.
NO_RETRY = frozenset(
    {ErrorKind.AUTH, ErrorKind.REFUSED, ErrorKind.UNSUPPORTED, ErrorKind.RATE_LIMITED}
)
MAX_RATE_LIMITS = 3
RATE_LIMIT_WAIT_S = 60.0
MAX_RATE_LIMIT_WAIT_S = 3600.0
# How often at most the waiting lookups are told anew when they will be asked.
FORECAST_S = 1.0


class EnrichmentOrchestrator:
    """Runs the lookups of all jobs, at most `max_workers` at once.

    One lock guards jobs, queues and paces; only snapshots leave it. The threads that call
    `enrich_all` wait for their job and wake the queues when quota allows the next lookup; the
    pool's threads ask, and never wait for quota.
    """

    def __init__(
        self,
        adapters: Adapter | Sequence[Adapter],
        max_workers: int = 4,
        max_jobs: int = 100,
        *,
        paces: Mapping[str, MinutePace] | None = None,
    ) -> None:
        self.adapters = tuple(adapters) if isinstance(adapters, Sequence) else (adapters,)
        self._max_workers = max_workers
        self._pool = ThreadPoolExecutor(max_workers, thread_name_prefix="lookup")
        self._changed = threading.Condition()
        self._jobs: JobRegistry[EnrichmentJob] = JobRegistry(max_jobs)
        given = paces or {}
        self._queues = {
            a.name: LookupQueue(given.get(a.name) or MinutePace()) for a in self.adapters
        }
        self._orders = itertools.count()
        self._turn = 0
        self._forecast_is_stale = False
        self._next_forecast = 0.0
        self._in_flight = 0
        self._closed = False

    # What a caller may ask for; any thread.

    def create(self, analysis: Analysis, held_back: Mapping[IOC, str] | None = None) -> None:
        """Make the job, so that it can be polled before its thread starts.

        `held_back`: why an IOC is not to be asked. An offline analysis has no lookups.
        """
        with self._changed:
            self._create(analysis, held_back or {})

    def start(self, analysis: Analysis, held_back: Mapping[IOC, str] | None = None) -> None:
        """Make the job and work it off in a thread of its own."""
        self.create(analysis, held_back)
        self._run_in_thread(analysis)

    def enrich_all(self, job_id: str, iocs: Iterable[IOC]) -> None:
        """Ask for every IOC; blocks until every lookup of the job ended."""
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None:
                job = self._create(Analysis(job_id, tuple(dict.fromkeys(iocs)), Mode.ONLINE), {})
            try:
                self._queue_pending(job)
                while not (job.complete or self._closed):
                    self._changed.wait(self._advance())
            except Exception:
                log.exception("job %s failed", job_id)
            finally:
                if not job.complete:
                    self._drop_tasks(lambda task: task.job is job)
                    job.fail("Telltale stopped before this was asked.")

    def ask(self, job_id: str, ioc: IOC, provider: str) -> bool:
        """Ask what was held back or could not be checked; False when there is nothing to ask."""
        with self._changed:
            job = self._jobs.get(job_id)
            row = job.find(ioc, provider) if job else None
            askable = (LookupState.NOT_ASKED, LookupState.COULD_NOT_CHECK)
            if job is None or row is None or row.state not in askable or self._closed:
                return False
            was_complete = job.complete
            job.add(ioc, provider)
            self._resume(job, was_complete)
        return True

    def take_in(self, job_id: str, ioc: IOC, held_back: str | None = None) -> bool:
        """Add an IOC to an analysis; False where it stands already, or the job is unknown."""
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None or ioc in job.analysis.iocs or self._closed:
                return False
            was_complete = job.complete
            asked = [ioc] if job.analysis.mode is Mode.ONLINE else []
            reasons = {ioc: held_back} if held_back else {}
            job.take_in(ioc, plan_lookups(self.adapters, asked, reasons))
            self._resume(job, was_complete)
        return True

    def get_status(self, job_id: str) -> JobStatus | None:
        with self._changed:
            job = self._jobs.get(job_id)
            return job.status() if job else None

    def changes(self, job_id: str, since: int | None = None) -> JobChanges | None:
        """The job and the lookups that changed after `since`; None: every lookup."""
        with self._changed:
            job = self._jobs.get(job_id)
            return job.changes(since) if job else None

    def rows_since(self, job_id: str, since: int) -> list[Lookup]:
        changes = self.changes(job_id, since)
        return changes.rows if changes else []

    def recent(self, limit: int) -> list[JobChanges]:
        """Every running job, then the newest others, newest first; does not count as a read."""
        with self._changed:
            newest = sorted(self._jobs, key=lambda job: job.analysis.created_at, reverse=True)
            running = [job for job in newest if not job.complete]
            finished = [job for job in newest if job.complete]
            return [job.changes(None) for job in running + finished[:limit]]

    def close(self) -> None:
        """Start nothing more and let every waiting `enrich_all` return."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._pool.shutdown(wait=False, cancel_futures=True)

    # What happens inside; the lock is held.

    def _create(self, analysis: Analysis, held_back: Mapping[IOC, str]) -> EnrichmentJob:
        iocs = analysis.iocs if analysis.mode is Mode.ONLINE else ()
        job = EnrichmentJob(analysis, plan_lookups(self.adapters, iocs, held_back))
        self._jobs.add(analysis.job_id, job)
        return job

    def _resume(self, job: EnrichmentJob, was_complete: bool) -> None:
        """A job under way has a thread that hands out what is queued; one that ended has none."""
        self._queue_pending(job)
        self._changed.notify_all()
        if was_complete and not job.complete:
            self._run_in_thread(job.analysis)

    def _run_in_thread(self, analysis: Analysis) -> None:
        threading.Thread(
            target=self.enrich_all,
            args=(analysis.job_id, analysis.iocs),
            name=f"job-{analysis.job_id}",
            daemon=True,
        ).start()

    def _queue_pending(self, job: EnrichmentJob) -> None:
        adapters = {adapter.name: adapter for adapter in self.adapters}
        for turn, (ioc, name) in enumerate(job.unclaimed(), start=self._turn):
            task = Task(turn, next(self._orders), job, ioc, adapters[name])
            self._queues[name].put(task)
        self._forecast_is_stale = True

    def _advance(self) -> float | None:
        """Hand out what may be asked and tell the rest when it will be.

        Returns in how many seconds there is more to do, None when only an outcome can help.
        """
        delays = [delay for queue in self._queues.values() if (delay := self._hand_out(queue))]
        if self._forecast_is_stale:
            delays.append(self._forecast())
        return min(delays, default=None)

    def _hand_out(self, queue: LookupQueue) -> float:
        """Returns the seconds until quota allows the next one; 0 when quota is not what lacks."""
        while queue:
            if self._in_flight >= self._max_workers:
                self._forecast_is_stale = True  # from here on the workers set the pace
                return 0.0
            if delay := queue.pace.take():
                return delay
            task = queue.take()
            self._turn = task.turn
            self._in_flight += 1
            task.job.wait_until(task.ioc, task.adapter.name, None)
            self._pool.submit(self._work, task)
        return 0.0

    def _forecast(self) -> float:
        """Returns the seconds until it may be done again: it costs time while others wait."""
        now = time.monotonic()
        if now >= self._next_forecast:
            self._forecast_is_stale = False
            self._next_forecast = now + FORECAST_S
            for queue in self._queues.values():
                queue.forecast()
        return self._next_forecast - now

    def _work(self, task: Task) -> None:
        """In a thread of the pool: ask without the lock, then settle with it."""
        outcome = self._lookup(task)
        with self._changed:
            self._in_flight -= 1
            try:
                self._settle(task, outcome)
            except Exception:
                log.exception("an outcome of %s could not be settled", task.adapter.name)
                task.job.end(task.ioc, task.adapter.name, _internal_error(task))
            self._changed.notify_all()

    def _lookup(self, task: Task) -> Outcome:
        try:
            outcome: object = task.adapter.lookup(task.ioc)
        except BaseException:  # the thread boundary: even SystemExit must end as an outcome
            log.exception("%s failed", task.adapter.name)
            outcome = None
        if isinstance(outcome, EnrichmentResult | EnrichmentError):
            return outcome
        return _internal_error(task)

    def _settle(self, task: Task, outcome: Outcome) -> None:
        job, name = task.job, task.adapter.name
        if job.complete:  # ended while the lookup was under way
            return
        if self._is_tried_again(task, outcome):
            if (refusal := job.refusals.get(name)) is None:
                self._queues[name].put(task)
                self._forecast_is_stale = True
                return
            outcome = replace(refusal, ioc=task.ioc)
        job.end(task.ioc, name, outcome)
        if isinstance(outcome, EnrichmentError) and outcome.kind is ErrorKind.AUTH:
            self._end_unsent(task, outcome)

    def _is_tried_again(self, task: Task, outcome: Outcome) -> bool:
        """Counts the failure too."""
        if not isinstance(outcome, EnrichmentError):
            return False
        if outcome.kind is ErrorKind.RATE_LIMITED:
            wait = RATE_LIMIT_WAIT_S if outcome.retry_after is None else outcome.retry_after
            self._queues[task.adapter.name].pace.pause(min(max(wait, 0.0), MAX_RATE_LIMIT_WAIT_S))
            task.rate_limits += 1
            return task.rate_limits <= MAX_RATE_LIMITS
        task.errors += 1
        return outcome.kind not in NO_RETRY and task.errors == 1

    def _end_unsent(self, failed: Task, refusal: EnrichmentError) -> None:
        """The key was not accepted: the job's other lookups there would only fail again."""
        job, adapter = failed.job, failed.adapter
        job.refusals[adapter.name] = refusal
        for task in self._drop_tasks(lambda t: t.job is job and t.adapter is adapter):
            job.end(task.ioc, adapter.name, replace(refusal, ioc=task.ioc))

    def _drop_tasks(self, unwanted: Callable[[Task], bool]) -> list[Task]:
        self._forecast_is_stale = True
        return [task for queue in self._queues.values() for task in queue.drop(unwanted)]


def _internal_error(task: Task) -> EnrichmentError:
    sentence = f"Telltale failed while asking {task.adapter.name}; the log says how."
    return EnrichmentError(task.ioc, task.adapter.name, sentence, ErrorKind.INTERNAL)
