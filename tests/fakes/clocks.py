"""Clocks that stand still until a test moves them."""

from __future__ import annotations

from datetime import UTC, datetime


class FakeClock:
    """Seconds since 1970, UTC; a Saturday noon to begin with."""

    def __init__(self, now: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)) -> None:
        self.now = now.timestamp()

    def __call__(self) -> float:
        return self.now
