"""A working quota ledger in memory."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from app.enrichment.quota.ledger import Decision
from app.enrichment.quota.models import Account, Remaining, Window


class FakeLedger:
    """At most `limit` calls in any `window_s` seconds for each account; 0: no limit.

    Raises `failure` while it is set, and records its calls.
    """

    def __init__(
        self,
        limit: int = 1,
        window_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self.window_s = window_s
        self.failure: Exception | None = None
        self.granted_at: list[float] = []
        """When each call was granted, without the released ones."""
        self.asked: Counter[str] = Counter()
        """The number of calls of each method."""
        self.completed: list[int] = []
        self.blocked_for: list[float | None] = []
        self._clock = clock
        self._numbers = itertools.count(1)
        self._by_account: dict[Account, dict[int, float]] = {}
        self._blocked_until: dict[Account, float] = {}
        self._lock = threading.Lock()

    def is_unlimited(self, account: Account) -> bool:
        with self._lock:
            return not self.limit and self._clock() >= self._next(account, [])

    def acquire(self, account: Account, wanted: int = 1) -> Decision:
        with self._lock:
            self._note("acquire")
            now = self._clock()
            granted = self._by_account.setdefault(account, {})
            grants: list[int] = []
            while len(grants) < wanted:
                if (delay := self._next(account, sorted(granted.values())) - now) > 0:
                    break
                grants.append(next(self._numbers))
                granted[grants[-1]] = now
                self.granted_at.append(now)
            return Decision(tuple(grants), 0.0 if len(grants) == wanted else delay)

    def complete(self, account: Account, grants: Sequence[int], is_refused: bool = False) -> None:
        with self._lock:
            self._note("complete")
            self.completed += grants

    def release(self, account: Account, grants: Sequence[int]) -> None:
        with self._lock:
            self._note("release")
            for grant in grants:
                self.granted_at.remove(self._by_account[account].pop(grant))

    def block(self, account: Account, retry_after: float | None) -> None:
        with self._lock:
            self._note("block")
            self.blocked_for.append(retry_after)
            wait = self.window_s if retry_after is None else retry_after
            self._blocked_until[account] = self._clock() + wait

    def unblock(self, account: Account) -> None:
        with self._lock:
            self._note("unblock")
            self._blocked_until.pop(account, None)

    def forecast(self, account: Account, count: int) -> list[float]:
        with self._lock:
            self._note("forecast")
            now = self._clock()
            times = sorted(self._by_account.get(account, {}).values())
            for _ in range(count):
                times.append(max(now, self._next(account, times)))
            return [at - now for at in times[len(times) - count :]]

    def remaining(self, account: Account) -> Remaining:
        return Remaining((Window(self.limit, self.window_s),) if self.limit else (), None)

    def set_limits(
        self, account: Account, windows: Sequence[Window], used_today: int | None
    ) -> None:
        pass

    def forget(self, provider: str, kept: Account | None = None) -> None:
        pass

    def _note(self, method: str) -> None:
        self.asked[method] += 1
        if self.failure:
            raise self.failure

    def _next(self, account: Account, times: Sequence[float]) -> float:
        """Return when the next call is possible after those."""
        blocked = self._blocked_until.get(account, float("-inf"))
        if not self.limit or len(times) < self.limit:
            return blocked
        return max(blocked, times[-self.limit] + self.window_s)
