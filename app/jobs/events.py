"""Tells those who follow jobs that one of them changed, and bounds how many there are."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from app.errors import TooManyStreamsError


class JobEvents:
    """Says that a job changed, and not how: whoever is woken reads that anew."""

    def __init__(self, max_streams: int) -> None:
        self._max_streams = max_streams
        self._lock = threading.Lock()
        self._followers: set[Follower] = set()
        self._closed = False

    def follow(self, job_ids: Iterable[str]) -> Follower:
        """Whoever follows gives its place back by `close`. Raises TooManyStreamsError."""
        with self._lock:
            if self._closed or len(self._followers) >= self._max_streams:
                raise TooManyStreamsError(
                    f"{self._max_streams} live streams are open, and there are no more: "
                    "ask again later, and meanwhile for the status."
                )
            follower = Follower(self, frozenset(job_ids))
            self._followers.add(follower)
            return follower

    def changed(self, job_id: str) -> None:
        """After each change of a job's envelope or of its rows, from any thread."""
        with self._lock:
            for follower in self._followers:
                if job_id in follower.job_ids:
                    follower.wake()

    def close(self) -> None:
        """Every stream ends, and none begins."""
        with self._lock:
            self._closed = True
            for follower in self._followers:
                follower.end()

    def leave(self, follower: Follower) -> None:
        with self._lock:
            self._followers.discard(follower)


class Follower:
    """One stream's place: it waits here for news of its jobs."""

    def __init__(self, events: JobEvents, job_ids: frozenset[str]) -> None:
        self.job_ids = job_ids
        self.is_ended = False
        """Whether the server ends."""
        self._events = events
        self._woken = threading.Event()

    def wait(self, timeout_s: float) -> bool:
        """Whether there is anything new before the time is up."""
        is_woken = self._woken.wait(timeout_s)
        self._woken.clear()
        return is_woken

    def wake(self) -> None:
        self._woken.set()

    def end(self) -> None:
        self.is_ended = True
        self._woken.set()

    def close(self) -> None:
        """Can be called again."""
        self._events.leave(self)
