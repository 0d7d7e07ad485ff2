"""python -m benchmarks.month: a team's month on a free key, on a clock that skips idle time."""

from __future__ import annotations

import argparse
from bisect import insort
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol, cast

from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.analysis.job_run import JobRun
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.dispatch.fair_queue import FairQueue
from app.enrichment.dispatch.job_queue import Task
from app.enrichment.models import Verdict
from app.enrichment.quota.models import Calendar
from app.enrichment.quota.windows import Rule, Usage, first_day
from app.pipeline.models import IOC
from app.triage.order import ranks
from benchmarks.pastes import Month, Paste, draw
from benchmarks.tables import table

_SEEDS = (1, 2, 3, 4, 5)
_CALL_S = 0.6
_SHARES = (0.5, 0.9, 0.98)


class Way(Protocol):
    """How lookups are chosen. Times are seconds since 1970."""

    def come(self, paste: int, iocs: Sequence[IOC], now: float) -> Iterable[IOC]:
        """A paste comes; returns what of it is known without a call."""

    def next(self, now: float) -> IOC | None:
        """What is asked now."""

    def answered(self, ioc: IOC, now: float) -> Iterable[tuple[int, IOC]]:
        """Which lookups of which pastes have their answer by that."""


class InOrder:
    """First come, first served, and everything is asked each time."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, IOC]] = deque()
        self._under_way: tuple[int, IOC] | None = None

    def come(self, paste: int, iocs: Sequence[IOC], now: float) -> Iterable[IOC]:
        self._waiting.extend((paste, ioc) for ioc in iocs)
        return ()

    def next(self, now: float) -> IOC | None:
        if not self._waiting:
            return None
        self._under_way = self._waiting.popleft()
        return self._under_way[1]

    def answered(self, ioc: IOC, now: float) -> Iterable[tuple[int, IOC]]:
        return [self._under_way] if self._under_way else []


class _Cache:
    """Answers with their times to live, under every name of a file."""

    def __init__(self, month: Month) -> None:
        self._month = month
        self._fresh_until: dict[IOC, float] = {}

    def holds(self, ioc: IOC, now: float) -> bool:
        return self._fresh_until.get(ioc, 0.0) > now

    def keep(self, ioc: IOC, now: float) -> tuple[IOC, ...]:
        """Returns every name of what was answered."""
        names = (ioc, *self._month.files.get(ioc, ()))
        lives = VTAdapter.declaration.fresh_for.of(self._month.verdicts[ioc])
        for name in names:
            self._fresh_until[name] = now + lives.total_seconds()
        return names


class InOrderCached:
    """First come, first served, but nothing that is known."""

    def __init__(self, month: Month) -> None:
        self._cache = _Cache(month)
        self._waiting: dict[tuple[int, IOC], None] = {}

    def come(self, paste: int, iocs: Sequence[IOC], now: float) -> Iterable[IOC]:
        known = [ioc for ioc in iocs if self._cache.holds(ioc, now)]
        self._waiting |= {(paste, ioc): None for ioc in iocs if ioc not in known}
        return known

    def next(self, now: float) -> IOC | None:
        return next((ioc for _, ioc in self._waiting), None)

    def answered(self, ioc: IOC, now: float) -> Iterable[tuple[int, IOC]]:
        names = self._cache.keep(ioc, now)
        served = [key for key in self._waiting if key[1] in names]
        for key in served:
            del self._waiting[key]
        return served


@dataclass(eq=False)
class _Analysis:
    """The part of an analysis that a queue reads."""

    id: str
    paste: int
    run: JobRun = field(default_factory=JobRun)


class Planned:
    """As Telltale does it: known answers first, then by rank, pastes in turn."""

    def __init__(self, month: Month) -> None:
        self._cache = _Cache(month)
        self._queue = FairQueue(VTAdapter.name)
        self._seen: Counter[IOC] = Counter()
        self._made = 0

    def come(self, paste: int, iocs: Sequence[IOC], now: float) -> Iterable[IOC]:
        known = [ioc for ioc in iocs if self._cache.holds(ioc, now)]
        to_ask = [ioc for ioc in iocs if ioc not in known]
        analysis = cast(LiveAnalysis, _Analysis(str(paste), paste))
        for ioc, rank in ranks(to_ask, self._seen).items():
            self._made += 1
            self._queue.put(Task(rank, self._made, analysis, ioc, VTAdapter.name))
        self._seen.update(iocs)
        return known

    def next(self, now: float) -> IOC | None:
        task = self._queue.pop_next()
        if task is None:
            return None
        self._queue.put(task)  # it ends with all that wait for the same
        return task.ioc

    def answered(self, ioc: IOC, now: float) -> Iterable[tuple[int, IOC]]:
        served = [
            task for name in self._cache.keep(ioc, now) for task in self._queue.waiting_for(name)
        ]
        for task in served:
            self._queue.remove(task)
        return [(cast(_Analysis, task.job).paste, task.ioc) for task in served]


@dataclass
class Outcome:
    lookups: int = 0
    calls: int = 0
    unanswered: int = 0
    first_findings: list[float] = field(default_factory=list)
    """Seconds from each paste with something malicious to its first malicious verdict."""


class _Quota:
    """What a free key allows, in calls that each take the same time."""

    def __init__(self) -> None:
        self._rule = Rule(VTAdapter.declaration.limits)
        self._counted_by: list[float] = []
        self._used: Counter[tuple[Calendar, str]] = Counter()

    def delay(self, now: float) -> float:
        return self._rule.delay(self._usage(now), now)

    def take(self, now: float) -> None:
        insort(self._counted_by, now + max(self._rule.guard, _CALL_S))
        for period in Calendar:
            self._used[period, first_day(period, now)] += 1

    def _usage(self, now: float) -> Usage:
        oldest = now - self._rule.memory_s
        self._counted_by = [at for at in self._counted_by if at > oldest]
        used = {period: self._used[period, first_day(period, now)] for period in Calendar}
        return Usage(self._counted_by, used)


def work_off(month: Month, way: Way) -> Outcome:
    """One call after the other, until the month is over."""
    outcome, quota = Outcome(), _Quota()
    coming = deque(enumerate(month.pastes))
    waiting = [Counter(paste.iocs) for paste in month.pastes]
    found: set[int] = set()
    now, end, idle = month.begin.timestamp(), month.end.timestamp(), True

    def tell(paste: int, ioc: IOC, at: float) -> None:
        waited = at - month.pastes[paste].at.timestamp()
        del waiting[paste][ioc]
        if month.verdicts[ioc] is Verdict.MALICIOUS and paste not in found:
            found.add(paste)
            outcome.first_findings.append(waited)

    while True:
        call_at = inf if idle else now + quota.delay(now)
        paste_at = coming[0][1].at.timestamp() if coming else inf
        if (now := min(call_at, paste_at)) >= end:
            break
        if paste_at <= call_at:
            number, paste = coming.popleft()
            outcome.lookups += len(paste.iocs)
            for ioc in way.come(number, paste.iocs, now):
                tell(number, ioc, now)
            idle = False
        elif (asked := way.next(now)) is None:
            idle = True
        else:
            quota.take(now)
            outcome.calls += 1
            for number, ioc in way.answered(asked, now):
                tell(number, ioc, now + _CALL_S)
    outcome.unanswered = sum(rows.total() for rows in waiting)
    never = sum(_is_bad(paste, month) for paste in month.pastes) - len(found)
    outcome.first_findings += [inf] * never
    return outcome


def _is_bad(paste: Paste, month: Month) -> bool:
    return any(month.verdicts[ioc] is Verdict.MALICIOUS for ioc in paste.iocs)


def _typical(seconds: Sequence[float], share: float) -> str:
    at = sorted(seconds)[int(share * (len(seconds) - 1))]
    if at == inf:
        return "never"
    return (
        f"{at:.0f} s" if at < 120 else f"{at / 60:.0f} min" if at < 7200 else f"{at / 3600:.0f} h"
    )


def _row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    lookups = sum(o.lookups for o in outcomes)
    calls = sum(o.calls for o in outcomes)
    unanswered = sum(o.unanswered for o in outcomes)
    findings = [wait for o in outcomes for wait in o.first_findings]
    saved = lookups - unanswered - calls
    return (
        name,
        f"{calls // len(outcomes):,}",
        f"{saved / (lookups - unanswered):.0%}",
        *(_typical(findings, share) for share in _SHARES),
        f"{unanswered / lookups:.0%}",
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.month", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=_SEEDS)
    months = [draw(seed) for seed in parser.parse_args(argv).seeds]
    pastes = sum(len(month.pastes) for month in months) // len(months)
    lookups = sum(len(paste.iocs) for month in months for paste in month.pastes) // len(months)
    print(
        f"\nA team's month on a free key: {pastes:,} pastes with {lookups:,} lookups, "
        f"mean of {len(months)} drawn from seeds\n"
    )
    header = (
        "way",
        "calls",
        "answered without one",
        "first malicious verdict, median",
        "90 %",
        "98 %",
        "never answered",
    )
    ways: dict[str, Callable[[Month], Way]] = {
        "first come, first served": lambda month: InOrder(),
        "the same with the cache": InOrderCached,
        "Telltale": Planned,
    }
    rows = [_row(name, [work_off(m, way(m)) for m in months]) for name, way in ways.items()]
    print(table(header, rows))


if __name__ == "__main__":
    main()
