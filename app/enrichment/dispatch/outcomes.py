"""What follows from the outcome of a call: a lookup ends, is tried again, or waits for quota."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.enrichment.analysis import commands
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.analysis.writer import Writer
from app.enrichment.dispatch.job_queue import Task
from app.enrichment.dispatch.provider_queue import ProviderQueue
from app.enrichment.models import Egress, EnrichmentError, EnrichmentResult, ErrorKind, Outcome

# These kinds say that the provider is in trouble, so a second try can help.
FAILURE_KINDS = frozenset(
    {ErrorKind.TIMEOUT, ErrorKind.UNAVAILABLE, ErrorKind.BAD_RESPONSE, ErrorKind.INTERNAL}
)
# The number of calls that a lookup fails with before it ends. A 429 is not among them, however
# many come: the lookup waits for quota, and its row shows until when. It waits as long as the
# provider's Retry-After says, an hour at most; without one the wait doubles, up to the next day
# (see `quota/windows.py`). A key check that succeeds ends the wait. Only an answer, another error
# or the analyst ends the lookup.
MAX_FAILED_CALLS = 2
FAILED = "Telltale failed before this was asked; the log says how."


class OutcomeHandler:
    """Turns outcomes into commands for the writer. Every method is called with the lock."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def handle_locked(
        self, queue: ProviderQueue, task: Task, outcome: Outcome, egress: Sequence[Egress]
    ) -> None:
        """Handle the end of a call: store its outcome, or put the lookup back into its queue."""
        if egress:
            self._writer.enqueue_locked(task.job, lambda draft: draft.add_egress(egress))
        queue.waiting.finished(task)
        queue.forecast_is_due |= not queue.is_unlimited
        self._tell_breaker(queue, task, outcome)
        if isinstance(outcome, EnrichmentResult):
            self._answer(queue, task, outcome)
        elif outcome.kind is ErrorKind.RATE_LIMITED:
            self._ask_later(queue, task, outcome)
        else:
            self._fail(queue, task, outcome)
        if task.is_probe and queue.breaker and queue.breaker.is_hopeless:
            sentence = f"{queue.blocked_by}, and it did not recover."
            self.end_all_locked(queue, sentence, ErrorKind.UNAVAILABLE)

    def end_locked(self, task: Task, outcome: Outcome) -> None:
        """Store the outcome of a lookup that is in no queue."""
        ioc, attempts = task.ioc, task.attempts
        self._writer.enqueue_locked(
            task.job, lambda draft: commands.end(draft, ioc, task.provider, outcome, attempts)
        )

    def end_answered_locked(self, queue: ProviderQueue) -> None:
        """End the waiting lookups for which the same key got an answer moments ago."""
        unchecked, queue.unchecked = queue.unchecked, []
        for task in unchecked:
            answer = queue.recent_answer(task) if queue.waiting.is_waiting(task) else None
            if answer is not None:
                queue.waiting.remove(task)
                self.end_locked(task, answer)

    def end_all_locked(self, queue: ProviderQueue, sentence: str, kind: ErrorKind) -> None:
        """End everything that waits at this provider with the same error."""
        for job in queue.waiting.jobs:
            for task in queue.waiting.drop(job):
                self.end_locked(task, EnrichmentError(task.ioc, queue.name, sentence, kind))

    def _tell_breaker(self, queue: ProviderQueue, task: Task, outcome: Outcome) -> None:
        if (breaker := queue.breaker) is None:
            return
        was_open = breaker.is_open
        if isinstance(outcome, EnrichmentResult):
            breaker.succeeded()
        elif outcome.kind in FAILURE_KINDS:
            breaker.failed(task.is_probe)
        else:
            breaker.said_nothing(task.is_probe)
        queue.forecast_is_due |= task.is_probe or breaker.is_open != was_open

    def _answer(self, queue: ProviderQueue, task: Task, result: EnrichmentResult) -> None:
        # A provider names the other hashes of a file, but not of a file that it does not know:
        # those of a file that was read here are known all the same.
        own_hashes = task.job.analysis.hashes.get(task.ioc, ())
        result = replace(result, aliases=tuple(dict.fromkeys((*result.aliases, *own_hashes))))
        others = [
            other for ioc in (task.ioc, *result.aliases) for other in queue.waiting.waiting_for(ioc)
        ]
        jobs = (task.job, *(other.job for other in others))
        if shown_by := [job.id for job in jobs if not job.is_deleted]:
            queue.recent.add(result, shown_by)
        # The scheduler ends the others in its next round. It alone knows for which key they wait:
        # an answer belongs to the key that asked, and the key may have changed meanwhile.
        queue.unchecked += others
        self.end_locked(task, result)

    def _fail(self, queue: ProviderQueue, task: Task, error: EnrichmentError) -> None:
        others = self._waiting_for_same(queue, task)
        task.errors += 1
        if error.kind in FAILURE_KINDS and task.errors < MAX_FAILED_CALLS:
            # The next of them that is sent makes the last call for all.
            for other in others:
                other.errors = max(other.errors, task.errors)
            self._ask_later(queue, task, error)
            return
        self.end_locked(task, error)
        for other in others:
            queue.waiting.remove(other)
            self.end_locked(other, replace(error, ioc=other.ioc))
        if error.kind is ErrorKind.AUTH:
            self._end_unsent(queue, (task.job, *(other.job for other in others)), error)

    def _ask_later(self, queue: ProviderQueue, task: Task, error: EnrichmentError) -> None:
        """Put a lookup back into the queue, unless its analysis wants no more of it."""
        run = task.job.run
        if run.cancel_at is not None:
            self.end_locked(task, error)
        elif (refusal := run.refusals.get(queue.name)) is not None:
            self.end_locked(task, replace(refusal, ioc=task.ioc))
        else:
            run.in_flight.discard(task.key)
            if run.is_withdrawn:
                run.leave_unqueued(task.key)
            else:
                queue.put(task)

    def _end_unsent(
        self, queue: ProviderQueue, jobs: Iterable[LiveAnalysis], refusal: EnrichmentError
    ) -> None:
        """The key was not accepted: the other lookups of these analyses would only fail again."""
        for job in jobs:
            job.run.refusals[queue.name] = refusal
            for task in queue.waiting.drop(job):
                self.end_locked(task, replace(refusal, ioc=task.ioc))

    def _waiting_for_same(self, queue: ProviderQueue, task: Task) -> list[Task]:
        """Return the other lookups of the same IOC; none if they wait for another key."""
        if queue.account != task.account:
            return []
        return queue.waiting.waiting_for(task.ioc)
