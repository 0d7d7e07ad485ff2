"""What comes of a call, for the lookup that made it and for all that wait for the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.enrichment.analysis.change_set import ChangeSet
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.analysis.writer import Writer
from app.enrichment.dispatch.fair_queue import Task
from app.enrichment.dispatch.provider_queue import ProviderQueue
from app.enrichment.dispatch.recent_answers import renamed
from app.enrichment.models import Egress, EnrichmentError, EnrichmentResult, ErrorKind, Outcome
from app.pipeline.models import IOC

# These say that the provider is ill; a second try can help, while the others say the same again.
FAILURES = frozenset(
    {ErrorKind.TIMEOUT, ErrorKind.UNAVAILABLE, ErrorKind.BAD_RESPONSE, ErrorKind.INTERNAL}
)
TRIES = 2
FAILED = "Telltale failed before this was asked; the log says how."


class OutcomeHandler:
    """Every method is called with the orchestrator's lock."""

    def __init__(self, committer: Writer) -> None:
        self._committer = committer

    def settle(
        self, lane: ProviderQueue, task: Task, outcome: Outcome, egress: Sequence[Egress]
    ) -> None:
        if egress:
            self._committer.submit(task.job, lambda draft: draft.add_egress(egress))
        lane.queue.land(task)
        lane.is_news |= not lane.is_unlimited
        self._judge(lane, task, outcome)
        if isinstance(outcome, EnrichmentResult):
            self._answer(lane, task, outcome)
        elif outcome.kind is ErrorKind.RATE_LIMITED:
            self._ask_later(lane, task, outcome)
        else:
            self._fail(lane, task, outcome)
        if task.is_probe and lane.breaker and lane.breaker.is_hopeless:
            self.end_all(lane, f"{lane.hindrance}, and it did not recover.", ErrorKind.UNAVAILABLE)

    def end(self, task: Task, outcome: Outcome) -> None:
        key = task.key

        def end(draft: ChangeSet) -> None:
            # Only now: a cancellation planned before this must know that an answer may come.
            task.job.in_flight.discard(key)
            task.job.asked_again.pop(key, None)
            if task.job.cancel_at is not None and isinstance(outcome, EnrichmentError):
                draft.cancel_pending([key])
            else:
                draft.end(*key, outcome, task.attempts)

        self._committer.submit(task.job, end)

    def end_known(self, lane: ProviderQueue) -> None:
        newcomers, lane.newcomers = lane.newcomers, []
        for task in newcomers:
            if lane.queue.is_waiting(task) and (known := lane.known(task)) is not None:
                lane.queue.remove(task)
                self.end(task, known)

    def end_all(self, lane: ProviderQueue, sentence: str, kind: ErrorKind) -> None:
        """Whatever waits at this provider."""
        for job in lane.queue.jobs:
            for task in lane.queue.drop(job):
                self.end(task, EnrichmentError(task.ioc, lane.name, sentence, kind))

    def _judge(self, lane: ProviderQueue, task: Task, outcome: Outcome) -> None:
        if (breaker := lane.breaker) is None:
            return
        was_open = breaker.is_open
        if isinstance(outcome, EnrichmentResult):
            breaker.succeeded()
        elif outcome.kind in FAILURES:
            breaker.failed(task.is_probe)
        else:
            breaker.said_nothing(task.is_probe)
        lane.is_news |= task.is_probe or breaker.is_open != was_open

    def _answer(self, lane: ProviderQueue, task: Task, result: EnrichmentResult) -> None:
        # What the provider does not tell of a file, and never of one that it does not know.
        known = task.job.analysis.hashes.get(task.ioc, ())
        result = replace(result, aliases=tuple(dict.fromkeys((*result.aliases, *known))))
        others = [
            other
            for ioc in (task.ioc, *result.aliases)
            for other in self._waiting_for(lane, task, ioc)
        ]
        jobs = (task.job, *(other.job for other in others))
        if shown_by := [job.id for job in jobs if not job.is_deleted]:
            lane.recent.add(result, shown_by)
        if not lane.is_looked_up:  # it answers them when it is known for which key they wait
            lane.newcomers += others
            others = []
        self.end(task, result)
        for other in others:
            lane.queue.remove(other)
            self.end(other, renamed(result, other.ioc))

    def _fail(self, lane: ProviderQueue, task: Task, error: EnrichmentError) -> None:
        others = self._waiting_for(lane, task, task.ioc)
        task.errors += 1
        if error.kind in FAILURES and task.errors < TRIES:
            for other in others:  # whoever of them is sent next makes the last try
                other.errors = max(other.errors, task.errors)
            self._ask_later(lane, task, error)
            return
        self.end(task, error)
        for other in others:
            lane.queue.remove(other)
            self.end(other, replace(error, ioc=other.ioc))
        if error.kind is ErrorKind.AUTH:
            self._end_unsent(lane, (task.job, *(other.job for other in others)), error)

    def _ask_later(self, lane: ProviderQueue, task: Task, error: EnrichmentError) -> None:
        job = task.job
        if job.cancel_at is not None:
            self.end(task, error)
        elif (refusal := job.refusals.get(lane.name)) is not None:
            self.end(task, replace(refusal, ioc=task.ioc))
        else:
            job.in_flight.discard(task.key)
            if job.is_withdrawn:
                job.leave_unqueued(task.key)
            else:
                lane.queue.put(task)
                lane.newcomers.append(task)
                lane.is_news = True

    def _end_unsent(
        self, lane: ProviderQueue, jobs: Iterable[LiveAnalysis], refusal: EnrichmentError
    ) -> None:
        """The key was not accepted: the jobs' other lookups there would only fail again."""
        for job in jobs:
            job.refusals[lane.name] = refusal
            for task in lane.queue.drop(job):
                self.end(task, replace(refusal, ioc=task.ioc))

    def _waiting_for(self, lane: ProviderQueue, task: Task, ioc: IOC) -> list[Task]:
        """None when the key is another one by now: its owner is told nothing of the old one's."""
        if lane.account != task.account:
            return []
        return lane.queue.waiting_for(ioc)
