"""All that is known of one provider: what waits for it, and whether it may be asked now."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.enrichment.adapters.base import Adapter
from app.enrichment.analysis.change_set import ChangeSet, Wait
from app.enrichment.analysis.live_analysis import Key, LiveAnalysis
from app.enrichment.dispatch.circuit_breaker import FAILURES, CircuitBreaker
from app.enrichment.dispatch.fair_queue import FairQueue, Task
from app.enrichment.dispatch.recent_answers import RecentAnswers
from app.enrichment.models import EnrichmentResult, utcnow
from app.enrichment.quota.models import Account
from app.pipeline.models import IOC

# A forecast that moves by less than this is not worth telling every open page.
SAME_TIME_S = 1.0
# How long a 429 holds where the ledger knows of no limit.
LEAST_PAUSE_S = 1.0
PAUSE_S = 60.0
MOST_PAUSE_S = 86_400.0
NEVER = -1


@dataclass(frozen=True, slots=True)
class News:
    """Which of a job's waiting lookups are told something new."""

    job: LiveAnalysis
    waits: dict[Key, Wait]

    def tell(self, draft: ChangeSet) -> None:
        draft.wait_until(self.waits)


class ProviderQueue:
    """Holds no lock: the orchestrator guards it with its own. Times are monotonic."""

    def __init__(self, adapter: Adapter, breaker: CircuitBreaker | None) -> None:
        self.adapter = adapter
        self.name = adapter.name
        self.queue = FairQueue(adapter.name)
        self.recent = RecentAnswers()
        self.breaker = breaker
        self.account = Account(adapter.name)
        self.is_unlimited = False
        self.arrivals = 0
        self.looked_up = NEVER
        """How many arrivals there were when these two were looked up."""
        self.newcomers: list[Task] = []
        """Those for which nobody looked yet whether their answer came a moment ago."""
        self.landings = 0
        """How many calls have ended."""
        self.ask_at = 0.0
        """Before this the ledger would only say no."""
        self.needs_worker = False
        """Whether there may be quota: then the others leave one free."""
        self.problem: str | None = None
        """Why the ledger cannot be asked."""
        self.is_news = False
        """Whether those that wait may have to be told something else."""
        self.forecast_at = 0.0
        """Before this they are told nothing: it costs time while others wait."""
        self.has_told = False
        """Whether any that waits says until when, or what for."""
        self._paused_until = 0.0

    @property
    def is_looked_up(self) -> bool:
        """Whether account and limit hold for all that wait; nothing is sent before."""
        return self.looked_up == self.arrivals

    @property
    def is_free(self) -> bool:
        """Whether a call may be sent without asking the ledger."""
        return bool(self.queue) and self.is_looked_up and self.is_unlimited

    @property
    def delay(self) -> float:
        """In how many seconds anything may be sent, whatever quota says; 0: now."""
        pause = self._paused_until - time.monotonic()
        return max(pause, self.breaker.delay if self.is_set_aside and self.breaker else 0.0, 0.0)

    def room(self, free: int) -> int:
        """How many may be sent by so many workers, whatever quota says."""
        if self.delay:
            return 0
        allowance = self.breaker.allowance if self.breaker else None
        return free if allowance is None else min(free, allowance)

    def known(self, task: Task) -> EnrichmentResult | None:
        """What was answered a moment ago needs neither call nor quota."""
        return self.recent.find(task.ioc, self.account.digest, task.job.id, task.since)

    def pause(self, seconds: float | None) -> None:
        wait = PAUSE_S if seconds is None else min(max(seconds, LEAST_PAUSE_S), MOST_PAUSE_S)
        self._paused_until = max(self._paused_until, time.monotonic() + wait)
        self.is_news = True

    @property
    def is_set_aside(self) -> bool:
        return self.breaker is not None and self.breaker.is_open

    @property
    def hindrance(self) -> str | None:
        """Why nothing is sent though quota is there."""
        if self.is_set_aside:
            return f"{self.name} is set aside: {FAILURES} calls in a row failed"
        return None

    def in_order(self) -> tuple[list[Task], dict[IOC, int]]:
        """What waits, and how many calls go before the one for each IOC."""
        tasks = list(self.queue.in_order())
        iocs = dict.fromkeys(t.ioc for t in tasks if not self.queue.is_in_flight(t.ioc))
        return tasks, {ioc: n for n, ioc in enumerate(iocs)}

    def news(
        self, tasks: Sequence[Task], places: Mapping[IOC, int], delays: Sequence[float]
    ) -> list[News]:
        """For those that still wait: when quota lets each be asked, where that is new."""
        now = utcnow()
        # Of a provider that is set aside also while the probe is under way: that is soon over.
        hold = self.breaker.delay if self.breaker and self.is_set_aside else self.delay
        found: dict[str, News] = {}
        self.has_told = False
        for task in tasks:
            row = task.job.find(*task.key)
            if row is None or not self.queue.is_waiting(task):
                continue
            place = places.get(task.ioc)
            quota = delays[place] if place is not None else 0.0
            delay = max(quota, hold) if quota else hold
            until = now + timedelta(seconds=delay) if delay else None
            self.has_told |= until is not None
            if row.reason != self.hindrance or not _is_same(row.retry_at, until):
                news = found.setdefault(task.job.id, News(task.job, {}))
                news.waits[task.key] = Wait(until, self.hindrance)
        return list(found.values())


def _is_same(known: datetime | None, until: datetime | None) -> bool:
    if known is None or until is None:
        return known is until
    return abs((known - until).total_seconds()) <= SAME_TIME_S
