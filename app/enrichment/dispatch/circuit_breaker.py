"""The circuit breaker of a provider: after repeated failures, only probes are sent."""

from __future__ import annotations

import time
from collections.abc import Callable

# The number of failed calls in a row after which the circuit opens. A provider that is down costs
# these calls, and not one for each lookup that waits.
MAX_FAILURES = 5
# Seconds before the first probe, the second and so on; the last value is used for all that follow.
WAITS_S = (3.0, 6.0, 12.0, 24.0, 48.0, 60.0)
# After this many failed probes (the first three waits, 21 s) the waiting lookups end as "could not
# check".
MAX_PROBES = 3


class CircuitBreaker:
    """While it is closed, all calls go; while it is open, one probe at a time until one succeeds.

    It holds no lock: the orchestrator's guards it. Times are those of `clock`, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._failed_probes = 0
        self._next_probe_at = 0.0
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        return self._failures >= MAX_FAILURES

    @property
    def is_hopeless(self) -> bool:
        """True once so many probes failed that lookups no longer wait for the provider."""
        return self._failed_probes >= MAX_PROBES

    @property
    def delay(self) -> float:
        """Seconds until the next probe may be sent; 0 or less: one may go, or is in flight."""
        return self._next_probe_at - self._clock()

    @property
    def allowance(self) -> int | None:
        """The number of calls that may be sent now; None: any number."""
        if not self.is_open:
            return None
        return 0 if self._is_probing or self.delay > 0 else 1

    def send(self) -> bool:
        """Note that a call is sent. Returns whether it is a probe; report that with its end."""
        self._is_probing = self._is_probing or self.is_open
        return self.is_open

    def succeeded(self) -> None:
        """Close the circuit, also for a call sent before it opened: the provider answers."""
        self._failures = self._failed_probes = 0
        self._is_probing = False

    def failed(self, is_probe: bool) -> None:
        """Count a failure. Failures of calls sent before the circuit opened are ignored."""
        if is_probe and self.is_open:
            self._is_probing = False
            self._failed_probes += 1
            self._wait()
        elif not self.is_open:
            self._failures += 1
            if self.is_open:
                self._wait()

    def said_nothing(self, is_probe: bool) -> None:
        """Note a call that shows neither, such as a 429: the next probe may go at once."""
        if is_probe:
            self._is_probing = False

    def _wait(self) -> None:
        wait = WAITS_S[min(self._failed_probes, len(WAITS_S) - 1)]
        self._next_probe_at = self._clock() + wait
