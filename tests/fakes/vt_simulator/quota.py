"""What each key may still ask: a minute, a day and a month, all UTC."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

HOUR = 3600
UNLIMITED = 10**9  # what a key without limits reads as its allowance


class Clock:
    """A source of epoch seconds that can be pushed ahead."""

    def __init__(self, source: Callable[[], float] | None = None) -> None:
        self._source = source or time.time
        self._ahead = 0.0

    def now(self) -> float:
        return self._source() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass(frozen=True)
class Limits:
    per_minute: int | None = None
    per_day: int | None = None
    per_month: int | None = None


@dataclass
class _Count:
    """How much was spent within one calendar period."""

    period: str = ""
    used: int = 0

    def within(self, period: str) -> int:
        return self.used if self.period == period else 0

    def add(self, period: str) -> None:
        self.used = self.within(period) + 1
        self.period = period


@dataclass
class Account:
    """The spending of one key. Not thread-safe: the caller holds the lock."""

    limits: Limits
    slides: bool = True
    _recent: deque[float] = field(default_factory=deque)  # of the last hour
    _day: _Count = field(default_factory=_Count)
    _month: _Count = field(default_factory=_Count)

    def use_up_day(self, now: float) -> None:
        self._day = _Count(_day_of(now), _allowed(self.limits.per_day))

    def wait(self, now: float) -> float:
        """Seconds until a request is allowed again; 0 means it is allowed now."""
        today, limits = _utc(now), self.limits
        waits = [self._minute_wait(now)]
        if self._day.within(_day_of(now)) >= _allowed(limits.per_day):
            waits.append((_midnight(today) - today).total_seconds())
        if self._month.within(_month_of(now)) >= _allowed(limits.per_month):
            waits.append((_month_end(today) - today).total_seconds())
        return max(waits)

    def spend(self, now: float) -> None:
        while self._recent and self._recent[0] <= now - HOUR:
            self._recent.popleft()
        self._recent.append(now)
        self._day.add(_day_of(now))
        self._month.add(_month_of(now))

    def usage(self, now: float) -> dict[str, dict[str, int]]:
        """The three counters as the API names them; minutes are told as hours."""
        minute = self.limits.per_minute
        return {
            "api_requests_hourly": {
                "allowed": UNLIMITED if minute is None else 60 * minute,
                "used": self._since(now - HOUR),
            },
            "api_requests_daily": {
                "allowed": _allowed(self.limits.per_day),
                "used": self._day.within(_day_of(now)),
            },
            "api_requests_monthly": {
                "allowed": _allowed(self.limits.per_month),
                "used": self._month.within(_month_of(now)),
            },
        }

    def _since(self, start: float) -> int:
        return sum(1 for spent in self._recent if spent > start)

    def _minute_wait(self, now: float) -> float:
        limit = self.limits.per_minute
        if limit is None or len(self._recent) < limit:
            return 0
        if limit == 0:
            return 60
        oldest = self._recent[-limit]
        frees_at = oldest + 60 if self.slides else oldest - oldest % 60 + 60
        return max(0, round(frees_at - now, 3))  # sums of floats are a little off


def _allowed(limit: int | None) -> int:
    return UNLIMITED if limit is None else limit


def _utc(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


def _day_of(now: float) -> str:
    return _utc(now).strftime("%Y-%m-%d")


def _month_of(now: float) -> str:
    return _utc(now).strftime("%Y-%m")


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _month_end(moment: datetime) -> datetime:
    return _midnight(moment.replace(day=1) + timedelta(days=31)).replace(day=1)
