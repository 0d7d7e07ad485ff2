"""An analysis in memory, as it was committed, with its lookups in the order of their changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.documents.models import ReadDocument, State
from app.enrichment.analysis.counts import Counts
from app.enrichment.analysis.job_run import JobRun, Key
from app.enrichment.analysis.store import JobWrite
from app.enrichment.analysis.summary import JobSummary
from app.enrichment.models import (
    Analysis,
    JobStatus,
    Lookup,
    LookupState,
)
from app.jobs.models import PLANNED, READING, Job, JobState
from app.jobs.transitions import Step, allowed_actions
from app.pipeline.models import IOC, Evidence


@dataclass(frozen=True, slots=True)
class JobChanges:
    """The changes of a job since a cursor, taken at one moment."""

    job: Job
    analysis: Analysis
    total: int
    done: int
    complete: bool
    allowed: tuple[Step, ...]
    """The actions that the analyst may take now."""
    next: int
    """The cursor to send next time."""
    rows: list[Lookup]

    @property
    def state(self) -> JobState:
        return self.job.state


class LiveAnalysis:
    """An analysis in memory, as it was last committed. Guarded by the orchestrator's lock.

    It changes in `apply_commit` alone. What this process does about it is in `run`.
    """

    def __init__(
        self,
        job: Job,
        analysis: Analysis,
        lookups: Iterable[Lookup],
        last_seq: int,
        outcomes: Mapping[State, int] | None = None,
        unread: Iterable[int] = (),
    ) -> None:
        """`lookups` come in the order of their `seq`."""
        self.run = JobRun()
        self.job = job
        self.analysis = analysis
        self.outcomes: Counter[State] = Counter(outcomes or {})
        """The number of documents by how far they were read."""
        self.unread = set(unread)
        """The positions of the documents that were not read yet."""
        self.counts = Counts()
        self.positions = {ioc: n for n, ioc in enumerate(analysis.iocs)}
        # When pending lookups will be asked, if known: how many at each time, so that the first and
        # the last are found without looking at 10,000 lookups.
        self._turns: Counter[datetime] = Counter()
        self.is_deleted = False
        self.last_seq = last_seq
        # In order of change: a lookup that changes moves to the end, so that those
        # that changed last are found without looking at the others.
        self._lookups: dict[Key, Lookup] = {}
        for lookup in lookups:
            self._put(lookup)

    @property
    def id(self) -> str:
        return self.job.id

    @property
    def state(self) -> JobState:
        return self.job.state

    @property
    def total(self) -> int:
        return self.counts.total

    @property
    def done(self) -> int:
        return self.counts.done

    @property
    def is_planned(self) -> bool:
        """True while it waits for the analyst to choose what is asked."""
        return self.job.phase == PLANNED

    @property
    def is_reading(self) -> bool:
        """True while documents are still to be read before lookups are planned."""
        return self.job.phase == READING

    @property
    def complete(self) -> bool:
        return self.done == self.total and not (self.is_planned or self.is_reading)

    @property
    def may_leave(self) -> bool:
        """True if the store holds all of it, and nothing is in flight, so memory can drop it."""
        return (self.complete or self.is_planned) and not self.run.uncommitted

    def is_asleep(self, beyond: datetime) -> bool:
        """Return whether no call is in flight, and none will be sent before that time (UTC)."""
        if self.run.in_flight or self._turns.total() < self.counts.states[LookupState.PENDING]:
            return False
        return min(self._turns, default=beyond) > beyond

    def find(self, ioc: IOC, provider: str | None) -> Lookup | None:
        return self._lookups.get((ioc, provider))

    def having(self, state: LookupState) -> list[Lookup]:
        # Asked at each commit for states that are rare: a count is cheaper than all lookups.
        if not self.counts.states[state]:
            return []
        return [row for row in self._lookups.values() if row.state is state]

    def take_unqueued(self) -> list[Lookup]:
        """Return the pending lookups that are in no queue; the caller queues them."""
        rows = [self._lookups[key] for key in self.run.take_unqueued()]
        return [row for row in rows if row.state is LookupState.PENDING]

    def apply_commit(self, write: JobWrite, first: int) -> None:
        """Take over what was committed; its lookups have the numbers from `first`."""
        self.is_deleted = write.is_deleted
        self.job = write.job
        if write.mode is not None:
            self.analysis = replace(self.analysis, mode=write.mode)
        if write.iocs:
            new = (ioc for _, ioc in write.iocs)
            self.analysis = replace(self.analysis, iocs=(*self.analysis.iocs, *new))
            self.positions.update((ioc, position) for position, ioc in write.iocs)
        self._take_documents(write)
        # The number of calls alone gives a lookup no new `seq`: no page shows it.
        for claim in write.claims:
            key = (self.analysis.iocs[claim.position], claim.provider)
            self._lookups[key] = replace(self._lookups[key], attempts=claim.attempts)
        for seq, (_, lookup) in enumerate((*write.added, *write.changed), start=first):
            self._put(replace(lookup, seq=seq))
        self.last_seq = max(self.last_seq, first + write.count - 1)

    def status(self) -> JobStatus:
        ended = (r for r in self._lookups.values() if r.state is not LookupState.PENDING)
        return JobStatus(
            total=self.total,
            done=self.done,
            complete=self.complete,
            results=[outcome for row in ended if (outcome := row.result or row.error)],
        )

    def changes(self, since: int | None) -> JobChanges:
        """Return the lookups that changed after `since`, oldest change first; None: all."""
        rows = list(self._lookups.values()) if since is None else list(self._newest(since))[::-1]
        allowed = allowed_actions(self.job, self.counts.possible(self.analysis.may_look_up))
        return JobChanges(
            self.job,
            self.analysis,
            self.total,
            self.done,
            self.complete,
            allowed,
            self.last_seq,
            rows,
        )

    def summary(self) -> JobSummary:
        """Return the counts, without the IOCs and their verdicts, which only the store knows."""
        return JobSummary(
            job=self.job,
            mode=self.analysis.mode,
            tlp=self.analysis.tlp,
            may_look_up=self.analysis.may_look_up,
            states=self.counts.states.copy(),
            cancelled=self.counts.cancelled,
            done_at=max(self._turns, default=None),
        )

    def _newest(self, since: int) -> Iterator[Lookup]:
        for row in reversed(self._lookups.values()):
            if row.seq <= since:
                return
            yield row

    def _take_documents(self, write: JobWrite) -> None:
        if write.documents:
            evidence = dict(self.analysis.evidence)
            hashes = dict(self.analysis.hashes)
            for document, _ in write.documents:
                add_evidence(evidence, document)
                for file in document.files:
                    hashes |= other_hashes(file.iocs)
                self.outcomes[document.files[0].state] += 1
                self.unread.discard(document.position)
            self.analysis = replace(self.analysis, evidence=evidence, hashes=hashes)
        if write.unread_reason:
            self.outcomes[State.FAILED] += len(self.unread)
            self.unread.clear()

    def _put(self, lookup: Lookup) -> None:
        key = (lookup.ioc, lookup.provider)
        old = self._lookups.pop(key, None)
        if old is not None:
            self._count(old, -1)
        self._lookups[key] = lookup
        self._count(lookup, +1)
        # A lookup becomes pending at its creation, or by a retry: only then it is in no queue. One
        # that only shows another time of waiting is in its queue already.
        was_pending = old is not None and old.state is LookupState.PENDING
        if lookup.state is LookupState.PENDING and not was_pending:
            self.run.leave_unqueued(key)

    def _count(self, lookup: Lookup, by: int) -> None:
        self.counts.add(lookup, by)
        if lookup.state is LookupState.PENDING and lookup.retry_at:
            self._turns[lookup.retry_at] += by
            if not self._turns[lookup.retry_at]:
                del self._turns[lookup.retry_at]


def add_evidence(known: dict[IOC, Evidence], document: ReadDocument) -> None:
    """Add what a document holds. For an IOC that was known before, only the count grows."""
    for found in document.found:
        ioc = found.evidence.ioc
        before = known.get(ioc)
        count = found.evidence.count
        known[ioc] = replace(before, count=before.count + count) if before else found.evidence


def other_hashes(hashes: Sequence[IOC]) -> dict[IOC, tuple[IOC, ...]]:
    """Return for each hash of one file its other hashes."""
    return {ioc: tuple(other for other in hashes if other != ioc) for ioc in hashes}
