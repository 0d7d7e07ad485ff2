"""The scheduler: starts lookups as workers, quota and circuit breakers permit."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence

from app.enrichment.adapters.base import Adapter, account_of
from app.enrichment.analysis import commands
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.analysis.writer import Writer
from app.enrichment.dispatch.circuit_breaker import CircuitBreaker
from app.enrichment.dispatch.job_queue import Task
from app.enrichment.dispatch.outcomes import FAILED, OutcomeHandler
from app.enrichment.dispatch.provider_queue import ProviderQueue
from app.enrichment.dispatch.workers import WorkerPool
from app.enrichment.models import EnrichmentError, ErrorKind, Lookup
from app.enrichment.quota.ledger import QuotaLedger
from app.enrichment.quota.models import Account
from app.enrichment.timing import Timing
from app.errors import ConfigStoreError, StorageError
from app.pipeline.models import IOC

log = logging.getLogger(__name__)


class Scheduler:
    """One thread for all analyses, one queue for each provider.

    In each round every provider gets its turn: the scheduler reads the key in use, asks the
    ledger for calls, and hands so many waiting lookups to the workers. The ledger may need the
    disk, so it is never asked with the lock. Methods that end in `_locked` are called with it.
    """

    def __init__(
        self,
        adapters: Sequence[Adapter],
        max_workers: int,
        ledger: QuotaLedger,
        breakers: Mapping[str, CircuitBreaker],
        lock: threading.RLock,
        writer: Writer,
        on_change: Callable[[str], None],
        timing: Timing,
    ) -> None:
        self._queues = {a.name: ProviderQueue(a, breakers.get(a.name)) for a in adapters}
        self._ledger = ledger
        self._lock = lock
        self._wake = threading.Condition(lock)
        self._writer = writer
        self._outcomes = OutcomeHandler(writer)
        self._workers = WorkerPool(
            max_workers, ledger, lock, writer, self._outcomes, self.wake_locked
        )
        self._on_change = on_change
        self._timing = timing
        self._thread: threading.Thread | None = None
        self._orders = itertools.count()
        self._sent = itertools.count(1)
        self._cancelling: dict[str, LiveAnalysis] = {}
        self._is_woken = False
        self._closed = False

    @property
    def problem(self) -> str | None:
        """Why nothing can be sent now, or None."""
        return next((queue.problem for queue in self._queues.values() if queue.problem), None)

    def blocked_by_locked(self, job_id: str) -> str | None:
        """Return what blocks a lookup of the job other than quota, or None."""
        queues = (queue for queue in self._queues.values() if queue.waiting.has_job(job_id))
        return next((queue.blocked_by for queue in queues if queue.blocked_by), None)

    def queue_locked(self, job: LiveAnalysis) -> None:
        """Queue every pending lookup of the job that is in no queue yet."""
        job.run.is_withdrawn = False
        rows = job.take_unqueued()
        for row in rows:
            if (queue := self._queues.get(row.provider or "")) is None:
                self._end_unknown(job, row)
                continue
            job.run.refusals.pop(queue.name, None)  # the key may have been replaced
            order = next(self._orders)
            queue.put(Task(row.rank, order, job, row.ioc, queue.name, row.attempts))
            queue.shows_times |= bool(row.retry_at or row.reason)
        if rows:
            self._start_locked()

    def withdraw_locked(self, job: LiveAnalysis) -> None:
        """Take the waiting lookups of the job out of all queues, until `queue_locked`."""
        job.run.is_withdrawn = True
        for queue in self._queues.values():
            for task in queue.waiting.drop(job):
                job.run.leave_unqueued(task.key)
                queue.forecast_is_due = True

    def give_up_later_locked(self, job: LiveAnalysis) -> None:
        """Give up the calls in flight of a cancelled job at `run.cancel_at`."""
        self._cancelling[job.id] = job
        self._start_locked()

    def sizes_locked(self, provider: str) -> list[int]:
        """Return how many lookups of each job wait at the provider."""
        return self._queues[provider].waiting.sizes if provider in self._queues else []

    def front_locked(self, provider: str) -> int:
        """Return a rank before everything that waits at the provider."""
        return self._queues[provider].waiting.front if provider in self._queues else -1

    def prioritise_locked(self, job: LiveAnalysis, ioc: IOC, provider: str, rank: int) -> None:
        if queue := self._queues.get(provider):
            queue.waiting.prioritise(job, ioc, rank)
            queue.forecast_is_due = True
            self.wake_locked()

    def forget_jobs_locked(self, job_ids: Collection[str]) -> None:
        """Forget recent answers that only these jobs show."""
        for queue in self._queues.values():
            queue.recent.forget(job_ids)

    def forget_answers_locked(self, provider: str) -> None:
        if queue := self._queues.get(provider):
            queue.recent.clear()

    def wake_locked(self) -> None:
        self._is_woken = True
        self._wake.notify_all()

    def close_locked(self) -> None:
        self._closed = True
        self._workers.close_locked()
        self._wake.notify_all()

    def _start_locked(self) -> None:
        self.wake_locked()
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)
            self._thread.start()

    def _end_unknown(self, job: LiveAnalysis, row: Lookup) -> None:
        """End a lookup at a provider that a previous version of Telltale asked."""
        name = row.provider or ""
        sentence = f"Telltale no longer asks {name}."
        error = EnrichmentError(row.ioc, name, sentence, ErrorKind.UNSUPPORTED)
        self._writer.enqueue_locked(
            job, lambda draft: draft.end(row.ioc, name, error, row.attempts)
        )

    # The scheduler's thread; from here on without the lock.

    def _run(self) -> None:
        while not self._closed:
            with self._lock:
                self._is_woken = False
            try:
                delay = self._do_round()
            except Exception:
                log.exception("the scheduler failed")
                delay = self._timing.schedule_retry_s
            with self._lock:
                self._wake.wait_for(lambda: self._is_woken or self._closed, delay)

    def _do_round(self) -> float | None:
        """Give every provider its turn. Returns the seconds until the next round is due.

        None: only a change by another thread can make one necessary.
        """
        delays = [self._give_up()]
        # The provider that has sent nothing for longest comes first: one without a limit would
        # otherwise take every worker that becomes free.
        for queue in sorted(self._queues.values(), key=lambda queue: queue.last_sent):
            delays += [self._attempt(queue, self._serve), self._attempt(queue, self._forecast)]
        return min((delay for delay in delays if delay is not None), default=None)

    def _give_up(self) -> float | None:
        now = time.monotonic()
        with self._lock:
            for job in list(self._cancelling.values()):
                at = job.run.cancel_at
                if at is None or at <= now:
                    del self._cancelling[job.id]
                if at is not None and at <= now:
                    self._writer.enqueue_locked(job, commands.give_up)
            times = [job.run.cancel_at or now for job in self._cancelling.values()]
        return min(times) - now if times else None

    def _attempt(
        self, queue: ProviderQueue, step: Callable[[ProviderQueue], float | None]
    ) -> float | None:
        """Take a step. If it fails, the waiting lookups are tried again or end with an error."""
        try:
            return step(queue)
        except StorageError as e:
            self._set_problem(queue, str(e))
            return self._timing.schedule_retry_s
        except Exception:
            log.exception("what waits for %s cannot be asked", queue.name)
            with self._lock:
                self._outcomes.end_all_locked(queue, FAILED, ErrorKind.INTERNAL)
            return None

    def _serve(self, queue: ProviderQueue) -> float | None:
        """Send what may be sent at one provider. Raises StorageError."""
        with self._lock:
            if not queue.waiting:
                queue.problem = None
                queue.unchecked.clear()
            if not queue.waiting or self._workers.is_held:
                return None
            calls_ended = queue.calls_ended
        account = _account(queue)
        is_unlimited = self._ledger.is_unlimited(account)
        with self._lock:
            if account != queue.account:
                queue.account, queue.denied_until = account, 0.0
            queue.is_unlimited = is_unlimited
            self._outcomes.end_answered_locked(queue)
            denial = 0.0 if is_unlimited else queue.denied_until - time.monotonic()
            delay = max(queue.delay, denial)
            workers = 0 if delay > 0 else queue.allowed(self._workers.free)
            wanted = queue.waiting.ready(workers)
        if not wanted:
            return delay if delay > 0 else None
        decision = self._ledger.acquire(account, wanted)
        self._set_problem(queue, None)
        with self._lock:
            unused = self._send_locked(queue, deque(decision.grants))
            delay = 0.0 if unused else min(decision.delay, self._timing.ledger_recheck_s)
            # A call that ended meanwhile may have brought the next one forward.
            if queue.calls_ended == calls_ended:
                queue.denied_until = time.monotonic() + delay
        if unused:
            self._ledger.release(account, tuple(unused))
        return delay or None

    def _send_locked(self, queue: ProviderQueue, grants: deque[int]) -> deque[int]:
        """Send a lookup for each grant. Returns the grants that are left."""
        queue.forecast_is_due = True
        while grants and not self._workers.is_held and queue.allowed(self._workers.free):
            if (task := queue.waiting.pop_next()) is None:
                break
            if (answer := queue.recent_answer(task)) is not None:
                self._outcomes.end_locked(task, answer)
            else:
                self._workers.send_locked(queue, task, grants.popleft())
                queue.last_sent = next(self._sent)
        return grants

    def _forecast(self, queue: ProviderQueue) -> float | None:
        """Store when the waiting lookups will be asked. Raises StorageError."""
        with self._lock:
            if not queue.forecast_is_due or not queue.waiting or self._workers.is_held:
                return None
            if (delay := queue.next_forecast_at - time.monotonic()) > 0:
                return delay
            queue.next_forecast_at = time.monotonic() + self._timing.forecast_every_s
            queue.forecast_is_due = False
            is_held = queue.delay or queue.is_circuit_open or queue.shows_times
            if queue.is_unlimited and not is_held:
                return None
            tasks, places = queue.in_order()
            account, is_unlimited = queue.account, queue.is_unlimited
        count = len(places)
        try:
            delays = [0.0] * count if is_unlimited else self._ledger.forecast(account, count)
        except StorageError:
            with self._lock:
                queue.forecast_is_due = True
            raise
        self._set_problem(queue, None)
        with self._lock:
            for times in queue.new_times(tasks, places, delays):
                self._writer.enqueue_locked(times.job, times.store)
        return None

    def _set_problem(self, queue: ProviderQueue, problem: str | None) -> None:
        with self._lock:
            if problem == queue.problem:
                return
            if problem:
                log.error("%s", problem)
            queue.problem = problem
            for job in queue.waiting.jobs:
                self._on_change(job.id)


def _account(queue: ProviderQueue) -> Account:
    """Return the account in use; if the key cannot be read, the lookup's own error says so."""
    try:
        return account_of(queue.adapter)
    except ConfigStoreError:
        return Account(queue.name)
