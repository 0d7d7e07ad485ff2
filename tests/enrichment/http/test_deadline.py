"""Each deadline cuts its own sockets at its own time, however many are open."""

from __future__ import annotations

import socket
import threading

from app.enrichment.http.deadline import Deadline

LONG_S = 60.0


def wait_for_cut(deadline: Deadline) -> bytes:
    """Wait within the deadline for a peer that sends nothing; a cut socket reads as ended."""
    ours, peers = socket.socketpair()
    with ours, peers, deadline:
        deadline.watch(ours)
        ours.settimeout(LONG_S)
        return ours.recv(1)


def test_a_short_deadline_ends_while_longer_ones_are_open() -> None:
    with Deadline(LONG_S) as first, Deadline(LONG_S / 2) as second:
        # Both times: the thread that waits for the longer ones is woken for the shorter.
        for _ in range(2):
            short = Deadline(0.01)
            assert wait_for_cut(short) == b""
            assert short.expired
    assert not first.expired
    assert not second.expired


def test_many_deadlines_end_at_once() -> None:
    deadlines = [Deadline(0.02) for _ in range(20)]
    threads = [threading.Thread(target=wait_for_cut, args=[deadline]) for deadline in deadlines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    assert all(deadline.expired for deadline in deadlines)


def test_one_that_is_left_in_time_does_not_expire() -> None:
    ended = Deadline(LONG_S)
    with ended:
        pass
    ended.ends_at = 0.0  # as if its time had passed since
    assert wait_for_cut(Deadline(0.01)) == b""
    assert not ended.expired
