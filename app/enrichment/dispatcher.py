"""Hands waiting lookups to the pool, as fast as workers and quota allow."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from app.enrichment.adapters.base import Adapter
from app.enrichment.committer import Committer
from app.enrichment.draft import Draft
from app.enrichment.job import EnrichmentJob
from app.enrichment.lookup_queue import LookupQueue, Task
from app.enrichment.models import (
    EnrichmentError,
    EnrichmentResult,
    ErrorKind,
    Outcome,
)
from app.enrichment.quota import MinutePace
from app.jobs.models import JobState
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


class Dispatcher:
    """Every method is called with the orchestrator's lock, save where it says otherwise."""

    def __init__(
        self,
        adapters: Sequence[Adapter],
        max_workers: int,
        paces: Mapping[str, MinutePace],
        changed: threading.Condition,
        committer: Committer,
    ) -> None:
        self._adapters = {adapter.name: adapter for adapter in adapters}
        self._max_workers = max_workers
        self._pool = ThreadPoolExecutor(max_workers, thread_name_prefix="lookup")
        self._queues = {
            name: LookupQueue(paces.get(name) or MinutePace()) for name in self._adapters
        }
        self._changed = changed
        self._committer = committer
        self._orders = itertools.count()
        self._turn = 0
        self._forecast_is_stale = False
        self._next_forecast = 0.0
        self._in_flight = 0
        self._closed = False

    def queue(self, job: EnrichmentJob) -> None:
        """Everything that is pending and stands in no queue yet."""
        rows = job.take_unqueued()
        for turn, row in enumerate(rows, start=self._turn):
            name = row.provider or ""
            if name not in self._adapters:
                self._end_unknown(job, row.ioc, name)
                continue
            job.refusals.pop(name, None)  # the key may be another one by now
            order = next(self._orders)
            self._queues[name].put(
                Task(turn, order, job, row.ioc, self._adapters[name], row.attempts)
            )
        self._forecast_is_stale |= bool(rows)

    def withdraw(self, job: EnrichmentJob) -> None:
        """Hand out nothing more of it; what waits can be queued again."""
        for task in self._drop(lambda task: task.job is job):
            job.leave_unqueued(task.key)

    def advance(self) -> float | None:
        """Hand out what may be asked and tell the rest when it will be.

        Returns in how many seconds there is more to do, None when only an outcome can help.
        """
        delays = self._hand_out_all()
        if self._forecast_is_stale:
            delays.append(self._forecast())
        return min(delays, default=None)

    def close(self) -> None:
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _hand_out_all(self) -> list[float]:
        if self._closed or self._committer.problem:  # an answer that cannot be kept is not asked
            return []
        return [delay for queue in self._queues.values() if (delay := self._hand_out(queue))]

    def _hand_out(self, queue: LookupQueue) -> float:
        """Returns the seconds until quota allows the next one; 0 when quota is not what lacks."""
        while queue:
            if self._in_flight >= self._max_workers:
                self._forecast_is_stale = True  # from here on the workers set the pace
                return 0.0
            if delay := queue.pace.take():
                return delay
            self._send(queue.take())
        return 0.0

    def _send(self, task: Task) -> None:
        task.attempts += 1
        attempts = task.attempts
        self._turn = task.turn
        self._in_flight += 1
        task.job.in_flight.add(task.key)
        self._committer.submit(
            task.job, lambda draft: draft.claim(task.ioc, task.adapter.name, attempts)
        )
        self._pool.submit(self._work, task)

    def _forecast(self) -> float:
        """Returns the seconds until it may be done again: it costs time while others wait."""
        now = time.monotonic()
        if now >= self._next_forecast:
            self._forecast_is_stale = False
            self._next_forecast = now + FORECAST_S
            for queue in self._queues.values():
                for job, times in queue.forecast():
                    self._committer.submit(job, partial(Draft.wait_until, times=times))
        return self._next_forecast - now

    def _work(self, task: Task) -> None:
        """In a thread of the pool: ask without the lock, then settle with it."""
        outcome = self._lookup(task)
        with self._changed:
            self._in_flight -= 1
            if not self._closed or isinstance(outcome, EnrichmentResult):
                try:
                    self._settle(task, outcome)
                except Exception:
                    log.exception("an outcome of %s could not be settled", task.adapter.name)
                    self._end_task(task, _internal_error(task))
            # Here, so that this thread goes on at once; who waits for quota is told.
            if self._hand_out_all():
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
        if self._is_tried_again(task, outcome) and job.cancel_at is None:
            if (refusal := job.refusals.get(name)) is None:
                self._put_back(task)
                return
            outcome = replace(refusal, ioc=task.ioc)
        self._end_task(task, outcome)
        if isinstance(outcome, EnrichmentError) and outcome.kind is ErrorKind.AUTH:
            self._end_unsent(task, outcome)

    def _put_back(self, task: Task) -> None:
        task.job.in_flight.discard(task.key)
        if task.job.state in (JobState.QUEUED, JobState.RUNNING):
            self._queues[task.adapter.name].put(task)
            self._forecast_is_stale = True
        else:
            task.job.leave_unqueued(task.key)

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
        for task in self._drop(lambda t: t.job is job and t.adapter is adapter):
            self._end_task(task, replace(refusal, ioc=task.ioc))

    def _end_unknown(self, job: EnrichmentJob, ioc: IOC, provider: str) -> None:
        """An earlier run of the server knew this provider."""
        error = EnrichmentError(
            ioc, provider, f"Telltale no longer asks {provider}.", ErrorKind.UNSUPPORTED
        )
        self._committer.submit(job, lambda draft: draft.end(ioc, provider, error, attempts=0))

    def _end_task(self, task: Task, outcome: Outcome) -> None:
        def end(draft: Draft) -> None:
            # Only now: a cancellation planned before this must know that an answer may come.
            task.job.in_flight.discard(task.key)
            if task.job.cancel_at is not None and isinstance(outcome, EnrichmentError):
                draft.cancel_pending([task.key])
            else:
                draft.end(task.ioc, task.adapter.name, outcome, task.attempts)

        self._committer.submit(task.job, end)

    def _drop(self, unwanted: Callable[[Task], bool]) -> list[Task]:
        self._forecast_is_stale = True
        return [task for queue in self._queues.values() for task in queue.drop(unwanted)]


def _internal_error(task: Task) -> EnrichmentError:
    sentence = f"Telltale failed while asking {task.adapter.name}; the log says how."
    return EnrichmentError(task.ioc, task.adapter.name, sentence, ErrorKind.INTERNAL)
