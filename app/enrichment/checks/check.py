"""The base of key checks and connection tests: jobs, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol
from uuid import uuid4

from app.enrichment.adapters.base import HTTPAdapter
from app.errors import StorageError
from app.jobs.models import Job, JobState
from app.jobs.transitions import Step, take_step

log = logging.getLogger(__name__)

Report = Mapping[str, Any]
"""The result of a job, as JSON."""


class JobKeeper(Protocol):
    """The store of jobs that are no analyses; every method raises StorageError."""

    def insert(self, job: Job) -> None: ...

    def update(self, job: Job, report: Report | None = None) -> bool:
        """Store the change of a job; without a report, the stored one stays.

        Returns False if the job was deleted.
        """

    def report(self, job_id: str) -> Report | None: ...

    def exists(self, job_id: str) -> bool: ...

    def unfinished(self, job_type: str) -> list[Job]: ...


class ProviderCheck(ABC):
    """A kind of check, which runs as a job. A check has ended when its job is saved as ended."""

    job_type: ClassVar[str]
    first_message: ClassVar[str]
    failed_message: ClassVar[str]

    def __init__(
        self,
        adapters: Iterable[HTTPAdapter],
        jobs: JobKeeper,
        on_change: Callable[[str], object],
    ) -> None:
        """`on_change` is called with the id of a job that changed, from any thread."""
        self._adapters = {adapter.name: adapter for adapter in adapters}
        self._jobs = jobs
        self._on_change = on_change
        self._lock = threading.Lock()
        self._under_way: dict[str, Job] = {}
        self._closed = False

    @abstractmethod
    def _check(self, job: Job, adapter: HTTPAdapter) -> None:
        """Run the check within bounded time, and save the job's end. Raises StorageError."""

    def begin(
        self,
        provider: str,
        anew: bool = False,
        prepare: Callable[[Job], object] = lambda job: None,
    ) -> Job:
        """Start a check, or return the running one unless `anew`. Raises StorageError.

        `prepare` is called with the new job before it runs.
        """
        with self._lock:
            under_way = [job for job in self._under_way.values() if job.target == provider]
            if under_way and not anew:
                return under_way[-1]
            job = Job(uuid4().hex, self.job_type, target=provider)
            self._jobs.insert(job)
            prepare(job)
            self._under_way[job.id] = job
        self._run_in_thread(job)
        return job

    def resume_unfinished(self) -> None:
        """Run the checks that an earlier run of the server did not finish. Raises StorageError."""
        for job in self._jobs.unfinished(self.job_type):
            with self._lock:
                self._under_way[job.id] = job
            self._run_in_thread(job)

    def close(self) -> None:
        """Stop storing results: what runs now is resumed at the next start."""
        with self._lock:
            self._closed = True

    def _run_in_thread(self, job: Job) -> None:
        name = f"{self.job_type}-{job.id}"
        threading.Thread(target=self._run, args=(job,), name=name, daemon=True).start()

    def _run(self, job: Job) -> None:
        try:
            if job.state is JobState.QUEUED:
                job = take_step(job, Step.START, self.first_message)
                self._save(job)
            if (adapter := self._adapters.get(job.target or "")) is None:
                self._save(take_step(job, Step.FAIL, f"Telltale asks no {job.target} any more."))
                return
            self._check(job, adapter)
        except StorageError as e:
            # The failure could not be written either, so the check is resumed at the next start.
            log.error("The job %s is not finished: %s", job.id, e)
        except Exception:
            log.exception("job %s failed", job.id)
            self._save(take_step(job, Step.FAIL, self.failed_message))
        finally:
            with self._lock:
                self._under_way.pop(job.id, None)

    def _save(
        self,
        job: Job,
        report: Report | None = None,
        before: Callable[[], object] = lambda: None,
    ) -> None:
        with self._lock:
            # A job that was deleted meanwhile changes nothing, and must not come back.
            if self._closed or not self._jobs.exists(job.id):
                return
            before()
            if not self._jobs.update(job, report):
                return
            if job.finished_at is not None:  # a client that sees the end may start the next check
                self._under_way.pop(job.id, None)
        self._on_change(job.id)
