"""One provider: the lookups that wait for it, and whether it may be asked now."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.enrichment.adapters.base import Adapter
from app.enrichment.analysis.change_set import ChangeSet, Wait
from app.enrichment.analysis.job_run import Key
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.dispatch.circuit_breaker import MAX_FAILURES, CircuitBreaker
from app.enrichment.dispatch.fair_queue import FairQueue
from app.enrichment.dispatch.job_queue import Task
from app.enrichment.dispatch.recent_answers import RecentAnswers
from app.enrichment.models import EnrichmentResult, utcnow
from app.enrichment.quota.models import Account
from app.pipeline.models import IOC

# A forecast that moves by less than this is not worth sending to every open page.
SAME_TIME_S = 1.0
# Seconds that the queue pauses after a 429 if no ledger blocks the account: as the provider's
# Retry-After says, within these bounds, for some providers send 0 and others absurd numbers.
# Without a Retry-After it is a minute, the shortest window that providers document.
MIN_PAUSE_S = 1.0
DEFAULT_PAUSE_S = 60.0
MAX_PAUSE_S = 86_400.0


@dataclass(frozen=True, slots=True)
class NewTimes:
    """The waiting lookups of one analysis whose shown time or reason has changed."""

    job: LiveAnalysis
    waits: dict[Key, Wait]

    def store(self, draft: ChangeSet) -> None:
        """A command for the writer."""
        draft.wait_until(self.waits)


class ProviderQueue:
    """What waits for a provider, and what is known about when it may be sent.

    The orchestrator's lock guards all of it; times are those of the monotonic clock, in seconds.
    The scheduler's thread alone sends lookups, and alone writes `account`, `is_unlimited`,
    `last_sent`, `problem` and the times of forecasts. Other threads may add a lookup (`put`),
    report the end of a call (`calls_ended`, `denied_until`, `pause`), and set `forecast_is_due`;
    each wakes the scheduler afterwards.
    """

    def __init__(self, adapter: Adapter, breaker: CircuitBreaker | None) -> None:
        self.adapter = adapter
        self.name = adapter.name
        self.waiting = FairQueue(adapter.name)
        self.recent = RecentAnswers()
        self.breaker = breaker
        # The account in use and whether it has no limit, as read at the begin of each round.
        self.account = Account(adapter.name)
        self.is_unlimited = False
        self.unchecked: list[Task] = []
        """Waiting lookups that a recent answer may end without a call; checked in each round."""
        self.calls_ended = 0
        """The number of calls that have ended.

        If it changes while the ledger is asked, `denied_until` is not set: the end of a call may
        have brought the next one forward.
        """
        self.denied_until = 0.0
        """Before this time the ledger would deny any call, so it is not asked; 0: ask it."""
        self.last_sent = 0
        """The number of its last call, counted over all providers; 0: none yet.

        The queue with the lowest number has its turn first.
        """
        self.problem: str | None = None
        """Why the ledger cannot be asked, or None."""
        self.forecast_is_due = False
        """Whether the times that waiting lookups show may have changed."""
        self.next_forecast_at = 0.0
        self.shows_times = False
        """Whether a waiting lookup shows a time or a reason, which may have to be cleared."""
        self._paused_until = 0.0

    def put(self, task: Task) -> None:
        self.waiting.put(task)
        self.unchecked.append(task)
        self.forecast_is_due = True

    @property
    def delay(self) -> float:
        """Seconds for which nothing may be sent, without regard to quota; 0: sending is allowed."""
        pause = self._paused_until - time.monotonic()
        probe = self.breaker.delay if self.breaker and self.is_circuit_open else 0.0
        return max(pause, probe, 0.0)

    def allowed(self, workers: int) -> int:
        """Return how many calls so many free workers may send now, without regard to quota."""
        if self.delay:
            return 0
        allowance = self.breaker.allowance if self.breaker else None
        return workers if allowance is None else min(workers, allowance)

    def recent_answer(self, task: Task) -> EnrichmentResult | None:
        """Return an answer of the last seconds, which needs neither a call nor quota."""
        return self.recent.find(
            task.ioc, self.account.digest, task.job.id, task.job.run.asked_again.get(task.key)
        )

    def pause(self, seconds: float | None) -> None:
        """Send nothing for a while, after a 429 that no ledger remembers."""
        bounded = min(max(seconds or 0.0, MIN_PAUSE_S), MAX_PAUSE_S)
        wait = DEFAULT_PAUSE_S if seconds is None else bounded
        self._paused_until = max(self._paused_until, time.monotonic() + wait)
        self.forecast_is_due = True

    @property
    def is_circuit_open(self) -> bool:
        return self.breaker is not None and self.breaker.is_open

    @property
    def blocked_by(self) -> str | None:
        """What blocks the queue though there may be quota, as a sentence without its full stop."""
        if self.is_circuit_open:
            return f"{self.name} is not asked for now: {MAX_FAILURES} calls in a row failed"
        return None

    def in_order(self) -> tuple[list[Task], dict[IOC, int]]:
        """Return what waits, and how many calls go before the one for each IOC."""
        tasks = list(self.waiting.in_order())
        iocs = dict.fromkeys(t.ioc for t in tasks if not self.waiting.is_in_flight(t.ioc))
        return tasks, {ioc: n for n, ioc in enumerate(iocs)}

    def new_times(
        self, tasks: Sequence[Task], places: Mapping[IOC, int], delays: Sequence[float]
    ) -> list[NewTimes]:
        """Return when each lookup that still waits can be asked, where that is new.

        `delays`: the seconds until quota grants the call at each place.
        """
        now = utcnow()
        # While the circuit is open the probe's time is shown, also while the probe is in flight.
        hold = self.breaker.delay if self.breaker and self.is_circuit_open else self.delay
        found: dict[str, NewTimes] = {}
        self.shows_times = False
        for task in tasks:
            row = task.job.find(*task.key)
            if row is None or not self.waiting.is_waiting(task):
                continue
            place = places.get(task.ioc)
            quota = delays[place] if place is not None else 0.0
            delay = max(quota, hold) if quota else hold
            until = now + timedelta(seconds=delay) if delay else None
            self.shows_times |= until is not None
            if row.reason != self.blocked_by or not _is_same(row.retry_at, until):
                times = found.setdefault(task.job.id, NewTimes(task.job, {}))
                times.waits[task.key] = Wait(until, self.blocked_by)
        return list(found.values())


def _is_same(known: datetime | None, until: datetime | None) -> bool:
    if known is None or until is None:
        return known is until
    return abs((known - until).total_seconds()) <= SAME_TIME_S
