"""What keeps count of calls: what the orchestrator asks of it, and one that never says no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.enrichment.quota.models import Account, Remaining, Window


@dataclass(frozen=True, slots=True)
class Decision:
    """`grants`: a number for each call that may be made now, as many as were wanted or fewer."""

    grants: tuple[int, ...]
    delay: float
    """Seconds until there may be another; 0 when as many were granted as were wanted."""


class QuotaLedger(Protocol):
    """Grants calls, or says when. It never waits for quota.

    Every method may be called from any thread, may take as long as the disk does, and raises
    StorageError.
    """

    def is_unlimited(self, account: Account) -> bool:
        """Whether nothing need be asked of the ledger before a call. From memory."""

    def acquire(self, account: Account, wanted: int = 1) -> Decision:
        """Each grant is counted from now on, and given back by `complete` or `release`."""

    def complete(self, account: Account, grants: Sequence[int], is_refused: bool = False) -> None:
        """The calls have ended, whatever came of them. `is_refused`: by a 429."""

    def release(self, account: Account, grants: Sequence[int]) -> None:
        """The calls were never made."""

    def block(self, account: Account, retry_after: float | None) -> None:
        """A 429 came: nothing is granted for so many seconds, or as long as the windows say."""

    def forecast(self, account: Account, count: int) -> list[float]:
        """In how many seconds each of the next `count` calls will be granted."""

    def remaining(self, account: Account) -> Remaining: ...

    def set_limits(
        self, account: Account, windows: Sequence[Window], used_today: int | None
    ) -> None:
        """What the provider says of the account. Another program may use the key too."""

    def forget(self, provider: str, kept: Account | None = None) -> None:
        """Everything of all its accounts but the one kept, with their cached answers."""


class Unlimited:
    """For providers that may be asked without end."""

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
