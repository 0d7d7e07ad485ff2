"""Sets a provider aside that fails again and again."""

from __future__ import annotations

import time
from collections.abc import Callable

FAILURES = 5
"""So many calls in a row must have failed."""
WAITS_S = (3.0, 6.0, 12.0, 24.0, 48.0, 60.0)
"""How long nothing is sent before each next probe; the last holds for all that follow."""
PATIENCE = 3
"""After so many failed probes nobody waits any longer."""


class CircuitBreaker:
    """Closed, all calls go; open, none but a probe from time to time, until one succeeds.

    Holds no lock: the orchestrator asks under its own. Times are those of `clock`, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._probes = 0
        """How many failed."""
        self._opens_at = 0.0
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        return self._failures >= FAILURES

    @property
    def is_hopeless(self) -> bool:
        return self._probes >= PATIENCE

    @property
    def delay(self) -> float:
        """In how many seconds a probe may go; below 0 where one could have, or has."""
        return self._opens_at - self._clock()

    @property
    def allowance(self) -> int | None:
        """How many calls may be sent now; None: any number."""
        if not self.is_open:
            return None
        return 0 if self._is_probing or self.delay > 0 else 1

    def send(self) -> bool:
        """A call is sent. Whether it is a probe, which its end must tell."""
        self._is_probing = self._is_probing or self.is_open
        return self.is_open

    def succeeded(self) -> None:
        """Also one that was sent before: who answers is there."""
        self._failures = self._probes = 0
        self._is_probing = False

    def failed(self, is_probe: bool) -> None:
        """Of what was sent before the provider was set aside, the failures are old news."""
        if is_probe and self.is_open:
            self._is_probing = False
            self._probes += 1
            self._wait()
        elif not self.is_open:
            self._failures += 1
            if self.is_open:
                self._wait()

    def said_nothing(self, is_probe: bool) -> None:
        """The call ended in a way that shows neither: the next may probe at once."""
        if is_probe:
            self._is_probing = False

    def _wait(self) -> None:
        self._opens_at = self._clock() + WAITS_S[min(self._probes, len(WAITS_S) - 1)]
