"""A clock that nobody can set: by it, quota comes back when its time has passed, not before."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

Seconds = Callable[[], float]


class Offsets(Protocol):
    """What the processes of one boot agree on."""

    def offset(self, boot: str, proposed: float) -> float:
        """The boot's; the proposed one becomes it where there is none. Raises StorageError."""


class SteadyClock:
    """Seconds since 1970, UTC, by what the system's clock said when the boot was first seen.

    Setting the system's clock later changes nothing. Where a boot has no name each process
    starts from the system's clock itself. Making one raises StorageError.
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
    """The time asleep counts, where the system can tell it."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def boot_id() -> str:
    """Empty where the system gives its boots no names."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
