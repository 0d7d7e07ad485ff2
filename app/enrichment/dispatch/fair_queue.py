"""The lookups that wait for one provider."""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.quota.models import Account
from app.pipeline.models import IOC, IOCType

# A file's hashes are names of one thing, whose answer tells the others: the name that every
# provider knows best is asked for first, and two kinds never at once.
HASH_TYPES = (IOCType.SHA256, IOCType.SHA1, IOCType.MD5, IOCType.SHA512)


@dataclass(slots=True, order=True)
class Task:
    """One lookup on its way to an outcome; of a job's those of lower rank go first, then older."""

    rank: int
    order: int
    job: LiveAnalysis = field(compare=False)
    ioc: IOC = field(compare=False)
    provider: str = field(compare=False)
    attempts: int = field(default=0, compare=False)
    """How often it was sent, over all runs of the server."""
    errors: int = field(default=0, compare=False)
    account: Account | None = field(default=None, compare=False)
    """That it was sent with."""
    grant: int | None = field(default=None, compare=False)
    """The ledger's, where the account is limited."""
    is_probe: bool = field(default=False, compare=False)
    """Whether it is sent to see if the provider answers again."""
    is_parked: bool = field(default=False, compare=False)
    """Whether it waits for the call that another job made."""

    @property
    def key(self) -> tuple[IOC, str]:
        return self.ioc, self.provider

    @property
    def is_urgent(self) -> bool:
        """Ranks below 0 are the analyst's `ask this one next`: those go before all other jobs'."""
        return self.rank < 0


class JobQueue:
    """One job's lookups. A task that is no longer in `tasks` is skipped where it turns up."""

    def __init__(self, job: LiveAnalysis, provider: str) -> None:
        self.job = job
        self.tasks: dict[IOC, Task] = {}
        self._provider = provider
        self._heaps: dict[IOCType | None, list[Task]] = {}
        # Of each kind: how many wait, and how many of those for no other job's call.
        self._waiting: Counter[IOCType | None] = Counter()
        self._loose: Counter[IOCType | None] = Counter()

    def add(self, task: Task) -> None:
        self.tasks[task.ioc] = task
        self._waiting[_kind(task)] += 1
        self.loosen(task)

    def loosen(self, task: Task) -> None:
        kind = _kind(task)
        task.is_parked = False
        self._loose[kind] += 1
        if not task.is_urgent:
            heapq.heappush(self._heaps.setdefault(kind, []), task)

    def park(self, task: Task) -> None:
        task.is_parked = True
        self._loose[_kind(task)] -= 1

    def remove(self, task: Task) -> None:
        del self.tasks[task.ioc]
        self._waiting[_kind(task)] -= 1
        if not task.is_parked:
            self._loose[_kind(task)] -= 1

    @property
    def ready(self) -> int:
        """How many may be sent now, as far as this line goes."""
        kind = self._hash_kind()
        return self._loose[None] + (self._loose[kind] if kind else 0)

    def next(self) -> Task | None:
        """The task that goes first; it stays in the line."""
        heads = (self._head(None), self._head(self._hash_kind()))
        return min((head for head in heads if head), default=None)

    def drop_head(self, task: Task) -> None:
        heapq.heappop(self._heaps[_kind(task)])

    def may_go(self, task: Task) -> bool:
        """Whether no other kind of hash of this job is under way."""
        kind = _kind(task)
        return kind is None or self._flying() <= {kind}

    def in_order(self) -> Iterator[Task]:
        """As they will go, without those that are urgent."""
        tasks = [task for task in self.tasks.values() if not task.is_urgent]
        others = sorted(task for task in tasks if _kind(task) is None)
        hashes = [task for task in tasks if _kind(task) is not None]
        hashes.sort(key=lambda task: (HASH_TYPES.index(task.ioc.type), task), reverse=True)
        for task in others:
            while hashes and hashes[-1] < task:
                yield hashes.pop()
            yield task
        yield from reversed(hashes)

    def _head(self, kind: IOCType | None) -> Task | None:
        heap = self._heaps.get(kind, [])
        while heap and self.tasks.get(heap[0].ioc) is not heap[0]:
            heapq.heappop(heap)
        return heap[0] if heap else None

    def _hash_kind(self) -> IOCType | None:
        """The kind of hash that may be sent now: the first that has not ended, alone."""
        if not any(self._waiting[kind] for kind in HASH_TYPES):
            return None
        flying = self._flying()
        first = next(kind for kind in HASH_TYPES if self._waiting[kind] or kind in flying)
        return first if flying <= {first} else None

    def _flying(self) -> set[IOCType]:
        return {
            ioc.type
            for ioc, provider in self.job.run.in_flight
            if provider == self._provider and ioc.type in HASH_TYPES
        }


class FairQueue:
    """Jobs take turns. Holds no lock: the orchestrator guards it with its own.

    One call at a time for an IOC: others that want the same wait for its outcome.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._lines: OrderedDict[str, JobQueue] = OrderedDict()
        self._urgent: list[Task] = []
        self._same: dict[IOC, dict[str, Task]] = {}
        """IOC -> job -> its task."""
        self._flights: set[IOC] = set()
        self._parked: dict[IOC, list[Task]] = {}

    def __bool__(self) -> bool:
        return bool(self._lines)

    def has_job(self, job_id: str) -> bool:
        return job_id in self._lines

    @property
    def jobs(self) -> list[LiveAnalysis]:
        return [line.job for line in self._lines.values()]

    @property
    def sizes(self) -> list[int]:
        """How many of each job wait."""
        return [len(line.tasks) for line in self._lines.values()]

    def put(self, task: Task) -> None:
        line = self._lines.get(task.job.id)
        if line is None:
            line = self._lines[task.job.id] = JobQueue(task.job, self._provider)
        line.add(task)
        self._same.setdefault(task.ioc, {})[task.job.id] = task
        if task.is_urgent:
            self._urgent.append(task)

    def ready(self, limit: int) -> int:
        """How many could be sent now, at most so many; one IOC for two jobs counts twice."""
        count = 0
        for line in self._lines.values():
            count += line.ready
            if count >= limit:
                return limit
        return count

    def pop_next(self) -> Task | None:
        """The next one; None while all that wait must wait for what is under way."""
        task = self._next_urgent() or self._next_in_turn()
        if task is not None:
            self.remove(task)
        return task

    def started(self, task: Task) -> None:
        self._flights.add(task.ioc)

    def finished(self, task: Task) -> None:
        """The call is over; who waited for it may go, unless it is ended by the outcome."""
        self._flights.discard(task.ioc)
        for waiting in self._parked.pop(task.ioc, ()):
            line = self._lines.get(waiting.job.id)
            if line and line.tasks.get(waiting.ioc) is waiting:
                line.loosen(waiting)

    def waiting_for(self, ioc: IOC) -> list[Task]:
        return list(self._same.get(ioc, {}).values())

    def remove(self, task: Task) -> None:
        line = self._lines[task.job.id]
        line.remove(task)
        if not line.tasks:
            del self._lines[task.job.id]
        same = self._same[task.ioc]
        del same[task.job.id]
        if not same:
            del self._same[task.ioc]
        if task.is_urgent:
            self._urgent = [other for other in self._urgent if other is not task]

    def drop(self, job: LiveAnalysis) -> list[Task]:
        line = self._lines.get(job.id)
        tasks = list(line.tasks.values()) if line else []
        for task in tasks:
            self.remove(task)
        return tasks

    def prioritise(self, job: LiveAnalysis, ioc: IOC, rank: int) -> None:
        line = self._lines.get(job.id)
        if line and (task := line.tasks.get(ioc)):
            self.remove(task)
            self.put(replace(task, rank=rank))

    @property
    def front(self) -> int:
        """A rank before all that wait."""
        return min((task.rank for task in self._urgent), default=0) - 1

    def in_order(self) -> Iterator[Task]:
        """As they will go, if nothing comes or fails; also those that wait for another's call."""
        yield from sorted(self._urgent)
        lines = [line.in_order() for line in self._lines.values()]
        while lines:
            going_on = []
            for line in lines:
                if (task := next(line, None)) is not None:
                    yield task
                    going_on.append(line)
            lines = going_on

    def is_in_flight(self, ioc: IOC) -> bool:
        return ioc in self._flights

    def is_waiting(self, task: Task) -> bool:
        return self._same.get(task.ioc, {}).get(task.job.id) is task

    def _next_urgent(self) -> Task | None:
        for task in sorted(self._urgent):
            if task.ioc in self._flights:
                self._park(task)
            elif self._lines[task.job.id].may_go(task):
                return task
        return None

    def _next_in_turn(self) -> Task | None:
        for job_id in list(self._lines):
            line = self._lines[job_id]
            while (task := line.next()) is not None:
                line.drop_head(task)
                if task.ioc not in self._flights:
                    self._lines.move_to_end(job_id)
                    return task
                self._park(task)
        return None

    def _park(self, task: Task) -> None:
        if not task.is_parked:
            self._lines[task.job.id].park(task)
            self._parked.setdefault(task.ioc, []).append(task)


def _kind(task: Task) -> IOCType | None:
    return task.ioc.type if task.ioc.type in HASH_TYPES else None
