"""The records of quotas: limits, the accounts they hold for, and what is left of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Calendar(StrEnum):
    """A time that begins anew at 00:00 UTC: each day, or on the first of each month."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Window:
    """At most so many calls within a time."""

    limit: int
    period: float | Calendar
    """Seconds: wherever a time of that length begins."""


@dataclass(frozen=True, slots=True)
class Account:
    """A key at a provider: what a quota counts for, and whose answers are kept apart."""

    provider: str
    digest: str = ""
    """SHA-256 of the provider's name and the key, in hex; empty where no key is needed."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """What an account may still ask."""

    windows: tuple[Window, ...]
    """Empty: there is no limit."""
    left_today: int | None
    """Calls until 00:00 UTC, of the day's or the month's quota; None: neither is limited."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How much a key may ask within a time, and how much of that it has asked."""

    label: str
    used: int
    allowed: int
    window: Window | None = None
    """What follows from it for the pace; None where nothing does."""


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """What a provider says of the stored key: its quotas, or in words why it is of no use."""

    quotas: tuple[Quota, ...] = ()
    error: str | None = None
