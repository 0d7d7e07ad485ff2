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
        # The analyst wants a newer answer than the one shown, so one that came to another analysis
        # before this time will not do. On the monotonic clock.
        self.asked_again: dict[Key, float] = {}
        # By the provider's name, the error of one that did not accept our key: a lookup of this
        # analysis that was in flight then is not sent again.
        self.refusals: dict[str, EnrichmentError] = {}
        self.is_withdrawn = False
        """True while nothing of it may be sent: it is, or is about to be, paused or ended."""
        self.uncommitted = 0
        """The number of commands that are not committed yet."""
        # A key can be in it twice, for `ask_again` adds it as well as the commit does.
        self._unqueued: list[Key] = []

    def leave_unqueued(self, key: Key) -> None:
        """Note a pending lookup that is in no provider's queue."""
        self._unqueued.append(key)

    def take_unqueued(self) -> list[Key]:
        """Return the lookups that are in no queue and not in flight; the caller queues them."""
        keys, self._unqueued = self._unqueued, []
        return [key for key in dict.fromkeys(keys) if key not in self.in_flight]
