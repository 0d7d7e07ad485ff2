"""The rule of quota: how many calls may go now, and when the next ones may.

It keeps nothing and knows no clock. Times are seconds since 1970, UTC.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import inf

from app.enrichment.quota.models import Calendar, Remaining, Window

Period = float | Calendar

MINUTE_S = 60.0
DAY_S = 86400.0
# By when a call has arrived of which nobody told that it ended.
LONGEST_CALL_S = 30.0
# The provider counts arrivals, we count departures: within this of its departure a call counts
# as just arrived, so that short calls have no part in when the next one may go.
GUARD_S = 1.5
GUARD_SHARE = 0.025
# Sums of such times are exact to a quarter of that.
TICK_S = 1e-6
# How long to wait after a 429 that does not say; doubled by each one that follows.
PAUSE_S = 60.0
# When to ask again whether the call by which a refusing provider is probed has ended.
PROBE_S = 1.0


@dataclass(frozen=True, slots=True)
class QuotaRules:
    """Which windows are in force: the analyst's; else what the provider told; else the known."""

    given: Mapping[Period, int] = field(default_factory=dict)
    """By the analyst. 0: no limit, and of the minute: no limit that the analyst has not given."""
    documented: tuple[Window, ...] = ()
    """Of a free key."""

    def windows(self, learned: Sequence[Window] = ()) -> tuple[Window, ...]:
        """Shortest first; `learned` is what the provider told of the key."""
        limits: dict[Period, int] = {}
        if self.given.get(MINUTE_S) != 0:
            # Who is told to ask nothing at all is asked once, and so told why.
            limits |= {window.period: max(1, window.limit) for window in learned}
        limits |= self.given
        for window in sorted(self.documented, key=_length):
            is_free_key = not isinstance(window.period, Calendar) or self._is_free(limits)
            if is_free_key:
                limits.setdefault(window.period, window.limit)
        windows = [Window(limit, period) for period, limit in limits.items() if limit]
        return tuple(sorted(windows, key=_length))

    def _is_free(self, limits: Mapping[Period, int]) -> bool:
        """Who may ask more often in a minute than a free key has none."""
        known = {w.period: w.limit for w in self.documented if not isinstance(w.period, Calendar)}
        return all(0 < limits.get(period, 0) <= limit for period, limit in known.items())


@dataclass(frozen=True, slots=True)
class Usage:
    """What counts for an account at a moment."""

    counted_by: Sequence[float] = ()
    """When each call has arrived at the latest, rising; those under way included."""
    used: Mapping[Calendar, int] = field(default_factory=dict)
    """Calls of this day, and of this month."""
    blocked_until: float = 0.0
    """After a 429 nothing is granted before then."""
    refusals: int = 0
    """429 answers since the last other one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the windows of one account allow.

    A call is counted by the provider at some moment between its departure and its end. It is
    counted here at the end, so that in no window more arrive than are allowed, whatever the
    network does: the one call too many leaves after a window's length, counted from the end of
    one of those before it.
    """

    windows: tuple[Window, ...]
    longest_call_s: float = LONGEST_CALL_S

    @property
    def guard(self) -> float:
        periods = [window.period for window in self._sliding]
        return min((GUARD_S, *(GUARD_SHARE * float(period) for period in periods)))

    @property
    def memory_s(self) -> float:
        """For how long a call counts."""
        return max((float(window.period) + TICK_S for window in self._sliding), default=0.0)

    @property
    def _sliding(self) -> list[Window]:
        return [window for window in self.windows if not isinstance(window.period, Calendar)]

    def is_unlimited(self, usage: Usage, now: float) -> bool:
        return not (self.windows or usage.refusals or now < usage.blocked_until)

    def free(self, usage: Usage, now: float, wanted: int) -> int:
        """How many of the wanted calls may go now."""
        if now < usage.blocked_until:
            return 0
        free = wanted
        if usage.refusals:  # one call, to see whether it is refused again
            free = 0 if self._is_under_way(usage, now) else min(wanted, 1)
        for window in self.windows:
            if isinstance(window.period, Calendar):
                used = usage.used.get(window.period, 0)
            else:
                start = now - window.period - TICK_S
                used = len(usage.counted_by) - bisect_right(usage.counted_by, start)
            free = min(free, window.limit - used)
        return max(free, 0)

    def after(self, usage: Usage, now: float, count: int) -> Usage:
        """When so many more have left."""
        counted_by = (*usage.counted_by, *[now + self.longest_call_s] * count)
        used = {period: usage.used.get(period, 0) + count for period in Calendar}
        return replace(usage, counted_by=counted_by, used=used)

    def delay(self, usage: Usage, now: float) -> float:
        """Seconds until the next call may go, should those under way end soon."""
        at = next(self._times(usage, now))
        if usage.refusals and self._is_under_way(usage, now):
            at = max(at, now + PROBE_S)
        return at - now + TICK_S if at > now else 0.0

    def forecast(self, usage: Usage, now: float, count: int) -> list[float]:
        """In how many seconds each of the next calls may go, should each end soon."""
        return [at - now for at in itertools.islice(self._times(usage, now), count)]

    def remaining(self, usage: Usage, now: float) -> Remaining:
        left = [
            max(window.limit - usage.used.get(window.period, 0), 0)
            for window in self.windows
            if isinstance(window.period, Calendar)
        ]
        if left and usage.blocked_until >= end_of(Calendar.DAY, now):
            left.append(0)
        return Remaining(self.windows, min(left, default=None))

    def _is_under_way(self, usage: Usage, now: float) -> bool:
        """Whether a call may be: what has ended is counted by now, or by its guard."""
        return bool(usage.counted_by) and usage.counted_by[-1] > now + self.guard

    def _times(self, usage: Usage, now: float) -> Iterator[float]:
        counted = sorted(self._expected(by, now) for by in usage.counted_by)
        counts = [
            _Count(window.limit, period, usage.used.get(period, 0), end_of(period, now))
            for window in self.windows
            if isinstance(period := window.period, Calendar)
        ]
        at = max(now, usage.blocked_until)
        while True:
            for window in self._sliding:
                if len(counted) >= window.limit:
                    at = max(at, counted[-window.limit] + float(window.period) + TICK_S)
            while (later := max((count.earliest(at) for count in counts), default=at)) > at:
                at = later
            yield at
            counted.append(at + self.guard)
            for count in counts:
                count.used += 1

    def _expected(self, counted_by: float, now: float) -> float:
        """By when a call will count, should it end soon: what is under way is assumed to."""
        if counted_by <= now + self.guard:
            return counted_by
        return max(counted_by - self.longest_call_s + self.guard, now)


@dataclass(slots=True)
class _Count:
    """The calls of a day or month that is about to be forecast."""

    limit: int
    period: Calendar
    used: int
    end: float

    def earliest(self, at: float) -> float:
        """When the next call may go, from then on."""
        if at >= self.end:
            self.used, self.end = 0, end_of(self.period, at)
        return at if self.used < self.limit else self.end


def blocked_until(now: float, refusals: int, retry_after: float | None) -> float:
    """After a 429 that so many have gone before: as it says, within reason."""
    wait = PAUSE_S * 2.0 ** min(refusals, 20) if retry_after is None else retry_after
    return min(now + max(wait, 1.0), latest_block(now))


def latest_block(now: float) -> float:
    """By then whatever was used up is there again."""
    return end_of(Calendar.DAY, now) + 1.0


def first_day(period: Calendar, now: float) -> str:
    """Of the day or month: ISO 8601."""
    day = datetime.fromtimestamp(now, UTC).date()
    return (day if period is Calendar.DAY else day.replace(day=1)).isoformat()


def end_of(period: Calendar, now: float) -> float:
    if period is Calendar.DAY:
        return (now // DAY_S + 1) * DAY_S
    first = datetime.fromtimestamp(now, UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    return (first + timedelta(days=31)).replace(day=1).timestamp()


def _length(window: Window) -> float:
    lengths = {Calendar.DAY: DAY_S, Calendar.MONTH: inf}
    return lengths[window.period] if isinstance(window.period, Calendar) else window.period
