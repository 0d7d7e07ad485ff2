"""What a job will be after the next commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from app.enrichment.job import CANCELLED, EnrichmentJob, Key, cancelled
from app.enrichment.models import (
    EnrichmentError,
    ErrorKind,
    Lookup,
    LookupState,
    Outcome,
    Verdict,
)
from app.enrichment.store import Cancellation, Claim, JobWrite
from app.jobs.models import CANCELLING, Job, JobState
from app.jobs.transitions import ENDED, Step, take
from app.pipeline.models import IOC


class Draft:
    """Changes are gathered here and written together; the job itself stays as it is.

    A lookup that changes twice before the commit is written once, as it is then.
    """

    def __init__(self, base: EnrichmentJob) -> None:
        self.base = base
        self.job = base.job
        self.is_deleted = False
        self._iocs: list[tuple[int, IOC]] = []
        self._added: dict[Key, Lookup] = {}
        self._changed: dict[Key, Lookup] = {}
        self._claims: dict[tuple[IOC, str], int] = {}
        self._states = Counter(base.states)
        # What `cancel_waiting` leaves pending; None as long as it was not called.
        self._kept: set[Key] | None = None
        self._cancelled = 0

    @property
    def is_empty(self) -> bool:
        gathered = self._iocs or self._added or self._changed or self._claims or self._cancelled
        return self.job == self.base.job and not (gathered or self.is_deleted)

    def find(self, ioc: IOC, provider: str | None) -> Lookup | None:
        row = self._find(ioc, provider)
        return cancelled(row) if row and self._is_cancelled(row) else row

    def holds(self, ioc: IOC) -> bool:
        return ioc in self.base.positions or any(ioc == taken for _, taken in self._iocs)

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
        row = self._find(*key)
        if row and self._kept is not None and self._is_cancelled(row):
            self._kept.add(key)  # from now on it is changed by itself
            self._cancelled -= 1
        self._states[lookup.state] += 1
        self._changed[key] = lookup

    def take_in(self, ioc: IOC, lookups: Iterable[Lookup]) -> None:
        self._iocs.append((len(self.base.positions) + len(self._iocs), ioc))
        for lookup in lookups:
            key = (lookup.ioc, lookup.provider)
            self._added[key] = lookup
            if self._kept is not None:  # what comes after a cancellation is not part of it
                self._kept.add(key)
            self._states[lookup.state] += 1

    def ask_again(self, row: Lookup) -> None:
        """Queue a lookup that was held back, or failed."""
        self.put(Lookup(row.ioc, row.provider, attempts=row.attempts))

    def claim(self, ioc: IOC, provider: str, attempts: int) -> None:
        """It is being sent; if it said when that would be, it does so no longer."""
        self._claims[ioc, provider] = attempts
        self.wait_until({(ioc, provider): None})

    def wait_until(self, times: Mapping[Key, datetime | None]) -> None:
        """Say when pending lookups will be asked; None: now, or at no known time."""
        for key, when in times.items():
            row = self.find(*key)
            if row and row.state is LookupState.PENDING and row.retry_at != when:
                self.put(replace(row, retry_at=when))

    def end(self, ioc: IOC, provider: str, outcome: Outcome, attempts: int) -> None:
        """Whatever has ended meanwhile stays as it is."""
        row = self.find(ioc, provider)
        if row is not None and row.state is LookupState.PENDING:
            self.put(ended(ioc, provider, outcome, attempts))

    def cancel_pending(self, keys: Iterable[Key]) -> None:
        for key in keys:
            row = self.find(*key)
            if row and row.state is LookupState.PENDING:
                self.put(cancelled(row))

    def cancel_waiting(self, in_flight: Iterable[Key]) -> None:
        """As `cancel_pending` of all but these, however many they are."""
        rows = {key: self.find(*key) for key in in_flight}
        self._kept = {k for k, row in rows.items() if row and row.state is LookupState.PENDING}
        newly = self._states[LookupState.PENDING] - len(self._kept)
        self._cancelled += newly
        self._states[LookupState.PENDING] -= newly
        self._states[LookupState.NOT_ASKED] += newly

    def fail(self, sentence: str) -> None:
        """End what has not ended; the job's state is then `error`."""
        for row in self.having(LookupState.PENDING):
            error = EnrichmentError(row.ioc, row.provider or "", sentence, ErrorKind.INTERNAL)
            self.put(replace(row, state=LookupState.COULD_NOT_CHECK, error=error, retry_at=None))
        if self.job.state not in ENDED:
            self.job = take(self.job, Step.FAIL, sentence)

    def conclude(self) -> None:
        """A job without anything pending has ended, and one with something has not."""
        is_pending = self._states[LookupState.PENDING] > 0
        if is_pending and self.job.state in ENDED:
            self.job = take(self.job, Step.RETRY)
        elif not is_pending and self.job.state not in ENDED:
            is_cancelled = self.job.phase == CANCELLING
            self.job = take(self.job, Step.CANCEL if is_cancelled else Step.SUCCEED)
        if self.job.state in (JobState.SUCCESS, JobState.CANCELLED) and not self.is_empty:
            self.job = replace(self.job, message=self._summary())

    def as_write(self) -> JobWrite:
        return JobWrite(
            job=self.job,
            iocs=self._iocs,
            added=[(self._position(row.ioc), row) for row in self._added.values()],
            changed=[(self._position(row.ioc), row) for row in self._changed.values()],
            cancellation=self._cancellation(),
            claims=[Claim(self._position(i), name, n) for (i, name), n in self._claims.items()],
            is_deleted=self.is_deleted,
        )

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
        return next(n for n, new in self._iocs if new == ioc) if position is None else position

    def _summary(self) -> str | None:
        """What the analyst should know of an ended job, if anything."""
        failed = self._states[LookupState.COULD_NOT_CHECK]
        not_asked = self.having(LookupState.NOT_ASKED)
        count = self._cancelled + sum(row.reason == CANCELLED for row in not_asked)
        parts = []
        if failed:
            parts.append(f"{failed} could not be checked")
        if count:
            parts.append(f"{count} not asked: cancelled")
        return f"{', '.join(parts)}." if parts else None


def new_job(job: Job, lookups: Iterable[Lookup]) -> Job:
    """The envelope to begin with: where there is nothing to ask, all is done."""
    is_pending = any(row.state is LookupState.PENDING for row in lookups)
    return job if is_pending else take(job, Step.SUCCEED)


def ended(ioc: IOC, provider: str, outcome: Outcome, attempts: int) -> Lookup:
    if isinstance(outcome, EnrichmentError):
        state = LookupState.COULD_NOT_CHECK
        return Lookup(ioc, provider, state, error=outcome, attempts=attempts)
    is_known = outcome.verdict is not Verdict.NOT_FOUND
    state = LookupState.ANSWERED if is_known else LookupState.NOT_FOUND
    return Lookup(ioc, provider, state, result=outcome, attempts=attempts)
