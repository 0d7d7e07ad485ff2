"""The jobs in memory, least recently read first out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Leaving(Protocol):
    @property
    def may_leave(self) -> bool: ...


J = TypeVar("J", bound=Leaving)


class JobRegistry(Generic[J]):
    """Holds no lock: whoever owns the jobs guards the registry with the lock that guards them."""

    def __init__(self, max_jobs: int) -> None:
        self._max_jobs = max_jobs
        self._jobs: OrderedDict[str, J] = OrderedDict()

    def add(self, job_id: str, job: J) -> None:
        """Past the limit the least recently read job that may leave goes."""
        self._jobs[job_id] = job
        excess = len(self._jobs) - self._max_jobs
        if excess > 0:
            leaving = (i for i, j in self._jobs.items() if j.may_leave and i != job_id)
            for old in [i for i, _ in zip(leaving, range(excess), strict=False)]:
                del self._jobs[old]

    def get(self, job_id: str) -> J | None:
        """Counts as a read."""
        if (job := self._jobs.get(job_id)) is not None:
            self._jobs.move_to_end(job_id)
        return job

    def remove(self, job_id: str) -> None:
        self._jobs.pop(job_id, None)

    def __iter__(self) -> Iterator[J]:
        """Least recently read first; does not count as a read."""
        return iter(self._jobs.values())
