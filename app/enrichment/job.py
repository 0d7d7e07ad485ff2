"""One analysis under way: its lookups, and which of them changed since when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.enrichment.adapters.base import Adapter
from app.enrichment.models import (
    Analysis,
    EnrichmentError,
    ErrorKind,
    JobStatus,
    Lookup,
    LookupState,
    Outcome,
    Verdict,
)
from app.jobs.models import JobState
from app.pipeline.models import IOC

Key = tuple[IOC, str | None]
ENDED = frozenset({LookupState.ANSWERED, LookupState.NOT_FOUND, LookupState.COULD_NOT_CHECK})


@dataclass(frozen=True, slots=True)
class JobChanges:
    """What changed in a job since a cursor, all of one moment."""

    analysis: Analysis
    state: JobState
    total: int
    done: int
    complete: bool
    next: int
    """The cursor to send next time."""
    rows: list[Lookup]


class EnrichmentJob:
    """Holds no lock: the orchestrator guards it with its own."""

    def __init__(self, analysis: Analysis, lookups: Iterable[Lookup]) -> None:
        self.analysis = analysis
        self.total = 0
        self.done = 0
        self._seq = 0
        self._failed = False
        self._unclaimed: list[tuple[IOC, str]] = []
        self.refusals: dict[str, EnrichmentError] = {}
        """Provider -> its answer to our key, since which it is asked nothing more."""
        # In order of change: a lookup that changes moves to the end, so that those
        # that changed last are found without looking at the others.
        self._lookups: dict[Key, Lookup] = {}
        self._extend(lookups)

    @property
    def complete(self) -> bool:
        return self.done == self.total

    @property
    def state(self) -> JobState:
        if self._failed:
            return JobState.ERROR
        return JobState.SUCCESS if self.complete else JobState.RUNNING

    def take_in(self, ioc: IOC, lookups: Iterable[Lookup]) -> None:
        """Add an IOC to the analysis, and its lookups."""
        self.analysis = replace(self.analysis, iocs=(*self.analysis.iocs, ioc))
        self._extend(lookups)

    def find(self, ioc: IOC, provider: str | None) -> Lookup | None:
        return self._lookups.get((ioc, provider))

    def unclaimed(self) -> list[tuple[IOC, str]]:
        """The pending lookups that nobody works on yet; from now on the caller does."""
        unclaimed, self._unclaimed = self._unclaimed, []
        return unclaimed

    def put(self, lookup: Lookup) -> None:
        """Add or replace a lookup and count it."""
        key = (lookup.ioc, lookup.provider)
        old = self._lookups.pop(key, None)
        if old is not None:
            self._count(old, -1)
        self._seq += 1
        self._lookups[key] = replace(lookup, seq=self._seq)
        self._count(lookup, +1)

    def _extend(self, lookups: Iterable[Lookup]) -> None:
        for lookup in lookups:
            if lookup.state is LookupState.PENDING and lookup.provider is not None:
                self.add(lookup.ioc, lookup.provider)
            else:
                self.put(lookup)

    def add(self, ioc: IOC, provider: str) -> None:
        """Queue a lookup that is new, or was held back, or failed."""
        self._unclaimed.append((ioc, provider))
        self.refusals.pop(provider, None)  # the key may be another one by now
        self.put(Lookup(ioc, provider))

    def wait_until(self, ioc: IOC, provider: str, when: datetime | None) -> None:
        """Say when a pending lookup will be asked; None: now, or at no known time."""
        row = self._lookups[ioc, provider]
        if row.retry_at != when:
            self.put(replace(row, retry_at=when))

    def end(self, ioc: IOC, provider: str, outcome: Outcome) -> None:
        state, result, error = LookupState.ANSWERED, None, None
        if isinstance(outcome, EnrichmentError):
            state, error = LookupState.COULD_NOT_CHECK, outcome
        else:
            result = outcome
            if outcome.verdict is Verdict.NOT_FOUND:
                state = LookupState.NOT_FOUND
        self.put(Lookup(ioc, provider, state, result=result, error=error))

    def fail(self, sentence: str) -> None:
        """End what has not ended; the job's state is then `error`."""
        self._failed = True
        for ioc, provider in list(self._lookups):
            row = self._lookups[ioc, provider]
            if row.state is LookupState.PENDING and provider is not None:
                error = EnrichmentError(ioc, provider, sentence, ErrorKind.INTERNAL)
                self.end(ioc, provider, error)

    def status(self) -> JobStatus:
        ended = (row for row in self._lookups.values() if row.state in ENDED)
        return JobStatus(
            total=self.total,
            done=self.done,
            complete=self.complete,
            results=[outcome for row in ended if (outcome := row.result or row.error)],
        )

    def changes(self, since: int | None) -> JobChanges:
        """The lookups that changed after `since`, oldest change first; None: every lookup."""
        rows = list(self._lookups.values()) if since is None else list(self._newest(since))[::-1]
        return JobChanges(
            self.analysis, self.state, self.total, self.done, self.complete, self._seq, rows
        )

    def _newest(self, since: int) -> Iterator[Lookup]:
        for row in reversed(self._lookups.values()):
            if row.seq <= since:
                return
            yield row

    def _count(self, lookup: Lookup, by: int) -> None:
        if lookup.state is not LookupState.NOT_ASKED:
            self.total += by
        if lookup.state in ENDED:
            self.done += by


def plan_lookups(
    adapters: Iterable[Adapter], iocs: Iterable[IOC], held_back: Mapping[IOC, str]
) -> Iterator[Lookup]:
    """Each IOC at each provider that supports its type; `held_back` says why not to ask."""
    for ioc in dict.fromkeys(iocs):
        names = [adapter.name for adapter in adapters if ioc.type in adapter.supported_types]
        for name in names:
            if reason := held_back.get(ioc):
                yield Lookup(ioc, name, LookupState.NOT_ASKED, reason=reason)
            else:
                yield Lookup(ioc, name)
        if not names:
            reason = held_back.get(ioc, "type not supported by any provider")
            yield Lookup(ioc, None, LookupState.NOT_ASKED, reason=reason)
