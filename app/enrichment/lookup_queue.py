"""The lookups that wait for one provider."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.enrichment.adapters.base import Adapter
from app.enrichment.job import EnrichmentJob, Key
from app.enrichment.models import utcnow
from app.enrichment.quota import MinutePace
from app.pipeline.models import IOC

# A forecast that moves by less than this is not worth telling every open page.
SAME_TIME_S = 2.0


@dataclass(slots=True, order=True)
class Task:
    """One lookup on its way to an outcome; jobs take turns, and each keeps its own order."""

    turn: int
    order: int
    job: EnrichmentJob = field(compare=False)
    ioc: IOC = field(compare=False)
    adapter: Adapter = field(compare=False)
    attempts: int = field(default=0, compare=False)
    """How often it was sent, over all runs of the server."""
    errors: int = field(default=0, compare=False)
    rate_limits: int = field(default=0, compare=False)

    @property
    def key(self) -> tuple[IOC, str]:
        return self.ioc, self.adapter.name


class LookupQueue:
    """Holds no lock: the orchestrator guards it with its own."""

    def __init__(self, pace: MinutePace) -> None:
        self.pace = pace
        self._tasks: list[Task] = []

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def put(self, task: Task) -> None:
        heapq.heappush(self._tasks, task)

    def take(self) -> Task:
        return heapq.heappop(self._tasks)

    def drop(self, unwanted: Callable[[Task], bool]) -> list[Task]:
        dropped = [task for task in self._tasks if unwanted(task)]
        self._tasks = [task for task in self._tasks if not unwanted(task)]
        heapq.heapify(self._tasks)
        return dropped

    def forecast(self) -> list[tuple[EnrichmentJob, dict[Key, datetime | None]]]:
        """When quota will let each lookup be asked, where that is news; None: when a worker can."""
        now = utcnow()
        tasks = sorted(self._tasks)
        news: dict[str, tuple[EnrichmentJob, dict[Key, datetime | None]]] = {}
        for task, delay in zip(tasks, self.pace.forecast(len(tasks)), strict=True):
            row = task.job.find(*task.key)
            known = row.retry_at if row else None
            when = now + timedelta(seconds=delay) if delay else None
            is_same = known == when or (
                when and known and abs((known - when).total_seconds()) <= SAME_TIME_S
            )
            if not is_same:
                news.setdefault(task.job.id, (task.job, {}))[1][task.key] = when
        return list(news.values())
