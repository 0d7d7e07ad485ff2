"""The threads that ask, and that hand out what nothing limits."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from app.enrichment.analysis.writer import Writer
from app.enrichment.dispatch.fair_queue import Task
from app.enrichment.dispatch.outcomes import OutcomeHandler
from app.enrichment.dispatch.provider_queue import NEVER, ProviderQueue
from app.enrichment.http.egress import EgressMeter
from app.enrichment.models import EnrichmentError, EnrichmentResult, ErrorKind, Outcome
from app.enrichment.quota.ledger import QuotaLedger
from app.errors import StorageError

log = logging.getLogger(__name__)


class WorkerPool:
    """At most `max_workers` calls at once, whatever they are for.

    Public methods are called with the lock; the ledger is told of calls without it.
    """

    def __init__(
        self,
        lanes: Iterable[ProviderQueue],
        max_workers: int,
        ledger: QuotaLedger,
        lock: threading.RLock,
        committer: Writer,
        settlement: OutcomeHandler,
        wake: Callable[[], None],
    ) -> None:
        """`wake` calls for the dispatcher's thread."""
        self._turns = deque(lanes)
        self._max_workers = max_workers
        self._pool = ThreadPoolExecutor(max_workers, thread_name_prefix="lookup")
        self._ledger = ledger
        self._lock = lock
        self._committer = committer
        self._settlement = settlement
        self._wake = wake
        self._in_flight = 0
        self._closed = False

    def close(self) -> None:
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def free(self) -> int:
        return self._max_workers - self._in_flight

    @property
    def is_held(self) -> bool:
        """An answer that cannot be kept is not asked for."""
        return self._closed or self._committer.problem is not None

    def hand_out(self) -> None:
        """What needs no grant; providers take turns."""
        if self.is_held:
            return
        kept = any(lane.needs_worker for lane in self._turns)
        blocked = 0
        while blocked < len(self._turns) and self.free > kept:
            lane = self._turns[0]
            self._turns.rotate(-1)
            is_sent = lane.is_free and lane.room(self.free) and self.send_next(lane)
            blocked = 0 if is_sent else blocked + 1

    def send_next(self, lane: ProviderQueue, grant: int | None = None) -> bool:
        """False when nothing of what waits can be sent now."""
        while (task := lane.queue.take()) is not None:
            if (known := lane.known(task)) is None:
                self._send(lane, task, grant)
                return True
            self._settlement.end(task, known)
        return False

    def _send(self, lane: ProviderQueue, task: Task, grant: int | None) -> None:
        task.attempts += 1
        task.account, task.grant = lane.account, grant
        task.is_probe = lane.breaker.send() if lane.breaker else False
        attempts = task.attempts
        self._in_flight += 1
        lane.queue.launch(task)
        task.job.in_flight.add(task.key)
        self._committer.submit(task.job, lambda draft: draft.claim(*task.key, attempts))
        self._pool.submit(self._work, lane, task)

    # In a thread of the pool, without the lock.

    def _work(self, lane: ProviderQueue, task: Task) -> None:
        with EgressMeter() as meter:
            outcome = _ask(lane, task)
        refusal = _refusal(outcome)
        is_believed = self._tell_ledger(lane, task, refusal)
        with self._lock:
            self._in_flight -= 1
            lane.ask_at = 0.0
            lane.landings += 1
            if refusal is not None:
                lane.looked_up = NEVER  # it may have a limit now
                if not is_believed:
                    lane.pause(refusal.retry_after)
            if not self._closed or isinstance(outcome, EnrichmentResult):
                self._settle(lane, task, outcome, meter)
            self.hand_out()  # here, so that this thread goes on at once
            if any(lane.queue and not lane.is_free or lane.is_news for lane in self._turns):
                self._wake()

    def _settle(
        self, lane: ProviderQueue, task: Task, outcome: Outcome, meter: EgressMeter
    ) -> None:
        try:
            self._settlement.settle(lane, task, outcome, meter.egress)
        except Exception:
            log.exception("an outcome of %s could not be settled", lane.name)
            self._settlement.end(task, _internal_error(task))

    def _tell_ledger(
        self, lane: ProviderQueue, task: Task, refusal: EnrichmentError | None
    ) -> bool:
        """Returns whether after a 429 the ledger is who keeps us from asking."""
        account = task.account
        if account is None or self._closed:
            return False
        try:
            if task.grant is not None:
                self._ledger.complete(account, (task.grant,), refusal is not None)
            if refusal is not None:
                self._ledger.block(account, refusal.retry_after)
                return not self._ledger.is_unlimited(account)
        except StorageError as e:  # the call stays counted, for as long as one can last
            log.warning("%s", e)
        except Exception:
            log.exception("the quota of %s is not told of a call", lane.name)
        return False


def _refusal(outcome: Outcome) -> EnrichmentError | None:
    """The 429, if it is one."""
    if isinstance(outcome, EnrichmentError) and outcome.kind is ErrorKind.RATE_LIMITED:
        return outcome
    return None


def _ask(lane: ProviderQueue, task: Task) -> Outcome:
    try:
        outcome: object = lane.adapter.lookup(task.ioc)
    except BaseException:  # the thread boundary: even SystemExit must end as an outcome
        log.exception("%s failed", lane.name)
        outcome = None
    if isinstance(outcome, EnrichmentResult):
        return outcome
    if isinstance(outcome, EnrichmentError) and isinstance(outcome.retry_after, float | int | None):
        return outcome
    return _internal_error(task)


def _internal_error(task: Task) -> EnrichmentError:
    sentence = f"Telltale failed while asking {task.provider}; the log says how."
    return EnrichmentError(task.ioc, task.provider, sentence, ErrorKind.INTERNAL)
