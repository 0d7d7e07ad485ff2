"""What ends a program while it is still starting."""

from __future__ import annotations

import os
import signal
from types import FrameType

NAMES = ("SIGTERM", "SIGINT", "SIGHUP")


def end_signals() -> list[int]:
    """Return the signals that end a server; a hang-up only where it is not ignored, as by nohup."""
    found = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    return [number for number in found if signal.getsignal(number) is not signal.SIG_IGN]


def end_at_once() -> None:
    """Let these signals end the process at once, with exit code 0 and without a traceback.

    Nothing is lost: what was said to be kept is on the disk by then.
    """
    for number in end_signals():
        signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(0)
