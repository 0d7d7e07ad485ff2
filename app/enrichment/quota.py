"""The rule of quota: grants a call, or says when the next one is possible."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 60.0
# The provider counts arrivals, we count departures: the guard takes up what the network adds.
GUARD_S = 1.5


class MinutePace:
    """At most `per_minute` calls in any minute, whatever the window slides to; 0 = no limit.

    Holds no lock: the orchestrator asks under its own. Times are those of `clock`, in seconds.
    """

    def __init__(
        self,
        per_minute: int = 0,
        clock: Callable[[], float] = time.monotonic,
        window_s: float = WINDOW_S + GUARD_S,
    ) -> None:
        self._limit = per_minute
        self._clock = clock
        self._window_s = window_s
        self._granted: deque[float] = deque(maxlen=per_minute or 1)
        self._paused_until = float("-inf")

    def take(self) -> float:
        """Take one call and return 0, or return the seconds until one is possible."""
        now = self._clock()
        if (delay := self._next(self._granted) - now) > 0:
            return delay
        self._granted.append(now)
        return 0.0

    def pause(self, seconds: float) -> None:
        """The provider said that we are too fast: grant nothing before then."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def forecast(self, count: int) -> list[float]:
        """In how many seconds each of the next `count` calls will be granted."""
        now = self._clock()
        granted = self._granted.copy()
        delays = []
        for _ in range(count):
            at = max(now, self._next(granted))
            granted.append(at)
            delays.append(at - now)
        return delays

    def _next(self, granted: deque[float]) -> float:
        if self._limit and len(granted) == self._limit:
            return max(granted[0] + self._window_s, self._paused_until)
        return self._paused_until
