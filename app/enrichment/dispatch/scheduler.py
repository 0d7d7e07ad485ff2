"""Hands waiting lookups to the pool, as fast as workers and quota allow."""

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
from app.enrichment.dispatch.fair_queue import Task
from app.enrichment.dispatch.outcomes import FAILED, OutcomeHandler
from app.enrichment.dispatch.provider_queue import ProviderQueue
from app.enrichment.dispatch.workers import WorkerPool
from app.enrichment.models import EnrichmentError, ErrorKind, Lookup
from app.enrichment.quota.ledger import QuotaLedger
from app.enrichment.quota.models import Account
from app.errors import ConfigStoreError, StorageError
from app.pipeline.models import IOC

log = logging.getLogger(__name__)

# How soon is tried again what could not be done.
RETRY_S = 1.0
# How often at least the ledger is asked: other programs may give quota back.
LOOK_AGAIN_S = 10.0
# How often at most the waiting lookups are told anew when they will be asked.
FORECAST_S = 1.0


class Scheduler:
    """One thread sees to all jobs: what waits for quota, for a provider, or to be given up.

    The ledger is never asked with the lock. Public methods are called with it.
    """

    def __init__(
        self,
        adapters: Sequence[Adapter],
        max_workers: int,
        ledger: QuotaLedger,
        breakers: Mapping[str, CircuitBreaker],
        lock: threading.RLock,
        committer: Writer,
        on_change: Callable[[str], None],
    ) -> None:
        self._lanes = {a.name: ProviderQueue(a, breakers.get(a.name)) for a in adapters}
        self._ledger = ledger
        self._lock = lock
        self._wake = threading.Condition(lock)
        self._committer = committer
        self._settlement = OutcomeHandler(committer)
        self._crew = WorkerPool(
            self._lanes.values(), max_workers, ledger, lock, committer, self._settlement, self.wake
        )
        self._on_change = on_change
        self._thread: threading.Thread | None = None
        self._orders = itertools.count()
        self._cancelling: dict[str, LiveAnalysis] = {}
        self._is_woken = False
        self._closed = False

    @property
    def problem(self) -> str | None:
        """Why nothing can be sent now."""
        return next((lane.problem for lane in self._lanes.values() if lane.problem), None)

    def hindrance(self, job_id: str) -> str | None:
        """Why something of the job waits, where quota is not the reason."""
        lanes = (lane for lane in self._lanes.values() if lane.queue.holds(job_id))
        return next((lane.hindrance for lane in lanes if lane.hindrance), None)

    def queue(self, job: LiveAnalysis) -> None:
        """Everything that is pending and stands in no queue yet."""
        job.is_withdrawn = False
        rows = job.take_unqueued()
        for row in rows:
            if (lane := self._lanes.get(row.provider or "")) is None:
                self._end_unknown(job, row)
                continue
            job.refusals.pop(lane.name, None)  # the key may be another one by now
            since = job.asked_again.get((row.ioc, row.provider))
            order = next(self._orders)
            task = Task(row.rank, order, job, row.ioc, lane.name, row.attempts, since=since)
            lane.queue.put(task)
            lane.newcomers.append(task)
            lane.has_told |= bool(row.retry_at or row.reason)
            lane.arrivals += 1
            lane.is_news = True
        if rows:
            self._begin()

    def withdraw(self, job: LiveAnalysis) -> None:
        """Hand out nothing more of it; what waits can be queued again."""
        job.is_withdrawn = True
        for lane in self._lanes.values():
            for task in lane.queue.drop(job):
                job.leave_unqueued(task.key)
                lane.is_news = True

    def give_up_later(self, job: LiveAnalysis) -> None:
        """Its calls in flight have until `cancel_at`."""
        self._cancelling[job.id] = job
        self._begin()

    def waiting(self, provider: str) -> list[int]:
        """How many lookups of each job wait there."""
        return self._lanes[provider].queue.sizes if provider in self._lanes else []

    def front(self, provider: str) -> int:
        """A rank before everything that waits there."""
        return self._lanes[provider].queue.front if provider in self._lanes else -1

    def hurry(self, job: LiveAnalysis, ioc: IOC, provider: str, rank: int) -> None:
        if lane := self._lanes.get(provider):
            lane.queue.hurry(job, ioc, rank)
            lane.is_news = True
            self.wake()

    def forget_jobs(self, job_ids: Collection[str]) -> None:
        """What was answered for them alone answers nobody else."""
        for lane in self._lanes.values():
            lane.recent.forget(job_ids)

    def forget(self, provider: str) -> None:
        if lane := self._lanes.get(provider):
            lane.recent.clear()

    def wake(self) -> None:
        self._is_woken = True
        self._wake.notify_all()

    def close(self) -> None:
        self._closed = True
        self._crew.close()
        self._wake.notify_all()

    def _begin(self) -> None:
        self.wake()
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
            self._thread.start()

    def _end_unknown(self, job: LiveAnalysis, row: Lookup) -> None:
        """An earlier run of the server knew this provider."""
        name = row.provider or ""
        sentence = f"Telltale no longer asks {name}."
        error = EnrichmentError(row.ioc, name, sentence, ErrorKind.UNSUPPORTED)
        self._committer.submit(job, lambda d: d.end(row.ioc, name, error, row.attempts))

    # The thread. From here on without the lock, save where it says otherwise.

    def _run(self) -> None:
        while not self._closed:
            with self._lock:
                self._is_woken = False
            try:
                delay = self._advance()
            except Exception:
                log.exception("the dispatcher failed")
                delay = RETRY_S
            with self._lock:
                self._wake.wait_for(lambda: self._is_woken or self._closed, delay)

    def _advance(self) -> float | None:
        """Returns in how many seconds there is more to do, None when only others can help."""
        delays = [self._give_up()]
        for lane in self._lanes.values():
            delays += [self._attempt(lane, self._serve), self._attempt(lane, self._forecast)]
        return min((delay for delay in delays if delay is not None), default=None)

    def _give_up(self) -> float | None:
        now = time.monotonic()
        with self._lock:
            for job in list(self._cancelling.values()):
                if job.cancel_at is None:
                    del self._cancelling[job.id]
                elif job.cancel_at <= now:
                    del self._cancelling[job.id]
                    self._committer.submit(job, commands.give_up)
            times = [job.cancel_at for job in self._cancelling.values() if job.cancel_at]
        return min(times) - now if times else None

    def _attempt(
        self, lane: ProviderQueue, step: Callable[[ProviderQueue], float | None]
    ) -> float | None:
        """Whatever goes wrong, nobody waits for ever."""
        try:
            return step(lane)
        except StorageError as e:
            lane.needs_worker = False
            self._set_problem(lane, str(e))
            return RETRY_S
        except Exception:
            log.exception("what waits for %s cannot be asked", lane.name)
            with self._lock:
                lane.needs_worker = False
                self._settlement.end_all(lane, FAILED, ErrorKind.INTERNAL)
            return None

    def _serve(self, lane: ProviderQueue) -> float | None:
        """Hand out what may be asked. Raises StorageError."""
        with self._lock:
            if not lane.queue:
                lane.problem = None
            if not lane.queue or self._crew.is_held:
                return None
            arrivals, landings = lane.arrivals, lane.landings
        account = _account(lane)
        is_unlimited = self._ledger.is_unlimited(account)
        with self._lock:
            if account != lane.account:
                lane.account, lane.ask_at = account, 0.0
            lane.is_unlimited, lane.looked_up = is_unlimited, arrivals
            self._settlement.end_known(lane)
            delay = lane.delay if is_unlimited else max(lane.delay, lane.ask_at - time.monotonic())
            may_ask = not (is_unlimited or delay > 0) and lane.room(1) > 0
            lane.needs_worker = may_ask and lane.queue.ready(1) > 0
            self._crew.hand_out()
            wanted = lane.queue.ready(lane.room(self._crew.free)) if may_ask else 0
        if not wanted:
            return delay if delay > 0 else None
        return self._take(lane, account, wanted, landings)

    def _take(
        self, lane: ProviderQueue, account: Account, wanted: int, landings: int
    ) -> float | None:
        """`landings`: of calls that the ledger may have heard of."""
        decision = self._ledger.acquire(account, wanted)
        with self._lock:
            grants = deque(decision.grants)
            while grants and not self._crew.is_held and lane.room(self._crew.free):
                if not self._crew.send_next(lane, grants[0]):
                    break
                grants.popleft()
            lane.is_news, lane.needs_worker = True, False
            self._crew.hand_out()
            delay = min(decision.delay, LOOK_AGAIN_S) if not grants else 0.0
            if lane.landings == landings:
                lane.ask_at = time.monotonic() + delay
        if grants:
            self._ledger.release(account, tuple(grants))
        self._set_problem(lane, None)
        return delay or None

    def _forecast(self, lane: ProviderQueue) -> float | None:
        """Tell those that wait when they will be asked. Raises StorageError."""
        with self._lock:
            if not lane.is_news or not lane.is_looked_up or self._closed:
                return None
            if (delay := lane.forecast_at - time.monotonic()) > 0:
                return delay
            lane.forecast_at, lane.is_news = time.monotonic() + FORECAST_S, False
            if lane.is_unlimited and not (lane.delay or lane.is_set_aside or lane.has_told):
                return None
            tasks, places = lane.in_order()
            account, is_unlimited = lane.account, lane.is_unlimited
        count = len(places)
        try:
            delays = [0.0] * count if is_unlimited else self._ledger.forecast(account, count)
        except StorageError:
            lane.is_news = True
            raise
        self._set_problem(lane, None)
        with self._lock:
            for news in lane.news(tasks, places, delays):
                self._committer.submit(news.job, news.tell)
        return None

    def _set_problem(self, lane: ProviderQueue, problem: str | None) -> None:
        with self._lock:
            if problem == lane.problem:
                return
            if problem:
                log.error("%s", problem)
            lane.problem = problem
            for job in lane.queue.jobs:
                self._on_change(job.id)


def _account(lane: ProviderQueue) -> Account:
    """Where the key cannot be read, the lookup itself says so."""
    try:
        return account_of(lane.adapter)
    except ConfigStoreError:
        return Account(lane.name)
