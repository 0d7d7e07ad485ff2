"""The lookups that wait for one provider, in the order in which they will be sent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace

from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.dispatch.job_queue import JobQueue, Task
from app.pipeline.models import IOC


class FairQueue:
    """The waiting lookups of all jobs at one provider; jobs take turns.

    There is one call at a time for an IOC: other jobs' lookups of it wait for the outcome.
    The queue holds no lock: the orchestrator's guards it.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._job_queues: OrderedDict[str, JobQueue] = OrderedDict()
        """By the job's id; the job whose turn is next comes first."""
        self._urgent: list[Task] = []
        self._by_ioc: dict[IOC, dict[str, Task]] = {}
        """For each IOC the waiting tasks, by the job's id."""
        self._in_flight: set[IOC] = set()
        self._waiting_for_call: dict[IOC, list[Task]] = {}
        """For each IOC in flight the tasks that were left out because of that."""

    def __bool__(self) -> bool:
        return bool(self._job_queues)

    def has_job(self, job_id: str) -> bool:
        return job_id in self._job_queues

    @property
    def jobs(self) -> list[LiveAnalysis]:
        return [queue.job for queue in self._job_queues.values()]

    @property
    def sizes(self) -> list[int]:
        """The number of waiting lookups of each job."""
        return [len(queue.tasks) for queue in self._job_queues.values()]

    def put(self, task: Task) -> None:
        queue = self._job_queues.get(task.job.id)
        if queue is None:
            queue = self._job_queues[task.job.id] = JobQueue(task.job, self._provider)
        queue.put(task)
        self._by_ioc.setdefault(task.ioc, {})[task.job.id] = task
        if task.is_urgent:
            self._urgent.append(task)

    def ready(self, limit: int) -> int:
        """Return how many lookups could be sent now, at most `limit`.

        An IOC that two jobs want counts twice: the ledger gets back the grant that is left.
        """
        count = 0
        for queue in self._job_queues.values():
            count += queue.ready
            if count >= limit:
                return limit
        return count

    def pop_next(self) -> Task | None:
        """Remove and return the next task; None while all must wait for calls in flight."""
        task = self._next_urgent() or self._next_in_turn()
        if task is not None:
            self.remove(task)
        return task

    def started(self, task: Task) -> None:
        """Note that a call for the task's IOC is in flight."""
        self._in_flight.add(task.ioc)

    def finished(self, task: Task) -> None:
        """Note that the call has ended: the lookups that waited for it become sendable.

        The caller removes those that the outcome ends too.
        """
        self._in_flight.discard(task.ioc)
        for waiting in self._waiting_for_call.pop(task.ioc, ()):
            queue = self._job_queues.get(waiting.job.id)
            if queue and queue.tasks.get(waiting.ioc) is waiting:
                queue.call_ended(waiting)

    def waiting_for(self, ioc: IOC) -> list[Task]:
        return list(self._by_ioc.get(ioc, {}).values())

    def remove(self, task: Task) -> None:
        queue = self._job_queues[task.job.id]
        queue.remove(task)
        if not queue.tasks:
            del self._job_queues[task.job.id]
        same = self._by_ioc[task.ioc]
        del same[task.job.id]
        if not same:
            del self._by_ioc[task.ioc]
        if task.is_urgent:
            self._urgent = [other for other in self._urgent if other is not task]

    def drop(self, job: LiveAnalysis) -> list[Task]:
        """Remove and return all tasks of a job."""
        queue = self._job_queues.get(job.id)
        tasks = list(queue.tasks.values()) if queue else []
        for task in tasks:
            self.remove(task)
        return tasks

    def prioritise(self, job: LiveAnalysis, ioc: IOC, rank: int) -> None:
        queue = self._job_queues.get(job.id)
        if queue and (task := queue.tasks.get(ioc)):
            self.remove(task)
            self.put(replace(task, rank=rank))

    @property
    def front(self) -> int:
        """A rank before that of every waiting task."""
        return min((task.rank for task in self._urgent), default=0) - 1

    def in_order(self) -> Iterator[Task]:
        """Yield all tasks in the order in which they will go, if none is added and none fails.

        Tasks that wait for another job's call are among them.
        """
        yield from sorted(self._urgent)
        turns = [queue.in_order() for queue in self._job_queues.values()]
        while turns:
            remaining = []
            for tasks in turns:
                if (task := next(tasks, None)) is not None:
                    yield task
                    remaining.append(tasks)
            turns = remaining

    def is_in_flight(self, ioc: IOC) -> bool:
        return ioc in self._in_flight

    def is_waiting(self, task: Task) -> bool:
        return self._by_ioc.get(task.ioc, {}).get(task.job.id) is task

    def _next_urgent(self) -> Task | None:
        for task in sorted(self._urgent):
            if task.ioc in self._in_flight:
                self._wait_for_call(task)
            elif self._job_queues[task.job.id].may_go(task):
                return task
        return None

    def _next_in_turn(self) -> Task | None:
        for job_id in list(self._job_queues):
            queue = self._job_queues[job_id]
            while (task := queue.peek()) is not None:
                queue.pop_head(task)
                if task.ioc not in self._in_flight:
                    self._job_queues.move_to_end(job_id)
                    return task
                self._wait_for_call(task)
        return None

    def _wait_for_call(self, task: Task) -> None:
        if not task.waits_for_same_ioc:
            self._job_queues[task.job.id].wait_for_call(task)
            self._waiting_for_call.setdefault(task.ioc, []).append(task)
