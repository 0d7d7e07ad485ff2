"""The lookups of one job that wait for one provider."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.quota.models import Account
from app.pipeline.models import IOC, IOCType

# The hashes of a file name one thing, and the answer to one of them brings the others. So of a
# job's hashes the kind that every provider knows best is asked first, and two kinds never at
# once: each call for a second name of the same file would be wasted quota.
HASHES_IN_ORDER = (IOCType.SHA256, IOCType.SHA1, IOCType.MD5, IOCType.SHA512)


@dataclass(slots=True, order=True)
class Task:
    """One lookup in dispatch. Of one job's tasks those of lower rank go first, then older ones."""

    rank: int
    order: int
    job: LiveAnalysis = field(compare=False)
    ioc: IOC = field(compare=False)
    provider: str = field(compare=False)
    attempts: int = field(default=0, compare=False)
    """The number of calls that were sent for it, over all runs of the server."""
    errors: int = field(default=0, compare=False)
    """The number of failed calls in this run; calls that got a 429 are not among them."""
    account: Account | None = field(default=None, compare=False)
    """The account whose key the call was sent with."""
    grant: int | None = field(default=None, compare=False)
    """The number that the ledger gave the call; None before it is sent."""
    is_probe: bool = field(default=False, compare=False)
    """True if the call only shows whether the provider answers again."""
    waits_for_same_ioc: bool = field(default=False, compare=False)
    """True while a call for the same IOC is in flight, made for another job."""

    @property
    def key(self) -> tuple[IOC, str]:
        return self.ioc, self.provider

    @property
    def is_urgent(self) -> bool:
        """True if the analyst put it first: a rank below 0 goes before the tasks of all jobs."""
        return self.rank < 0


class JobQueue:
    """The waiting lookups of one job at one provider.

    Heaps give the next task. A task that was removed stays in its heap until it comes to the
    head, where it is skipped because `tasks` no longer holds it: removal costs no search.
    """

    def __init__(self, job: LiveAnalysis, provider: str) -> None:
        self.job = job
        self.tasks: dict[IOC, Task] = {}
        self._provider = provider
        # By the kind of hash; None: all that is no hash.
        self._heaps: dict[IOCType | None, list[Task]] = {}
        self._waiting: Counter[IOCType | None] = Counter()
        self._sendable: Counter[IOCType | None] = Counter()
        """The number of those that wait for no other job's call."""

    def put(self, task: Task) -> None:
        self.tasks[task.ioc] = task
        self._waiting[_kind(task)] += 1
        self.call_ended(task)

    def wait_for_call(self, task: Task) -> None:
        """Leave out a task until the call for the same IOC, made for another job, has ended."""
        task.waits_for_same_ioc = True
        self._sendable[_kind(task)] -= 1

    def call_ended(self, task: Task) -> None:
        """Make a task sendable, for no call for its IOC is in flight."""
        kind = _kind(task)
        task.waits_for_same_ioc = False
        self._sendable[kind] += 1
        if not task.is_urgent:
            heapq.heappush(self._heaps.setdefault(kind, []), task)

    def remove(self, task: Task) -> None:
        del self.tasks[task.ioc]
        self._waiting[_kind(task)] -= 1
        if not task.waits_for_same_ioc:
            self._sendable[_kind(task)] -= 1

    @property
    def ready(self) -> int:
        """The number of tasks that this job would let go now."""
        kind = self._hash_kind()
        return self._sendable[None] + (self._sendable[kind] if kind else 0)

    def peek(self) -> Task | None:
        """Return the task that goes first, without removing it."""
        heads = (self._head(None), self._head(self._hash_kind()))
        return min((head for head in heads if head), default=None)

    def pop_head(self, task: Task) -> None:
        """Take what `peek` returned off its heap; it stays in `tasks`."""
        heapq.heappop(self._heaps[_kind(task)])

    def may_go(self, task: Task) -> bool:
        """Return whether no call for another kind of hash of this job is in flight."""
        kind = _kind(task)
        return kind is None or self._kinds_in_flight() <= {kind}

    def in_order(self) -> Iterator[Task]:
        """Yield the tasks in the order in which they will go, without the urgent ones."""
        tasks = [task for task in self.tasks.values() if not task.is_urgent]
        others = sorted(task for task in tasks if _kind(task) is None)
        hashes = [task for task in tasks if _kind(task) is not None]
        hashes.sort(key=lambda task: (HASHES_IN_ORDER.index(task.ioc.type), task), reverse=True)
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
        """Return the one kind of hash that may be sent now: the first that has not ended."""
        if not any(self._waiting[kind] for kind in HASHES_IN_ORDER):
            return None
        in_flight = self._kinds_in_flight()
        first = next(kind for kind in HASHES_IN_ORDER if self._waiting[kind] or kind in in_flight)
        return first if in_flight <= {first} else None

    def _kinds_in_flight(self) -> set[IOCType]:
        return {
            ioc.type
            for ioc, provider in self.job.run.in_flight
            if provider == self._provider and ioc.type in HASHES_IN_ORDER
        }


def _kind(task: Task) -> IOCType | None:
    """Return the type of a hash; None for every other type."""
    return task.ioc.type if task.ioc.type in HASHES_IN_ORDER else None
