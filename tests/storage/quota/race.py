"""Processes that share a ledger, race for its quota, and are killed; on a clock of their own.

    python -m tests.storage.quota.race --hours 24 --kills 40

The processes, their threads, the database and the calls over loopback are real. Only the time
is not: it stands still while any thread has something to do, and then goes on to when the next
one has. So the figures are the ledger's own, however busy the machine is.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.programs import PROJECT
from tests.storage.quota.race_worker import SharedClock

START = 1_795_262_400.0
LIMIT, WINDOW_S = 4, 60.0


@dataclass
class Arrival:
    at: float
    worker: str
    status: int


class Provider:
    """Answers one connection after the other, and writes down when each request arrived."""

    def __init__(self, clock: SharedClock, refusals: Mapping[int, float | None]) -> None:
        """`refusals`: which arrivals get a 429, and the Retry-After of each."""
        self.arrivals: list[Arrival] = []
        self._clock = clock
        self._refusals = refusals
        self._server = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def drain(self) -> None:
        """Returns when everything that was sent before has arrived."""
        with socket.create_connection(self._server.getsockname()) as connection:
            connection.sendall(b"DRAIN / HTTP/1.0\r\n\r\n")
            connection.recv(1024)

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:  # closed
                return
            with connection:
                try:
                    self._answer(connection)
                except ConnectionError:  # the process that asked was killed
                    continue

    def _answer(self, connection: socket.socket) -> None:
        method, _, rest = connection.recv(65536).decode().partition(" ")
        status, headers = 200, ""
        if method == "GET":
            number = len(self.arrivals) + 1
            if number in self._refusals:
                told = self._refusals[number]
                status, headers = 429, "" if told is None else f"Retry-After: {told:.0f}\r\n"
            self.arrivals.append(Arrival(self._clock(), rest.split()[0], status))
        connection.sendall(f"HTTP/1.0 {status} .\r\n{headers}Content-Length: 0\r\n\r\n".encode())


@dataclass
class Race:
    """`kills` and 429s are spread over the time; `seed` decides the moments."""

    folder: Path
    hours: float
    kills: int
    processes: int = 3
    threads: int = 16
    seed: int = 1
    arrivals: list[Arrival] = field(default_factory=list)
    lived_s: float = 0.0
    refusals: dict[int, float | None] = field(default_factory=dict)

    def run(self) -> None:
        (self.folder / "clock").write_bytes(bytes(8))
        self._clock = SharedClock(self.folder / "clock")
        self._clock.set(START)
        self._dice = Random(self.seed)  # noqa: S311  # moments, not secrets
        calls = int(self.hours * 60 * LIMIT * 0.9)
        for share, told in (0.2, None), (0.5, 20.0), (0.7, None):
            self.refusals[int(calls * share)] = told
        self._provider = Provider(self._clock, self.refusals)
        self._started = 0
        workers = [self._start() for _ in range(self.processes)]
        try:
            self._play(workers)
        finally:
            for worker in workers:
                self._end(worker)
            self._provider.close()
        self.arrivals = self._provider.arrivals
        self.lived_s = self._clock() - START

    def _play(self, workers: list[subprocess.Popen[str]]) -> None:
        end = START + self.hours * 3600
        kills = [START + self.hours * 3600 * (n + 0.5) / self.kills for n in range(self.kills)]
        while self._clock() < end:
            self._tell(workers)
            if kills and self._clock() >= kills[0]:
                kills.pop(0)
                time.sleep(self._dice.uniform(0, 0.03))  # any moment of what they do now
                victim = self._dice.randrange(len(workers))
                self._end(workers[victim])
                self._provider.drain()
                workers[victim] = self._start()
                self._tell(workers[victim : victim + 1])
            self._clock.set(min(self._hear(worker) for worker in workers))

    def _start(self) -> subprocess.Popen[str]:
        self._started += 1
        command = [sys.executable, "-m", "tests.storage.quota.race_worker", str(self.folder)]
        command += [f"{self._provider.url}/{self._started}", str(self.threads), str(self._started)]
        return subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    @staticmethod
    def _tell(workers: list[subprocess.Popen[str]]) -> None:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()

    @staticmethod
    def _hear(worker: subprocess.Popen[str]) -> float:
        assert worker.stdout is not None
        return float(worker.stdout.readline())

    @staticmethod
    def _end(worker: subprocess.Popen[str]) -> None:
        worker.kill()
        worker.wait()
        for stream in (worker.stdin, worker.stdout):
            assert stream is not None
            try:
                stream.close()
            except BrokenPipeError:  # it had not read all that it was told
                continue

    @property
    def fullest(self) -> int:
        """Of all windows: one begins with each arrival."""
        times = [arrival.at for arrival in self.arrivals]
        return max(
            sum(1 for at in times[n : n + 2 * LIMIT] if at < first + WINDOW_S)
            for n, first in enumerate(times)
        )

    @property
    def share_used(self) -> float:
        """Of what was allowed."""
        return len(self.arrivals) / (LIMIT * self.lived_s / WINDOW_S)

    def summary(self) -> str:
        by_worker = Counter(arrival.worker for arrival in self.arrivals)
        refused = sum(arrival.status == 429 for arrival in self.arrivals)
        return (
            f"{self.processes} processes of {self.threads} threads, {self.kills} killed, "
            f"{self.lived_s / 3600:.1f} h: {len(self.arrivals)} calls by {len(by_worker)} "
            f"processes, {refused} refused; at most {self.fullest} in {WINDOW_S:.0f} s, "
            f"{self.share_used:.1%} of what was allowed"
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.storage.quota.race")
    parser.add_argument("--hours", type=float, default=24, help="on the clock of the race")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="telltale-race-") as folder:
        race = Race(Path(folder), options.hours, options.kills, seed=options.seed)
        race.run()
    print(race.summary())
    return 0 if race.fullest <= LIMIT and race.share_used >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
