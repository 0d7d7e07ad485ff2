"""Daily deletion of analyses that are older than the setting allows."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.errors import StorageError

log = logging.getLogger(__name__)

DAY_S = 86400.0


class Retention:
    """Calls `delete_older` at the start, and daily in a thread of its own. 0 days: never."""

    def __init__(
        self, days: int, delete_older: Callable[[int], int], every_s: float = DAY_S
    ) -> None:
        self._days = days
        self._delete_older = delete_older
        self._every_s = every_s
        self._closed = threading.Event()

    def start(self) -> None:
        """Delete once, then start the thread. Raises StorageError if the first deletion fails."""
        if self._days:
            self._apply()
            threading.Thread(target=self._run, name="retention", daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(self._every_s):
            try:
                self._apply()
            except StorageError as e:
                log.error("Old analyses could not be deleted; Telltale tries again tomorrow: %s", e)

    def _apply(self) -> None:
        if deleted := self._delete_older(self._days):
            log.info("deleted %d analyses older than %d days", deleted, self._days)
