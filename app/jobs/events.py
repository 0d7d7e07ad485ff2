"""News that a job changed, for the live streams of pages; the number of streams is limited."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from app.errors import TooManyStreamsError


class JobEvents:
    """Wakes the streams that follow a job when it changed; each then reads the job again.

    All methods may be called from any thread.
    """

    def __init__(self, max_streams: int) -> None:
        # Each stream holds a thread of the server. With 200 streams and 64 threads every poll
        # starved (measured); so streams are capped, and polling always works.
        self._max_streams = max_streams
        self._lock = threading.Lock()
        self._followers: set[Follower] = set()
        self._closed = False

    def follow(self, job_ids: Iterable[str]) -> Follower:
        """Return a place to wait in; the caller must `close` it. Raises TooManyStreamsError."""
        with self._lock:
            if self._closed or len(self._followers) >= self._max_streams:
                raise TooManyStreamsError(
                    f"All {self._max_streams} live streams are in use. "
                    "Try again later, or poll the status."
                )
            follower = Follower(self, frozenset(job_ids))
            self._followers.add(follower)
            return follower

    def changed(self, job_id: str) -> None:
        """Wake the streams of a job; to be called after each change of the job or its lookups."""
        with self._lock:
            for follower in self._followers:
                if job_id in follower.job_ids:
                    follower.wake()

    def close(self) -> None:
        """End every stream, and let no other begin."""
        with self._lock:
            self._closed = True
            for follower in self._followers:
                follower.end()

    def leave(self, follower: Follower) -> None:
        with self._lock:
            self._followers.discard(follower)


class Follower:
    """The place in which one stream waits for news of its jobs."""

    def __init__(self, events: JobEvents, job_ids: frozenset[str]) -> None:
        self.job_ids = job_ids
        self.is_ended = False
        """True once the server ends."""
        self._events = events
        self._woken = threading.Event()

    def wait(self, timeout_s: float) -> bool:
        """Wait for news; return whether there were any before the time was up."""
        is_woken = self._woken.wait(timeout_s)
        self._woken.clear()
        return is_woken

    def wake(self) -> None:
        self._woken.set()

    def end(self) -> None:
        self.is_ended = True
        self._woken.set()

    def close(self) -> None:
        """Give the place back. May be called twice."""
        self._events.leave(self)
