"""How much work something is, counted in calls: a busy machine changes seconds, not calls."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import FrameType

APP = f"{Path(__file__).parents[1] / 'app'}/"


def calls_of_app(action: Callable[[], object]) -> int:
    """Return how many calls the code of `app` makes during the action.

    They are counted in this thread and in those that the action starts. What a loop does counts
    by the calls in it, and so does each item that a generator yields.
    """
    calls = count()

    def note(frame: FrameType, event: str, arg: object) -> None:
        if event in ("call", "c_call") and frame.f_code.co_filename.startswith(APP):
            next(calls)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return next(calls)
