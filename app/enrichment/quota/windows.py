"""The rules of quota: how many calls may be sent now, and when the next ones may be.

Pure functions of limits and usage, without state or clock. Times are seconds since 1970, UTC.
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
# A call whose end was never reported, such as one cut by a crash, counts as if it had arrived at
# the provider this many seconds after it was sent: no call can take longer.
LONGEST_CALL_S = 30.0
# The provider counts a call when it arrives, and we know when it was sent and when it ended. A
# call that ends within this time counts as arrived at its end, so that the time of the next call
# does not depend on how long short calls take. It is the smaller of these: seconds, and a share
# of the shortest window.
GUARD_S = 1.5
GUARD_SHARE = 0.025
# Added to each window against rounding: sums of such times are exact to a quarter of this.
TICK_S = 1e-6
# Seconds to wait after a 429 without Retry-After; doubled by each one that follows.
PAUSE_S = 60.0
# After a 429 one call alone is sent, to see whether the provider still refuses. Seconds until it
# is looked at again whether that call has ended.
PROBE_S = 1.0


@dataclass(frozen=True, slots=True)
class QuotaRules:
    """The limits in force: as configured, else as the provider reports, else as documented."""

    given: Mapping[Period, int] = field(default_factory=dict)
    """The configured limits. 0 switches a limit off.

    0 for the minute also switches off every limit that is not configured.
    """
    documented: tuple[Window, ...] = ()
    """The documented limits of a free key."""

    def windows(self, learned: Sequence[Window] = ()) -> tuple[Window, ...]:
        """Return the limits in force, shortest first; `learned`: as the provider reports them."""
        limits: dict[Period, int] = {}
        if self.given.get(MINUTE_S) != 0:
            # A reported limit of 0 becomes 1: the error of that call says why.
            limits |= {window.period: max(1, window.limit) for window in learned}
        limits |= self.given
        for window in sorted(self.documented, key=_length):
            is_free_key = not isinstance(window.period, Calendar) or self._is_free(limits)
            if is_free_key:
                limits.setdefault(window.period, window.limit)
        windows = [Window(limit, period) for period, limit in limits.items() if limit]
        return tuple(sorted(windows, key=_length))

    def _is_free(self, limits: Mapping[Period, int]) -> bool:
        """Return whether the limits are at most those of a free key.

        A paid key has a higher limit for the minute, and then no documented day or month.
        """
        known = {w.period: w.limit for w in self.documented if not isinstance(w.period, Calendar)}
        return all(0 < limits.get(period, 0) <= limit for period, limit in known.items())


@dataclass(frozen=True, slots=True)
class Usage:
    """The calls of an account that count at a moment."""

    counted_by: Sequence[float] = ()
    """The latest time at which each call has arrived, rising; calls in flight are included."""
    used: Mapping[Calendar, int] = field(default_factory=dict)
    """The number of calls of this day, and of this month."""
    blocked_until: float = 0.0
    """After a 429 nothing is granted before then."""
    refusals: int = 0
    """The number of 429 answers since the last other answer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the limits of one account allow.

    The provider counts a call at some moment between its departure and its end. It is counted
    here at its end. So with any network delay no window holds more arrivals than are allowed:
    the one call too many leaves a window's length after the end of one of those before it.
    """

    windows: tuple[Window, ...]
    longest_call_s: float = LONGEST_CALL_S

    @property
    def guard(self) -> float:
        periods = [window.period for window in self._sliding]
        return min((GUARD_S, *(GUARD_SHARE * float(period) for period in periods)))

    @property
    def memory_s(self) -> float:
        """The seconds for which a call counts."""
        return max((float(window.period) + TICK_S for window in self._sliding), default=0.0)

    @property
    def _sliding(self) -> list[Window]:
        return [window for window in self.windows if not isinstance(window.period, Calendar)]

    def is_unlimited(self, usage: Usage, now: float) -> bool:
        return not (self.windows or usage.refusals or now < usage.blocked_until)

    def free(self, usage: Usage, now: float, wanted: int) -> int:
        """Return how many of the wanted calls may be sent now."""
        if now < usage.blocked_until:
            return 0
        free = wanted
        if usage.refusals:  # one call, to see whether it is refused again
            free = 0 if self._is_in_flight(usage, now) else min(wanted, 1)
        for window in self.windows:
            if isinstance(window.period, Calendar):
                used = usage.used.get(window.period, 0)
            else:
                start = now - window.period - TICK_S
                used = len(usage.counted_by) - bisect_right(usage.counted_by, start)
            free = min(free, window.limit - used)
        return max(free, 0)

    def after(self, usage: Usage, now: float, count: int) -> Usage:
        """Return the usage once `count` more calls have been sent."""
        counted_by = (*usage.counted_by, *[now + self.longest_call_s] * count)
        used = {period: usage.used.get(period, 0) + count for period in Calendar}
        return replace(usage, counted_by=counted_by, used=used)

    def delay(self, usage: Usage, now: float) -> float:
        """Return the seconds until the next call may be sent, if those in flight end soon."""
        at = next(self._times(usage, now))
        if usage.refusals and self._is_in_flight(usage, now):
            at = max(at, now + PROBE_S)
        return at - now + TICK_S if at > now else 0.0

    def forecast(self, usage: Usage, now: float, count: int) -> list[float]:
        """Return the seconds until each of the next calls may be sent, if each ends soon."""
        return [at - now for at in itertools.islice(self._times(usage, now), count)]

    def remaining(self, usage: Usage, now: float) -> Remaining:
        """Return the limits, and the calls that are left until 00:00 UTC."""
        left = [
            max(window.limit - usage.used.get(window.period, 0), 0)
            for window in self.windows
            if isinstance(window.period, Calendar)
        ]
        if left and usage.blocked_until >= end_of(Calendar.DAY, now):
            left.append(0)
        return Remaining(self.windows, min(left, default=None))

    def _is_in_flight(self, usage: Usage, now: float) -> bool:
        """Return whether a call may be in flight.

        One that has ended counts by now, or by the guard after its departure.
        """
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
        """Return when a call is expected to count; a call in flight is assumed to end soon."""
        if counted_by <= now + self.guard:
            return counted_by
        return max(counted_by - self.longest_call_s + self.guard, now)


@dataclass(slots=True)
class _Count:
    """The count of calls in the day or month that a forecast goes through."""

    limit: int
    period: Calendar
    used: int
    end: float

    def earliest(self, at: float) -> float:
        """Return when the next call may be sent, not before `at`."""
        if at >= self.end:
            self.used, self.end = 0, end_of(self.period, at)
        return at if self.used < self.limit else self.end


def blocked_until(now: float, refusals: int, retry_after: float | None) -> float:
    """Return until when nothing may be sent after a 429.

    As long as Retry-After says, but a second at least, for some providers send 0; and not beyond
    the next day. `refusals`: the number of 429s that came before this one.
    """
    wait = PAUSE_S * 2.0 ** min(refusals, 20) if retry_after is None else retry_after
    return min(now + max(wait, 1.0), latest_block(now))


def latest_block(now: float) -> float:
    """Return the end of the day: by then any used quota but a month's is there again."""
    return end_of(Calendar.DAY, now) + 1.0


def first_day(period: Calendar, now: float) -> str:
    """Return the first day of the period, in ISO 8601."""
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
