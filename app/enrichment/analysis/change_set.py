"""The changes to one analysis that are written together."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.documents.models import ReadDocument, State
from app.enrichment.analysis.counts import sentence
from app.enrichment.analysis.job_run import JobRun, Key
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.analysis.lookup_states import ended, left_unasked
from app.enrichment.analysis.store import Claim, JobWrite
from app.enrichment.models import (
    CANCELLED,
    Egress,
    EnrichmentError,
    ErrorKind,
    Lookup,
    LookupState,
    Mode,
    NotAsked,
    Outcome,
    Reason,
)
from app.jobs.models import CANCELLING, PLANNED, READING, Job, JobState
from app.jobs.transitions import ENDED, Step, take_step
from app.pipeline.models import IOC


@dataclass(frozen=True, slots=True)
class Wait:
    """The time until which a lookup waits, if known, and the reason if it is not quota."""

    until: datetime | None = None
    reason: str | None = None


class ChangeSet:
    """The changes that commands made to one analysis, written as a whole or not at all.

    The live analysis stays as it is until the commit. A lookup that changes twice before the
    commit is written once, in its last state. What is to be done in this process is an effect,
    applied after the commit.
    """

    def __init__(self, base: LiveAnalysis) -> None:
        self.base = base
        self.job = base.job
        self.is_deleted = False
        self.mode: Mode | None = None
        self._effects: list[Callable[[JobRun], object]] = []
        self._iocs: dict[IOC, int] = {}
        self._documents: dict[int, ReadDocument] = {}
        self._unread_reason = ""
        # Each lookup in its last state: one that changes twice before the commit, such as a time
        # that is shown and cleared again, costs one row and one number.
        self._added: dict[Key, Lookup] = {}
        self._changed: dict[Key, Lookup] = {}
        self._claims: dict[tuple[IOC, str], int] = {}
        # Kept up to date by `put`, so that `conclude` need not count 10,000 lookups at each commit.
        self._counts = base.counts.copy()
        self._egress: dict[str, Egress] = {}
        self._unrefreshed: set[Key] = set()

    @property
    def is_empty(self) -> bool:
        rows = self._iocs or self._added or self._changed or self._claims
        others = self._egress or self._documents or self._unread_reason or self.is_deleted
        return self.job == self.base.job and not (rows or others)

    @property
    def has_work(self) -> bool:
        """Whether anything is to be written or done; with effects alone the job is written."""
        return bool(self._effects) or not self.is_empty

    @property
    def unread(self) -> int:
        """The number of documents that are still to be read."""
        return 0 if self._unread_reason else len(self.base.unread) - len(self._documents)

    def after_commit(self, effect: Callable[[JobRun], object]) -> None:
        """Have the effect applied to the run of the analysis once all of this is committed."""
        self._effects.append(effect)

    def apply_effects(self) -> None:
        for effect in self._effects:
            effect(self.base.run)

    def find(self, ioc: IOC, provider: str | None) -> Lookup | None:
        """Return the lookup as it will be after the commit."""
        key = (ioc, provider)
        return self._changed.get(key) or self._added.get(key) or self.base.find(ioc, provider)

    def holds(self, ioc: IOC) -> bool:
        return ioc in self.base.positions or ioc in self._iocs

    @property
    def possible(self) -> frozenset[Step]:
        """The actions that have something to ask, as it will be after the commit."""
        return self._counts.possible(self.base.analysis.may_look_up)

    @property
    def has_left(self) -> bool:
        """Whether lookups wait, or were cancelled before they were asked."""
        return self._counts.states[LookupState.PENDING] > 0 or self._counts.cancelled > 0

    def having(self, state: LookupState) -> list[Lookup]:
        """Return the lookups that will have this state, in the order in which they changed."""
        rows = self.base.having(state)
        same = [row for row in rows if (row.ioc, row.provider) not in self._changed]
        added = [row for key, row in self._added.items() if key not in self._changed]
        changed = [*added, *self._changed.values()]
        return same + [row for row in changed if row.state is state]

    def put(self, lookup: Lookup) -> None:
        """Replace a lookup of the analysis."""
        key = (lookup.ioc, lookup.provider)
        if (old := self.find(*key)) is not None:
            self._counts.add(old, by=-1)
        self._counts.add(lookup)
        self._changed[key] = lookup

    def add_ioc(self, ioc: IOC, lookups: Iterable[Lookup]) -> None:
        self._iocs[ioc] = len(self.base.positions) + len(self._iocs)
        self.add_lookups(lookups)

    def add_lookups(self, lookups: Iterable[Lookup]) -> None:
        """Add lookups of IOCs that are in the analysis, at providers not planned before."""
        for lookup in lookups:
            self._added[lookup.ioc, lookup.provider] = lookup
            self._counts.add(lookup)

    def take_document(self, document: ReadDocument) -> None:
        """Add a document with its IOCs; one that was read already, or is not wanted, is ignored."""
        at = document.position
        if at not in self.base.unread or at in self._documents or self._unread_reason:
            return
        self._documents[at] = document
        for found in document.found:
            if not self.holds(found.evidence.ioc):
                self.add_ioc(found.evidence.ioc, ())

    def leave_unread(self, reason: str) -> None:
        """Give up the documents that were not read so far: they fail with this reason."""
        if self.unread:
            self._unread_reason = reason

    def ask_again(self, row: Lookup) -> None:
        """Queue a lookup that was held back, failed, or was answered before; an answer stays."""
        key = (row.ioc, row.provider)
        if row.result is not None:
            asked_at = time.monotonic()
            self.after_commit(lambda run: run.asked_again.update({key: asked_at}))
        # A lookup that ended in this change set only is pending before and after the commit, so
        # the live analysis would not notice that it has to be queued again.
        self.after_commit(lambda run: run.leave_unqueued(key))
        self._unrefreshed.discard(key)
        result, attempts, rank = row.result, row.attempts, row.rank
        self.put(Lookup(row.ioc, row.provider, result=result, attempts=attempts, rank=rank))

    def plan_again(self, row: Lookup) -> None:
        """Replace a cancelled lookup by what is planned now: it waits, is answered or held back."""
        key = (row.ioc, row.provider)
        if (old := self.find(*key)) is None or old.reason_code is not NotAsked.CANCELLED:
            return  # it was asked alone meanwhile
        self.after_commit(lambda run: run.leave_unqueued(key))
        self._unrefreshed.discard(key)
        self.put(replace(row, attempts=old.attempts, rank=old.rank))

    def claim(self, ioc: IOC, provider: str, attempts: int) -> None:
        """Count an attempt that is being sent; the time at which it was to be sent is cleared."""
        self._claims[ioc, provider] = attempts
        self._wait(ioc, provider, Wait())

    def wait_until(self, waits: Mapping[Key, Wait]) -> None:
        """Set when pending lookups will be asked, unless the job is paused or not begun."""
        if self.job.state in (JobState.QUEUED, JobState.RUNNING) and not self.job.phase:
            for key, wait in waits.items():
                self._wait(*key, wait)

    def wait_for_nothing(self) -> None:
        """Clear the times and reasons that pending lookups show: the job is paused."""
        for row in self.having(LookupState.PENDING):
            self._wait(row.ioc, row.provider, Wait())

    def end(self, ioc: IOC, provider: str, outcome: Outcome, attempts: int) -> None:
        """Set the outcome of a pending lookup; does nothing if it has already ended."""
        # It may have ended by a cancellation while its call was in flight: that stands, for the
        # analyst has seen it.
        row = self.find(ioc, provider)
        if row is not None and row.state is LookupState.PENDING:
            self.put(ended(ioc, provider, outcome, attempts, row))

    def add_egress(self, egress: Iterable[Egress]) -> None:
        """Add what a call sent and received, for each host."""
        for more in egress:
            known = self._egress.get(more.host, Egress(more.host, 0, 0, 0))
            self._egress[more.host] = Egress(
                more.host,
                known.calls + more.calls,
                known.bytes_sent + more.bytes_sent,
                known.bytes_received + more.bytes_received,
            )

    def skip(self, ioc: IOC, provider: str, reason: Reason) -> None:
        """Mark a pending lookup as not asked; if it was a refresh, the last answer stays."""
        row = self.find(ioc, provider)
        if row is not None and row.state is LookupState.PENDING:
            self._leave(row, reason)

    def cancel_pending(self, keys: Iterable[Key]) -> None:
        for key in keys:
            row = self.find(*key)
            if row and row.state is LookupState.PENDING:
                self._leave(row, CANCELLED)

    def cancel_waiting(self, in_flight: Collection[Key]) -> None:
        """Cancel every pending lookup except those in flight."""
        for row in self.having(LookupState.PENDING):
            if (row.ioc, row.provider) not in in_flight:
                self._leave(row, CANCELLED)

    def fail(self, sentence: str) -> None:
        """End every pending lookup with this error, and the job in the state `error`."""
        for row in self.having(LookupState.PENDING):
            error = EnrichmentError(row.ioc, row.provider or "", sentence, ErrorKind.INTERNAL)
            self.put(ended(row.ioc, error.provider, error, row.attempts, row))
        if self.job.state not in ENDED:
            self.job = take_step(self.job, Step.FAIL, sentence)

    def conclude(self) -> None:
        """Move the job to its end if nothing is pending, and back to running if something is."""
        is_pending = self._counts.states[LookupState.PENDING] > 0
        if is_pending and self.job.state in ENDED:
            self.job = take_step(self.job, Step.RETRY)
        elif not (is_pending or self.job.state in ENDED or self.job.phase in (PLANNED, READING)):
            is_cancelled = self.job.phase == CANCELLING or self._counts.cancelled > 0
            self.job = take_step(self.job, Step.CANCEL if is_cancelled else Step.SUCCEED)
        # An ended job changes too: an IOC can be added, or a lookup asked again by itself.
        if self.job.state in (JobState.SUCCESS, JobState.CANCELLED) and not self.is_empty:
            self.job = replace(self.job, message=sentence(self._counts, self._outcomes()))

    def as_write(self) -> JobWrite:
        return JobWrite(
            job=self.job,
            iocs=[(position, ioc) for ioc, position in self._iocs.items()],
            added=[(self._position(row.ioc), row) for row in self._added.values()],
            changed=[(self._position(row.ioc), row) for row in self._changed.values()],
            claims=[Claim(self._position(i), name, n) for (i, name), n in self._claims.items()],
            documents=[(one, self._positions(one)) for one in self._documents.values()],
            unread_reason=self._unread_reason,
            egress=tuple(self._egress.values()),
            unrefreshed=frozenset((self._position(ioc), name) for ioc, name in self._unrefreshed),
            mode=self.mode,
            is_deleted=self.is_deleted,
        )

    def _leave(self, row: Lookup, reason: Reason) -> None:
        self._unrefreshed.add((row.ioc, row.provider))
        self.put(left_unasked(row, reason))

    def _wait(self, ioc: IOC, provider: str | None, wait: Wait) -> None:
        row = self.find(ioc, provider)
        if row is None or row.state is not LookupState.PENDING:
            return
        # Each change of a row is sent to every open page, so only real ones count.
        if (row.retry_at, row.reason) != (wait.until, wait.reason):
            self.put(replace(row, retry_at=wait.until, reason=wait.reason))

    def _position(self, ioc: IOC) -> int:
        position = self.base.positions.get(ioc)
        return self._iocs[ioc] if position is None else position

    def _positions(self, document: ReadDocument) -> list[int]:
        return [self._position(found.evidence.ioc) for found in document.found]

    def _outcomes(self) -> Counter[State]:
        outcomes = Counter(self.base.outcomes)
        outcomes.update(document.files[0].state for document in self._documents.values())
        if self._unread_reason:
            outcomes[State.FAILED] += len(self.base.unread) - len(self._documents)
        return outcomes


def new_job(job: Job, lookups: Iterable[Lookup]) -> Job:
    """Return the job to begin with; it has ended if there is nothing to ask, decide or read."""
    is_pending = any(row.state is LookupState.PENDING for row in lookups)
    return job if is_pending or job.phase in (PLANNED, READING) else take_step(job, Step.SUCCEED)
