"""The quota ledger, which counts calls: its protocol, and one for keys without limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.enrichment.quota.models import Account, Remaining, Window


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to `acquire`."""

    grants: tuple[int, ...]
    """A number for each call that may be made now; fewer than were wanted, or none."""
    delay: float
    """Seconds until another call may be granted; 0 if all that were wanted were granted."""


class QuotaLedger(Protocol):
    """Grants calls, or says when the next can be granted. It never waits for quota.

    Every method may be called from any thread, may take as long as the disk does, and raises
    StorageError.
    """

    def is_unlimited(self, account: Account) -> bool:
        """Return whether the account has no limit, as far as memory knows; reads no disk."""

    def acquire(self, account: Account, wanted: int = 1) -> Decision:
        """Grant up to `wanted` calls. Each counts from now on, until `complete` or `release`."""

    def complete(self, account: Account, grants: Sequence[int], is_refused: bool = False) -> None:
        """Note that the calls have ended, with any outcome. `is_refused`: with a 429."""

    def release(self, account: Account, grants: Sequence[int]) -> None:
        """Give back grants of calls that were never sent."""

    def block(self, account: Account, retry_after: float | None) -> None:
        """After a 429, grant nothing for `retry_after` seconds.

        None: for a minute, and twice as long after each further 429.
        """

    def unblock(self, account: Account) -> None:
        """End the wait after a 429: the provider has accepted the key since."""

    def forecast(self, account: Account, count: int) -> list[float]:
        """Return the seconds until each of the next `count` calls will be granted."""

    def remaining(self, account: Account) -> Remaining:
        """Return the limits in force, and what may still be asked today."""

    def set_limits(
        self, account: Account, windows: Sequence[Window], used_today: int | None
    ) -> None:
        """Store what the provider reports: the limits of the key, and its calls of today.

        `used_today` may be more than ours, if another program uses the key too; None: unknown.
        """

    def forget(self, provider: str, kept: Account | None = None) -> None:
        """Delete all accounts of the provider except `kept`, with their stored answers."""


class Unlimited:
    """The ledger for keys without limits: it grants every call at once."""

    def is_unlimited(self, account: Account) -> bool:
        return True

    def acquire(self, account: Account, wanted: int = 1) -> Decision:
        return Decision((0,) * wanted, 0.0)

    def complete(self, account: Account, grants: Sequence[int], is_refused: bool = False) -> None:
        pass

    def release(self, account: Account, grants: Sequence[int]) -> None:
        pass

    def block(self, account: Account, retry_after: float | None) -> None:
        pass

    def unblock(self, account: Account) -> None:
        pass

    def forecast(self, account: Account, count: int) -> list[float]:
        return [0.0] * count

    def remaining(self, account: Account) -> Remaining:
        return Remaining((), None)

    def set_limits(
        self, account: Account, windows: Sequence[Window], used_today: int | None
    ) -> None:
        pass

    def forget(self, provider: str, kept: Account | None = None) -> None:
        pass
