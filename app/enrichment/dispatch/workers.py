"""The worker pool: threads that call providers and report what came of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from app.enrichment.analysis.writer import Writer
from app.enrichment.dispatch.job_queue import Task
from app.enrichment.dispatch.outcomes import OutcomeHandler
from app.enrichment.dispatch.provider_queue import ProviderQueue
from app.enrichment.http.egress import EgressMeter
from app.enrichment.models import EnrichmentError, EnrichmentResult, ErrorKind, Outcome
from app.enrichment.quota.ledger import QuotaLedger
from app.errors import StorageError

log = logging.getLogger(__name__)


class WorkerPool:
    """At most `max_workers` calls at once, over all providers and analyses."""

    def __init__(
        self,
        max_workers: int,
        ledger: QuotaLedger,
        lock: threading.RLock,
        writer: Writer,
        outcomes: OutcomeHandler,
        wake_scheduler: Callable[[], None],
    ) -> None:
        """`wake_scheduler` is called with the lock after each call."""
        self._max_workers = max_workers
        self._threads = ThreadPoolExecutor(max_workers, thread_name_prefix="lookup")
        self._ledger = ledger
        self._lock = lock
        self._writer = writer
        self._outcomes = outcomes
        self._wake_scheduler = wake_scheduler
        self._in_flight = 0
        self._closed = False

    @property
    def free(self) -> int:
        """The number of workers without a call."""
        return self._max_workers - self._in_flight

    @property
    def is_held(self) -> bool:
        """True while nothing may be sent: at shutdown, or if answers could not be written in time.

        Each further call would spend quota on an answer that a crash may cost.
        """
        return self._closed or self._writer.problem is not None or self._writer.is_late

    def send_locked(self, queue: ProviderQueue, task: Task, grant: int) -> None:
        """Start the call of a lookup that was taken out of its queue."""
        task.attempts += 1
        task.account, task.grant = queue.account, grant
        task.is_probe = queue.breaker.send() if queue.breaker else False
        attempts = task.attempts
        self._in_flight += 1
        queue.waiting.started(task)
        task.job.run.in_flight.add(task.key)
        # The claim is not waited for: it only counts attempts. A call that a crash cuts before
        # its claim is on the disk is asked once more, like every call that a crash cuts.
        self._writer.enqueue_locked(task.job, lambda draft: draft.claim(*task.key, attempts))
        self._threads.submit(self._work, queue, task)

    def close_locked(self) -> None:
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)

    # In a worker's thread, without the lock.

    def _work(self, queue: ProviderQueue, task: Task) -> None:
        with EgressMeter() as meter:
            outcome = _call(queue, task)
        refusal = None
        if isinstance(outcome, EnrichmentError) and outcome.kind is ErrorKind.RATE_LIMITED:
            refusal = outcome
        is_kept = self._tell_ledger(queue, task, refusal)
        with self._lock:
            self._in_flight -= 1
            queue.calls_ended += 1
            queue.denied_until = 0.0
            if refusal is not None and not is_kept:
                queue.pause(refusal.retry_after)
            # At shutdown only answers count: they were paid for. Errors are asked again.
            if not self._closed or isinstance(outcome, EnrichmentResult):
                try:
                    self._outcomes.handle_locked(queue, task, outcome, meter.egress)
                except Exception:
                    log.exception("an outcome of %s could not be handled", queue.name)
                    self._outcomes.end_locked(task, _internal_error(task))
            self._wake_scheduler()

    def _tell_ledger(
        self, queue: ProviderQueue, task: Task, refusal: EnrichmentError | None
    ) -> bool:
        """Tell the ledger that a call ended, and of a 429.

        Returns True if the ledger now blocks the account, so the queue need not pause itself.
        """
        account = task.account
        if account is None or self._closed:
            return False
        try:
            if task.grant is not None:
                self._ledger.complete(account, (task.grant,), refusal is not None)
            if refusal is not None:
                self._ledger.block(account, refusal.retry_after)
                return not self._ledger.is_unlimited(account)
        except StorageError as e:  # the call stays counted, for as long as a call can last
            log.warning("%s", e)
        except Exception:
            log.exception("the quota of %s is not told of a call", queue.name)
        return False


def _call(queue: ProviderQueue, task: Task) -> Outcome:
    """Call the adapter. An exception or a return value of the wrong type becomes an error."""
    try:
        outcome: object = queue.adapter.lookup(task.ioc)
    except BaseException:  # the thread boundary: even SystemExit must end as an outcome
        log.exception("%s failed", queue.name)
        outcome = None
    if isinstance(outcome, EnrichmentResult):
        return outcome
    if isinstance(outcome, EnrichmentError) and isinstance(outcome.retry_after, float | int | None):
        return outcome
    return _internal_error(task)


def _internal_error(task: Task) -> EnrichmentError:
    sentence = f"Telltale failed while asking {task.provider}; the log says how."
    return EnrichmentError(task.ioc, task.provider, sentence, ErrorKind.INTERNAL)
