"""What a job will be after the next commit."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.documents.models import ReadDocument, State
from app.enrichment.analysis.live_analysis import (
    Key,
    LiveAnalysis,
    answered,
    is_not_renewed,
    left_unasked,
)
from app.enrichment.analysis.store import Cancellation, Claim, JobWrite
from app.enrichment.models import (
    CANCELLED,
    Egress,
    EnrichmentError,
    EnrichmentResult,
    ErrorKind,
    Lookup,
    LookupState,
    NotAsked,
    Outcome,
    PastAnswer,
    Reason,
    Verdict,
)
from app.jobs.models import CANCELLING, PLANNED, READING, Job, JobState
from app.jobs.transitions import ENDED, Step, take
from app.pipeline.models import IOC


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when a lookup waits, as far as that is known, and what for if not for quota."""

    until: datetime | None = None
    reason: str | None = None


class ChangeSet:
    """Changes are gathered here and written together; the job itself stays as it is.

    A lookup that changes twice before the commit is written once, as it is then.
    """

    def __init__(self, base: LiveAnalysis) -> None:
        self.base = base
        self.job = base.job
        self.is_deleted = False
        self._iocs: dict[IOC, int] = {}
        self._documents: dict[int, ReadDocument] = {}
        self._unread_reason = ""
        self._added: dict[Key, Lookup] = {}
        self._changed: dict[Key, Lookup] = {}
        self._claims: dict[tuple[IOC, str], int] = {}
        self._states = Counter(base.states)
        self._not_renewed = base.not_renewed
        self._egress: dict[str, Egress] = {}
        self._unrenewed: set[Key] = set()
        # What `cancel_waiting` leaves pending; None as long as it was not called.
        self._kept: set[Key] | None = None
        self._cancelled = 0

    @property
    def is_empty(self) -> bool:
        rows = self._iocs or self._added or self._changed or self._claims or self._cancelled
        others = self._egress or self._documents or self._unread_reason or self.is_deleted
        return self.job == self.base.job and not (rows or others)

    @property
    def unread(self) -> int:
        """How many documents are still to be read."""
        return 0 if self._unread_reason else len(self.base.unread) - len(self._documents)

    def find(self, ioc: IOC, provider: str | None) -> Lookup | None:
        row = self._find(ioc, provider)
        return left_unasked(row, CANCELLED) if row and self._is_cancelled(row) else row

    def holds(self, ioc: IOC) -> bool:
        return ioc in self.base.positions or ioc in self._iocs

    def having(self, state: LookupState) -> list[Lookup]:
        """Without those that `cancel_waiting` ends."""
        rows = self.base.having(state)
        same = [row for row in rows if (row.ioc, row.provider) not in self._changed]
        found = same + [row for row in self._changed.values() if row.state is state]
        return [row for row in found if not self._is_cancelled(row)]

    def put(self, lookup: Lookup) -> None:
        key = (lookup.ioc, lookup.provider)
        if (old := self.find(*key)) is not None:
            self._states[old.state] -= 1
            self._not_renewed -= is_not_renewed(old)
        row = self._find(*key)
        if row and self._kept is not None and self._is_cancelled(row):
            self._kept.add(key)  # from now on it is changed by itself
            self._cancelled -= 1
        self._states[lookup.state] += 1
        self._not_renewed += is_not_renewed(lookup)
        self._changed[key] = lookup

    def add_ioc(self, ioc: IOC, lookups: Iterable[Lookup]) -> None:
        self._iocs[ioc] = len(self.base.positions) + len(self._iocs)
        self.add(lookups)

    def add(self, lookups: Iterable[Lookup]) -> None:
        """Of IOCs that stand here, as they were not asked before."""
        for lookup in lookups:
            key = (lookup.ioc, lookup.provider)
            self._added[key] = lookup
            if self._kept is not None:  # what comes after a cancellation is not part of it
                self._kept.add(key)
            self._states[lookup.state] += 1

    def take_document(self, document: ReadDocument) -> None:
        """With what stands in it. One that was read already, or is not wanted, changes nothing."""
        at = document.position
        if at not in self.base.unread or at in self._documents or self._unread_reason:
            return
        self._documents[at] = document
        for found in document.found:
            if not self.holds(found.evidence.ioc):
                self.add_ioc(found.evidence.ioc, ())

    def leave_unread(self, reason: str) -> None:
        """What was not read so far will not be, and fails with this reason."""
        if self.unread:
            self._unread_reason = reason

    def ask_again(self, row: Lookup) -> None:
        """Queue a lookup that was held back, failed, or was answered before; an answer stays."""
        if row.result is not None:
            self.base.asked_again[row.ioc, row.provider] = time.monotonic()
        # It may have ended only in this draft: then nobody would see that it waits again.
        self.base.leave_unqueued((row.ioc, row.provider))
        self._unrenewed.discard((row.ioc, row.provider))
        result, attempts, rank = row.result, row.attempts, row.rank
        self.put(Lookup(row.ioc, row.provider, result=result, attempts=attempts, rank=rank))

    def claim(self, ioc: IOC, provider: str, attempts: int) -> None:
        """It is being sent; if it said when that would be, it does so no longer."""
        self._claims[ioc, provider] = attempts
        self._wait(ioc, provider, Wait())

    def wait_until(self, waits: Mapping[Key, Wait]) -> None:
        """Say when pending lookups will be asked, as long as the job is not kept from asking."""
        if self.job.state in (JobState.QUEUED, JobState.RUNNING) and not self.job.phase:
            for key, wait in waits.items():
                self._wait(*key, wait)

    def wait_for_nothing(self) -> None:
        for row in self.having(LookupState.PENDING):
            self._wait(row.ioc, row.provider, Wait())

    def end(self, ioc: IOC, provider: str, outcome: Outcome, attempts: int) -> None:
        """Whatever has ended meanwhile stays as it is."""
        row = self.find(ioc, provider)
        if row is not None and row.state is LookupState.PENDING:
            self.put(ended(ioc, provider, outcome, attempts, row))

    def add_egress(self, egress: Iterable[Egress]) -> None:
        for more in egress:
            known = self._egress.get(more.host, Egress(more.host, 0, 0, 0))
            self._egress[more.host] = Egress(
                more.host,
                known.calls + more.calls,
                known.bytes_sent + more.bytes_sent,
                known.bytes_received + more.bytes_received,
            )

    def skip(self, ioc: IOC, provider: str, reason: Reason) -> None:
        """It is not asked; nor again, where it holds its last answer: that stays."""
        row = self.find(ioc, provider)
        if row is not None and row.state is LookupState.PENDING:
            self._leave(row, reason)

    def cancel_pending(self, keys: Iterable[Key]) -> None:
        for key in keys:
            row = self.find(*key)
            if row and row.state is LookupState.PENDING:
                self._leave(row, CANCELLED)

    def cancel_waiting(self, in_flight: Iterable[Key]) -> None:
        """As `cancel_pending` of all but these, however many they are."""
        kept = set(in_flight)
        waiting = [(r.ioc, r.provider) for r in self.having(LookupState.PENDING) if r.result]
        self.cancel_pending(key for key in waiting if key not in kept)
        rows = {key: self.find(*key) for key in kept}
        self._kept = {k for k, row in rows.items() if row and row.state is LookupState.PENDING}
        newly = self._states[LookupState.PENDING] - len(self._kept)
        self._cancelled += newly
        self._states[LookupState.PENDING] -= newly
        self._states[LookupState.NOT_ASKED] += newly

    def fail(self, sentence: str) -> None:
        """End what has not ended; the job's state is then `error`."""
        for row in self.having(LookupState.PENDING):
            error = EnrichmentError(row.ioc, row.provider or "", sentence, ErrorKind.INTERNAL)
            self.put(ended(row.ioc, error.provider, error, row.attempts, row))
        if self.job.state not in ENDED:
            self.job = take(self.job, Step.FAIL, sentence)

    def conclude(self) -> None:
        """A job without anything pending has ended, and one with something has not."""
        is_pending = self._states[LookupState.PENDING] > 0
        if is_pending and self.job.state in ENDED:
            self.job = take(self.job, Step.RETRY)
        elif not (is_pending or self.job.state in ENDED or self.job.phase in (PLANNED, READING)):
            is_cancelled = self.job.phase == CANCELLING
            self.job = take(self.job, Step.CANCEL if is_cancelled else Step.SUCCEED)
        if self.job.state in (JobState.SUCCESS, JobState.CANCELLED) and not self.is_empty:
            self.job = replace(self.job, message=self._summary())

    def as_write(self) -> JobWrite:
        return JobWrite(
            job=self.job,
            iocs=[(position, ioc) for ioc, position in self._iocs.items()],
            added=[(self._position(row.ioc), row) for row in self._added.values()],
            changed=[(self._position(row.ioc), row) for row in self._changed.values()],
            cancellation=self._cancellation(),
            claims=[Claim(self._position(i), name, n) for (i, name), n in self._claims.items()],
            documents=[(one, self._positions(one)) for one in self._documents.values()],
            unread_reason=self._unread_reason,
            egress=tuple(self._egress.values()),
            unrenewed=frozenset((self._position(ioc), name) for ioc, name in self._unrenewed),
            is_deleted=self.is_deleted,
        )

    def _leave(self, row: Lookup, reason: Reason) -> None:
        self._unrenewed.add((row.ioc, row.provider))
        self.put(left_unasked(row, reason))

    def _wait(self, ioc: IOC, provider: str | None, wait: Wait) -> None:
        row = self.find(ioc, provider)
        if row is None or row.state is not LookupState.PENDING:
            return
        if (row.retry_at, row.reason) != (wait.until, wait.reason):
            self.put(replace(row, retry_at=wait.until, reason=wait.reason))

    def _find(self, ioc: IOC, provider: str | None) -> Lookup | None:
        key = (ioc, provider)
        return self._changed.get(key) or self._added.get(key) or self.base.find(ioc, provider)

    def _is_cancelled(self, row: Lookup) -> bool:
        is_pending = self._kept is not None and row.state is LookupState.PENDING
        return is_pending and (row.ioc, row.provider) not in (self._kept or ())

    def _cancellation(self) -> Cancellation | None:
        if not self._cancelled:
            return None
        kept = ((self._position(ioc), provider or "") for ioc, provider in self._kept or ())
        return Cancellation(frozenset(kept), self._cancelled)

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

    def _summary(self) -> str | None:
        """What the analyst should know of an ended job, if anything."""
        failed = self._states[LookupState.COULD_NOT_CHECK]
        not_asked = self.having(LookupState.NOT_ASKED)
        count = self._cancelled + sum(row.reason_code is NotAsked.CANCELLED for row in not_asked)
        parts = []
        outcomes = self._outcomes()
        if outcomes[State.FAILED]:
            parts.append(f"{outcomes[State.FAILED]} of {outcomes.total()} files could not be read")
        if outcomes[State.PARTIAL]:
            parts.append(f"{outcomes[State.PARTIAL]} of {outcomes.total()} files read in part")
        if failed:
            parts.append(f"{failed} could not be checked")
        if self._not_renewed:
            parts.append(f"{self._not_renewed} could not be asked again")
        if count:
            parts.append(f"{count} not asked: cancelled")
        return f"{', '.join(parts)}." if parts else None


def new_job(job: Job, lookups: Iterable[Lookup]) -> Job:
    """The envelope to begin with: where there is nothing to ask, decide or read, all is done."""
    is_pending = any(row.state is LookupState.PENDING for row in lookups)
    return job if is_pending or job.phase in (PLANNED, READING) else take(job, Step.SUCCEED)


def ended(
    ioc: IOC, provider: str, outcome: Outcome, attempts: int, row: Lookup | None = None
) -> Lookup:
    """What a pending lookup becomes. Where asking again failed, the last answer stays."""
    row = replace(row or Lookup(ioc, provider), attempts=attempts)
    last = row.result
    if isinstance(outcome, EnrichmentResult):
        return answered(row, replace(outcome, previous=_previous(last, outcome)))
    if last is not None:
        return answered(row, last, outcome)
    state = LookupState.COULD_NOT_CHECK
    return replace(row, state=state, error=outcome, reason=None, reason_code=None, retry_at=None)


def _previous(last: EnrichmentResult | None, now: EnrichmentResult) -> PastAnswer | None:
    """None where the same account was told the same."""
    if last is None or last.account != now.account or _said(last) == _said(now):
        return None
    return PastAnswer(*_said(last), fetched_at=last.fetched_at)


def _said(result: EnrichmentResult) -> tuple[Verdict | None, int | None, int | None]:
    return result.verdict, result.detection_count, result.total_engines
