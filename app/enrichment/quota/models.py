"""The records of quotas: limits, the accounts that they hold for, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Calendar(StrEnum):
    """A period that begins at 00:00 UTC, each day or on the first of each month."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Window:
    """A limit: at most so many calls within a period."""

    limit: int
    period: float | Calendar
    """Seconds of a sliding window, or the day or month of the calendar."""


@dataclass(frozen=True, slots=True)
class Account:
    """A key at a provider. Quota is counted, and answers are stored, for each account apart."""

    provider: str
    digest: str = ""
    """SHA-256 of the provider's name and the key, in hex; empty where no key is needed."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """The quota that is left to an account."""

    windows: tuple[Window, ...]
    """Empty: there is no limit."""
    left_today: int | None
    """Calls until 00:00 UTC, of the day's or the month's quota; None: neither is limited."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota as the provider reports it: the calls allowed within a period, and those used."""

    label: str
    used: int
    allowed: int
    window: Window | None = None
    """The limit that the ledger is to keep; None if the quota is only shown."""


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """What a provider reports of a key: its quotas, or an error sentence."""

    quotas: tuple[Quota, ...] = ()
    error: str | None = None
    is_refused: bool = False
    """Whether the error is the provider's no to the key, and not a check that failed."""
