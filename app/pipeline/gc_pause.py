"""A pause of Python's garbage collector while records are made."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Module globals, against the rule that state has an owner: the collector that they describe is
# one for the whole process. Threads that extract at once share the pause; the last one ends it.
_lock = threading.Lock()
_pauses = 0
_was_enabled = False


@contextmanager
def paused_collector() -> Iterator[None]:
    """Run the body without searches for reference cycles; other threads run without them too."""
    # IOCs form no cycles. With 50,000 of them the collector took a tenth of the time of an
    # extraction to find that out again and again. A pause lasts for one block of text, so the
    # cycles of other threads wait for milliseconds.
    global _pauses, _was_enabled
    with _lock:
        if not _pauses:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if not _pauses and _was_enabled:
                gc.enable()
