"""A process that asks a provider in many threads, as often as its ledger lets it.

Run by `race.py`, which moves the clock: all processes read it from one file. Time stands
still while a process has something to do.
"""

from __future__ import annotations

import heapq
import itertools
import mmap
import struct
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from random import Random

from app.enrichment.quota.models import Account, Window
from app.enrichment.quota.windows import QuotaRules
from app.storage.database.connection import open_database
from app.storage.quota.sql_ledger import SQLQuotaLedger

ACCOUNT = Account("VirusTotal", "a1")
RULES = {"VirusTotal": QuotaRules({}, (Window(4, 60.0),))}


class SharedClock:
    """A number in a file, the same for all processes at any moment."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)

    def __call__(self) -> float:
        return float(struct.unpack("d", self._map[:8])[0])

    def set(self, now: float) -> None:
        self._map[:8] = struct.pack("d", now)


class Sleepers:
    """Threads that wait for a time; tells when all do, and for how long."""

    def __init__(self, clock: SharedClock, threads: int) -> None:
        self._clock = clock
        self._awake = threads
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._numbers = itertools.count()

    def sleep(self, seconds: float) -> None:
        turn = threading.Event()
        with self._changed:
            until = self._clock() + seconds
            heapq.heappush(self._waiting, (until, next(self._numbers), turn))
            self._awake -= 1
            self._changed.notify()
        turn.wait()

    def wake(self) -> float:
        """Those whose time has come; returns when all sleep again, until when they do."""
        with self._changed:
            while self._waiting and self._waiting[0][0] <= self._clock():
                self._awake += 1
                heapq.heappop(self._waiting)[2].set()
            self._changed.wait_for(lambda: self._awake == 0)
            return self._waiting[0][0]


def ask(ledger: SQLQuotaLedger, sleepers: Sleepers, url: str, dice: Random) -> None:
    """Some calls take long to arrive, some to be answered; most take a moment."""
    decision = ledger.acquire(ACCOUNT)
    for grant in decision.grants:
        slowness = 10.0 if dice.random() < 0.02 else 0.5
        sleepers.sleep(slowness * dice.random())
        status, retry_after = call(url)
        sleepers.sleep(slowness * dice.random())
        if status == 429:
            ledger.block(ACCOUNT, retry_after)
        ledger.complete(ACCOUNT, [grant], is_refused=status == 429)
    if not decision.grants:
        sleepers.sleep(decision.delay)


def call(url: str) -> tuple[int, float | None]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310  # of our own
            return answer.status, None
    except urllib.error.HTTPError as e:
        told = e.headers.get("Retry-After")
        return e.code, float(told) if told else None


def main(folder: Path, url: str, threads: int, seed: int) -> None:
    clock = SharedClock(folder / "clock")
    sleepers = Sleepers(clock, threads)
    ledger = SQLQuotaLedger(open_database("", folder), RULES, clock)

    def work(dice: Random) -> None:
        while True:
            ask(ledger, sleepers, url, dice)

    for n in range(threads):
        dice = Random(f"{seed} {n}")  # noqa: S311  # moments, not secrets
        threading.Thread(target=work, args=(dice,), daemon=True).start()
    for _ in sys.stdin:  # each line: the clock has moved
        print(sleepers.wake(), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
