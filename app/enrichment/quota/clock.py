"""A clock that setting the system's clock does not move.

With it, used quota comes back when its time has passed, and not when the clock is set forward.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

Seconds = Callable[[], float]


class Offsets(Protocol):
    """The offset of the clock, on which all processes of one boot agree."""

    def offset(self, boot: str, proposed: float) -> float:
        """Return the offset of the boot; the proposed one is stored if there is none.

        Raises StorageError.
        """


class SteadyClock:
    """Seconds since 1970, UTC: the system's clock when the boot was first seen, and the time since.

    Setting the system's clock later changes nothing. If the system gives its boots no names,
    each process starts from the system's clock. The constructor raises StorageError.
    """

    def __init__(
        self,
        offsets: Offsets,
        boot: str | None = None,
        steady: Seconds | None = None,
        wall: Seconds = time.time,
    ) -> None:
        self._steady = steady or since_boot
        boot = boot_id() if boot is None else boot
        proposed = wall() - self._steady()
        self._offset = offsets.offset(boot, proposed) if boot else proposed

    def __call__(self) -> float:
        return self._offset + self._steady()


def since_boot() -> float:
    """Return the seconds since the boot, with the time asleep if the system counts it."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def boot_id() -> str:
    """Return the name of this boot; empty if the system gives none."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
