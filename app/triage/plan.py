"""The plan of an analysis: its lookups, their order, and the forecast of their end."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from app.enrichment.adapters.base import Adapter, account_of
from app.enrichment.analysis.lookup_states import answered
from app.enrichment.analysis.planned_lookups import plan_lookups
from app.enrichment.dispatch.recent_answers import renamed
from app.enrichment.models import Analysis, EnrichmentResult, Lookup, LookupState, utcnow
from app.enrichment.quota.ledger import QuotaLedger
from app.enrichment.quota.models import Account, Window
from app.pipeline.models import IOC
from app.triage.models import Hold
from app.triage.order import ranks

Hashes = Mapping[IOC, Sequence[IOC]]
"""Each hash of the files that were read, with the file's other hashes."""
NO_HASHES: Hashes = MappingProxyType({})


class Answers(Protocol):
    """The stored answers; every method raises StorageError."""

    def find(
        self, accounts: Sequence[Account], iocs: Sequence[IOC]
    ) -> Mapping[tuple[IOC, str], EnrichmentResult]:
        """Return the stored answers, fresh and stale, by IOC and provider."""

    def times_seen(self, iocs: Sequence[IOC]) -> Mapping[IOC, int]:
        """Return the number of analyses that contain each IOC."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The calls that one provider needs, and the times when its quota allows them."""

    provider: str
    calls: int
    done_at: datetime | None
    """The time of the last call, UTC; None without calls."""
    left_today: int | None
    """The calls that are left until 00:00 UTC; None: calls per day are not limited."""
    windows: tuple[Window, ...]
    delays: tuple[float, ...] = ()
    """The seconds until each call can be made."""
    places: tuple[int, ...] = ()
    """The place of each call, from 1, among those of all analyses."""

    @property
    def today(self) -> int:
        """The number of calls that today's quota allows."""
        if self.left_today is None:
            return self.calls
        return bisect_right(self.places, self.left_today)

    @property
    def not_today(self) -> int:
        """The number of calls that must wait for tomorrow's quota."""
        return self.calls - self.today


@dataclass(frozen=True, slots=True)
class Plan:
    """The lookups that an analysis would begin with, and the forecast of each provider."""

    lookups: tuple[Lookup, ...]
    forecasts: tuple[Forecast, ...]

    @property
    def cached(self) -> int:
        """The number of lookups with a fresh answer in the cache, which are not asked."""
        return sum(row.result is not None for row in self.lookups if not _is_pending(row))

    @property
    def stale(self) -> int:
        """The number of lookups with a stale answer, which are asked again."""
        return sum(row.result is not None for row in self.lookups if _is_pending(row))

    @property
    def to_ask(self) -> int:
        """The number of calls: fewer than lookups if several hashes belong to one file."""
        return sum(forecast.calls for forecast in self.forecasts)

    @property
    def held_back(self) -> int:
        """The number of lookups that are not asked, also for a type that no provider supports."""
        return sum(row.state is LookupState.NOT_ASKED for row in self.lookups)

    @property
    def done_at(self) -> datetime | None:
        """The time of the last call at any provider, UTC; None if nothing is asked."""
        return max((o.done_at for o in self.forecasts if o.done_at), default=None)

    @property
    def left_today(self) -> int | None:
        """The calls left today, at the provider that has the fewest."""
        left = [o.left_today for o in self.forecasts if o.left_today is not None]
        return min(left, default=None)

    @property
    def not_today(self) -> int:
        return sum(forecast.not_today for forecast in self.forecasts)


class Planner:
    """Every method may be called from any thread, and raises ConfigStoreError, StorageError."""

    def __init__(
        self,
        adapters: Iterable[Adapter],
        answers: Answers,
        ledger: QuotaLedger,
        waiting: Callable[[str], Sequence[int]] = lambda provider: (),
        asked: Callable[[Collection[str] | None], Sequence[Adapter]] | None = None,
    ) -> None:
        """`waiting`: how many lookups of each other analysis wait at a provider.

        `asked` gives the providers that an analysis asks, of those chosen by id (None: of all);
        without it, all adapters are asked.
        """
        self._adapters = tuple(adapters)
        self._asked = asked or (lambda chosen: self._adapters)
        self._answers = answers
        self._ledger = ledger
        self._waiting = waiting

    def plan(self, analysis: Analysis, holds: Mapping[IOC, Hold]) -> Plan:
        """Return what would be asked; sends nothing. `holds` says what is held back, and why."""
        rows = self.lookups(analysis, analysis.iocs, holds)
        return Plan(tuple(rows), self.forecasts(rows, analysis.hashes))

    def lookups(
        self, analysis: Analysis, iocs: Sequence[IOC], holds: Mapping[IOC, Hold]
    ) -> list[Lookup]:
        """Return the lookups of these IOCs: cached, to be asked by rank, or held back."""
        hashes = analysis.hashes
        adapters = self._asked(analysis.providers)
        rows = list(plan_lookups(adapters, iocs, {i: hold.reason for i, hold in holds.items()}))
        asked = list(dict.fromkeys(row.ioc for row in rows if _is_pending(row)))
        if not asked:
            return rows
        known = self._answers.find([account_of(adapter) for adapter in adapters], asked)
        order = ranks(asked, self._answers.times_seen(asked))
        return [
            _with_answer(row, _last_answer(row, known, hashes), order[row.ioc])
            if _is_pending(row)
            else row
            for row in rows
        ]

    def answered_since(self, rows: Iterable[Lookup]) -> list[EnrichmentResult]:
        """Return fresh answers to waiting lookups, which other analyses got since the plan."""
        waiting = {(row.ioc, row.provider or "") for row in rows if _is_pending(row)}
        if not waiting:
            return []
        iocs = list(dict.fromkeys(ioc for ioc, _ in waiting))
        found = self._answers.find([account_of(a) for a in self._adapters], iocs)
        return [r for key, r in found.items() if key in waiting and not r.is_stale]

    def forecasts(self, rows: Iterable[Lookup], hashes: Hashes = NO_HASHES) -> tuple[Forecast, ...]:
        """Return the forecast of each provider that is to be asked, from now on."""
        calls = count_calls(rows, hashes)
        return tuple(
            self._forecast(adapter, calls[adapter.name])
            for adapter in self._adapters
            if adapter.name in calls
        )

    def _forecast(self, adapter: Adapter, calls: int) -> Forecast:
        account = account_of(adapter)
        remaining = self._ledger.remaining(account)
        places = turns(calls, self._waiting(adapter.name))
        waits = self._ledger.forecast(account, places[-1]) if places else []
        delays = [waits[place - 1] for place in places]
        return Forecast(
            provider=adapter.name,
            calls=calls,
            done_at=utcnow() + timedelta(seconds=delays[-1]) if delays else None,
            left_today=remaining.left_today,
            windows=remaining.windows,
            delays=tuple(delays),
            places=tuple(places),
        )


def turns(calls: int, waiting: Sequence[int]) -> list[int]:
    """Return the place of each call, from 1, among the calls of all analyses of a provider.

    `waiting`: the waiting calls of each other analysis. The scheduler takes one call of each
    analysis in turn, so call n goes after n calls of every other one, as long as it has so many.
    """
    return [n + sum(min(n, others) for others in waiting) for n in range(1, calls + 1)]


def count_calls(rows: Iterable[Lookup], hashes: Hashes = NO_HASHES) -> Counter[str]:
    """Return the number of calls at each provider; hashes of one file cost one call."""
    calls: Counter[str] = Counter()
    covered: set[tuple[IOC, str]] = set()
    for row in rows:
        if not _is_pending(row) or row.provider is None or (row.ioc, row.provider) in covered:
            continue
        calls[row.provider] += 1
        covered |= {(alias, row.provider) for alias in aliases(row, hashes)}
    return calls


def aliases(row: Lookup, hashes: Hashes) -> tuple[IOC, ...]:
    """Return the other hashes of the same file, known from its last answer or from the file."""
    return (*(row.result.aliases if row.result else ()), *hashes.get(row.ioc, ()))


def lookups_beyond_today(
    rows: Iterable[Lookup], forecasts: Iterable[Forecast], hashes: Hashes = NO_HASHES
) -> list[Lookup]:
    """Return the pending lookups that today's quota does not reach, the last by rank."""
    pending = sorted((row for row in rows if _is_pending(row)), key=lambda row: row.rank)
    beyond: list[Lookup] = []
    for forecast in forecasts:
        at_provider = [row for row in pending if row.provider == forecast.provider]
        beyond += _beyond(at_provider, forecast.today, hashes) if forecast.not_today else []
    return beyond


def _beyond(rows: Sequence[Lookup], left: int, hashes: Hashes) -> list[Lookup]:
    """Return the lookups after the first `left` calls; hashes of one file cost one call."""
    covered: set[IOC] = set()
    beyond = []
    for row in rows:
        if row.ioc in covered:
            continue
        if left <= 0:
            beyond.append(row)
            continue
        left -= 1
        covered.update(aliases(row, hashes))
    return beyond


def _last_answer(
    row: Lookup, known: Mapping[tuple[IOC, str], EnrichmentResult], hashes: Hashes
) -> EnrichmentResult | None:
    """Return the stored answer for the IOC, or for another hash of its file."""
    for name in (row.ioc, *hashes.get(row.ioc, ())):
        if (result := known.get((name, row.provider or ""))) is not None:
            return renamed(result, row.ioc)
    return None


def _with_answer(row: Lookup, known: EnrichmentResult | None, rank: int) -> Lookup:
    """Return the lookup answered by a fresh answer, or waiting beside a stale one."""
    if known is None:
        return replace(row, rank=rank)
    if known.is_stale:
        return replace(row, result=known, rank=rank)
    return replace(answered(row, known), rank=rank)


def _is_pending(row: Lookup) -> bool:
    return row.state is LookupState.PENDING
