"""What this process does about an analysis: none of it is stored."""

from __future__ import annotations

from app.enrichment.models import EnrichmentError
from app.pipeline.models import IOC

Key = tuple[IOC, str | None]
"""One lookup of an analysis: the IOC and the provider's name."""


class JobRun:
    """Guarded by the orchestrator's lock, like the analysis that it belongs to.

    A command never changes it: what a command wants done here is an effect of its change set,
    which the writer applies after the commit.
    """

    def __init__(self) -> None:
        self.in_flight: set[Key] = set()
        """The lookups that a worker is calling for, or whose outcome is not committed yet."""
        self.cancel_at: float | None = None
        """When the calls in flight of a cancelled analysis are given up, on the monotonic clock."""
        self.asked_again: dict[Key, float] = {}
        """When a newer answer was asked for, on the monotonic clock: no older answer will do."""
        self.refusals: dict[str, EnrichmentError] = {}
        """The error of each provider that did not accept our key, by the provider's name."""
        self.is_withdrawn = False
        """True while nothing of it may be sent: it is, or is about to be, paused or ended."""
        self.uncommitted = 0
        """The number of commands that are not committed yet."""
        self._unqueued: list[Key] = []

    def leave_unqueued(self, key: Key) -> None:
        """Note a pending lookup that is in no provider's queue."""
        self._unqueued.append(key)

    def take_unqueued(self) -> list[Key]:
        """Return the lookups that are in no queue and not in flight; the caller queues them."""
        keys, self._unqueued = self._unqueued, []
        return [key for key in dict.fromkeys(keys) if key not in self.in_flight]
