"""The actions on an analysis that exists: pause, cancel, retry, ask, add, delete."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from app.enrichment.analysis import commands
from app.enrichment.analysis.cache import AnalysisCache
from app.enrichment.analysis.change_set import ChangeSet
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.analysis.writer import Command, Writer
from app.enrichment.dispatch.scheduler import Scheduler
from app.enrichment.models import Lookup, Mode
from app.enrichment.timing import Timing
from app.errors import JobNotFoundError
from app.jobs.models import Job
from app.pipeline.models import IOC


class Controls:
    """The half of the orchestrator that changes analyses. Its methods are called without the lock.

    Each is one command for the writer, and returns when that is committed.
    """

    _cache: AnalysisCache
    _writer: Writer
    _scheduler: Scheduler
    _timing: Timing
    _changed: threading.Condition
    """A condition on the lock that guards memory."""

    def pause(self, job_id: str) -> None:
        """Start no more calls; those in flight go on to their end.

        This, `resume`, `cancel` and `retry` return when it is committed, and raise
        JobNotFoundError, StorageError, or JobActionError if the job's state forbids it.
        """
        self._withdraw(job_id)
        self._execute(job_id, commands.pause)

    def resume(self, job_id: str) -> None:
        self._execute(job_id, commands.resume)

    def cancel(self, job_id: str) -> None:
        """Cancel the waiting lookups; calls in flight get `cancel_patience_s` to end."""
        job = self._withdraw(job_id)

        def cancel(draft: ChangeSet) -> None:
            commands.cancel(draft, time.monotonic() + self._timing.cancel_patience_s)
            draft.after_commit(lambda run: self._scheduler.give_up_later_locked(job))

        self._execute(job_id, cancel)

    def retry(self, job_id: str, ioc: str | None = None, provider: str | None = None) -> None:
        """Ask again what could not be checked; with an IOC's value, that lookup only."""
        self._execute(job_id, lambda draft: commands.retry(draft, ioc, provider))

    def ask(self, job_id: str, ioc: IOC, provider: str) -> bool:
        """Ask again for a lookup that has ended; False if it waits or is unknown."""
        return self._try(job_id, lambda draft: commands.ask(draft, ioc, provider))

    def ask_all_again(self, job_id: str, answers_only: bool = False) -> int:
        """Ask again for all that was asked, after all that waits. Returns the number of lookups.

        While lookups are left, fresh answers stay, unless `answers_only`: then failures stay.
        """
        if (job := self._cache.find(job_id)) is None:
            return 0
        return self._writer.execute(job, lambda d: commands.ask_all_again(d, answers_only))

    def ask_rest(self, job_id: str, rows: Sequence[Lookup], waits_for_choice: bool) -> None:
        """Ask what a cancellation left; `rows`: these lookups, as they are planned now.

        This and `look_up` raise like `pause`.
        """
        self._execute(job_id, lambda draft: commands.ask_rest(draft, rows, waits_for_choice))

    def look_up(self, job_id: str, rows: Sequence[Lookup], waits_for_choice: bool) -> None:
        """Take an analysis that asked nothing online, with these lookups."""
        self._execute(job_id, lambda draft: commands.look_up(draft, rows, waits_for_choice))

    def prioritise(self, job_id: str, ioc: IOC, provider: str) -> bool:
        """Move a lookup before all others at its provider; False if it does not wait."""
        if (job := self._cache.find(job_id)) is None:
            return False

        def prioritise(draft: ChangeSet) -> bool:
            rank = self._scheduler.front_locked(provider)
            if not commands.prioritise(draft, ioc, provider, rank):
                return False
            draft.after_commit(
                lambda run: self._scheduler.prioritise_locked(job, ioc, provider, rank)
            )
            return True

        return self._writer.execute(job, prioritise)

    def add_ioc(self, job_id: str, ioc: IOC, lookups: Sequence[Lookup]) -> bool:
        """Add an IOC to an analysis; False if it is there already, or the job is unknown.

        An offline analysis asks no provider, so its `lookups` are ignored.
        """
        if (job := self._cache.find(job_id)) is None:
            return False
        rows = () if job.analysis.mode is Mode.OFFLINE else lookups
        return self._writer.execute(job, lambda draft: commands.add_ioc(draft, ioc, rows))

    def delete(self, job_id: str) -> None:
        """Delete the job from memory and store. The outcomes of calls in flight are dropped.

        Raises JobNotFoundError, StorageError.
        """
        self._execute(job_id, commands.delete)

    def delete_all(self, jobs: Sequence[Job]) -> None:
        """Delete jobs of any type; those that are not in memory with one commit."""
        loaded = self._cache.delete_others(jobs)
        with self._changed:
            self._scheduler.forget_jobs_locked({job.id for job in jobs})
        for job in loaded:
            with suppress(JobNotFoundError):  # it was deleted meanwhile
                self._writer.execute(job, commands.delete)

    def key_changed(self) -> None:
        """Call when an API key changed: waiting lookups are scheduled under its quota."""
        with self._changed:
            self._scheduler.wake_locked()

    def forget(self, provider: str) -> None:
        """Drop the provider's recent answers: its key was deleted."""
        with self._changed:
            self._scheduler.forget_answers_locked(provider)

    def _execute(self, job_id: str, command: Command[object]) -> None:
        self._writer.execute(self._find(job_id), command)

    def _try(self, job_id: str, command: Command[bool]) -> bool:
        """Return what the command returned; False if the job is unknown."""
        job = self._cache.find(job_id)
        return job is not None and self._writer.execute(job, command)

    def _find(self, job_id: str) -> LiveAnalysis:
        if (job := self._cache.find(job_id)) is None:
            raise JobNotFoundError(f"There is no analysis {job_id}.")
        return job

    def _withdraw(self, job_id: str) -> LiveAnalysis:
        """Stop sending the job's lookups, so that no call starts before the command is committed.

        After the commit the orchestrator queues them again, if the job still runs.
        """
        job = self._find(job_id)
        with self._changed:
            self._scheduler.withdraw_locked(job)
        return job
