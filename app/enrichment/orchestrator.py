"""Fans lookups out over threads, paces them, and keeps what came of them."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

from app.enrichment.adapters.base import Adapter
from app.enrichment.job import EnrichmentJob, JobChanges
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
    utcnow,
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
# A forecast that moves by less than this is not worth telling every open page.
SAME_TIME_S = 2.0


@dataclass(slots=True, order=True)
class _Task:
    """One lookup on its way to an outcome; ordered as it was queued."""

    order: int
    job: EnrichmentJob = field(compare=False)
    ioc: IOC = field(compare=False)
    adapter: Adapter = field(compare=False)
    errors: int = field(default=0, compare=False)
    rate_limits: int = field(default=0, compare=False)


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
        self._queues: dict[str, list[_Task]] = defaultdict(list)
        self._paces = {a.name: MinutePace() for a in self.adapters} | dict(paces or {})
        self._orders = itertools.count()
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
                    self._changed.wait(self._dispatch())
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
            self._queue_pending(job)
            self._changed.notify_all()
        if was_complete:
            self._run_in_thread(job.analysis)
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
        """The newest jobs, newest first; does not count as a read."""
        with self._changed:
            newest = sorted(self._jobs, key=lambda job: job.analysis.created_at, reverse=True)
            return [job.changes(None) for job in newest[:limit]]

    def close(self) -> None:
        """Start nothing more and let every waiting `enrich_all` return."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._pool.shutdown(wait=False, cancel_futures=True)

    # What happens inside; the lock is held.

    def _create(self, analysis: Analysis, held_back: Mapping[IOC, str]) -> EnrichmentJob:
        online = analysis.mode is Mode.ONLINE
        job = EnrichmentJob(analysis, self._lookups(analysis.iocs, held_back) if online else ())
        self._jobs.add(analysis.job_id, job)
        return job

    def _lookups(self, iocs: Iterable[IOC], held_back: Mapping[IOC, str]) -> Iterable[Lookup]:
        for ioc in dict.fromkeys(iocs):
            names = [a.name for a in self.adapters if ioc.type in a.supported_types]
            for name in names:
                if reason := held_back.get(ioc):
                    yield Lookup(ioc, name, LookupState.NOT_ASKED, reason=reason)
                else:
                    yield Lookup(ioc, name)
            if not names:
                reason = held_back.get(ioc, "type not supported by any provider")
                yield Lookup(ioc, None, LookupState.NOT_ASKED, reason=reason)

    def _run_in_thread(self, analysis: Analysis) -> None:
        threading.Thread(
            target=self.enrich_all,
            args=(analysis.job_id, analysis.iocs),
            name=f"job-{analysis.job_id}",
            daemon=True,
        ).start()

    def _queue_pending(self, job: EnrichmentJob) -> None:
        adapters = {adapter.name: adapter for adapter in self.adapters}
        for ioc, name in job.unclaimed():
            task = _Task(next(self._orders), job, ioc, adapters[name])
            heapq.heappush(self._queues[name], task)
        self._dispatch()
        for name in self._queues:
            self._forecast(name)

    def _dispatch(self) -> float | None:
        """Hand out what quota and workers allow.

        Returns the seconds until quota allows more, None when only an outcome can.
        """
        delays = []
        for name, queue in self._queues.items():
            while queue and self._in_flight < self._max_workers:
                if delay := self._paces[name].take():
                    delays.append(delay)
                    break
                task = heapq.heappop(queue)
                self._in_flight += 1
                task.job.wait_until(task.ioc, name, None)
                self._pool.submit(self._work, task)
        return min(delays, default=None)

    def _forecast(self, name: str) -> None:
        """Tell each waiting lookup when quota will let it be asked."""
        queue = sorted(self._queues[name])
        now = utcnow()
        for task, delay in zip(queue, self._paces[name].forecast(len(queue)), strict=True):
            row = task.job.find(task.ioc, name)
            if row is None or not delay:
                continue
            when = now + timedelta(seconds=delay)
            if row.retry_at is None or abs((row.retry_at - when).total_seconds()) > SAME_TIME_S:
                task.job.wait_until(task.ioc, name, when)

    def _work(self, task: _Task) -> None:
        """In a thread of the pool: ask without the lock, then settle with it."""
        outcome = self._lookup(task)
        with self._changed:
            self._in_flight -= 1
            self._settle(task, outcome)
            self._changed.notify_all()

    def _lookup(self, task: _Task) -> Outcome:
        try:
            outcome: object = task.adapter.lookup(task.ioc)
        except Exception:
            log.exception("%s failed", task.adapter.name)
            outcome = None
        if isinstance(outcome, EnrichmentResult | EnrichmentError):
            return outcome
        sentence = f"Telltale failed while asking {task.adapter.name}; the log says how."
        return EnrichmentError(task.ioc, task.adapter.name, sentence, ErrorKind.INTERNAL)

    def _settle(self, task: _Task, outcome: Outcome) -> None:
        name = task.adapter.name
        if task.job.complete:  # ended while the lookup was under way
            return
        match outcome:
            case EnrichmentError(kind=ErrorKind.RATE_LIMITED, retry_after=wait):
                wait = RATE_LIMIT_WAIT_S if wait is None else wait
                self._paces[name].pause(min(max(wait, 0.0), MAX_RATE_LIMIT_WAIT_S))
                task.rate_limits += 1
                again = task.rate_limits <= MAX_RATE_LIMITS
            case EnrichmentError(kind=kind) if kind not in NO_RETRY:
                task.errors += 1
                again = task.errors == 1
            case _:
                again = False
        if again:
            heapq.heappush(self._queues[name], task)
            self._forecast(name)
        else:
            task.job.end(task.ioc, name, outcome)
        if isinstance(outcome, EnrichmentError) and outcome.kind is ErrorKind.AUTH:
            self._end_unsent(task, outcome)

    def _end_unsent(self, failed: _Task, outcome: EnrichmentError) -> None:
        """The key was not accepted: the job's other lookups there would only fail again."""
        same = self._drop_tasks(lambda t: t.job is failed.job and t.adapter is failed.adapter)
        for task in same:
            task.job.end(task.ioc, task.adapter.name, replace(outcome, ioc=task.ioc))

    def _drop_tasks(self, unwanted: Callable[[_Task], bool]) -> list[_Task]:
        dropped = []
        for name, queue in self._queues.items():
            dropped += [task for task in queue if unwanted(task)]
            self._queues[name] = [task for task in queue if not unwanted(task)]
            heapq.heapify(self._queues[name])
        return dropped
