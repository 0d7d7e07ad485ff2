"""python -m benchmarks.live: how long a status takes while many follow a running job."""

from __future__ import annotations

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from benchmarks.extractors import PROJECT
from benchmarks.jobs import addresses, simulator
from benchmarks.tables import duration, machine, table

_KEY = "sim-key-premium"
_PAUSE_S = 1.0
# Streams, pollers: ten tabs of one browser, and a crowd.
_CROWDS = ((1, 10), (150, 50))


@contextmanager
def server(base_url: str) -> Iterator[tuple[str, int]]:
    """run.py in a process of its own; yields host and port."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        settings = {
            "DATA_DIR": f"{folder}/data",
            "PORT": "0",
            "VT_BASE_URL": base_url,
            "VT_API_KEY": _KEY,
            "VT_REQUESTS_PER_MINUTE": "0",
        }
        environ = os.environ | {f"TELLTALE_{name}": value for name, value in settings.items()}
        with subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, str(PROJECT / "run.py")],
            cwd=folder,
            env=environ | {"PYTHONPATH": str(PROJECT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                line = process.stdout.readline() if process.stdout else ""
                host, _, port = line.split()[3].removeprefix("http://").partition(":")
                yield host, int(port)
            finally:
                process.kill()


@dataclass
class Crowd:
    """Each follows in a thread of its own: by a stream, or, where that is refused, by polling.

    As a page does, from the rows on that it was drawn with.
    """

    place: tuple[str, int]
    job_id: str
    since: int
    until: float
    open_streams: int = 0
    events: int = 0
    failures: int = 0
    times: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def follow(self) -> None:
        connection = http.client.HTTPConnection(*self.place, timeout=30)
        connection.request("GET", f"/api/jobs/events?job_id={self.job_id}&since={self.since}")
        answer = connection.getresponse()
        if answer.status != 200:
            self.poll()
            return
        with self.lock:
            self.open_streams += 1
        while time.monotonic() < self.until and (line := answer.readline()):
            with self.lock:
                self.events += line.startswith(b"event:")
        connection.close()

    def poll(self) -> None:
        connection = http.client.HTTPConnection(*self.place, timeout=30)
        since = self.since
        while time.monotonic() < self.until:
            start = time.monotonic()
            try:
                connection.request("GET", f"/enrichment/status/{self.job_id}?since={since}")
                answer = connection.getresponse()
                body = answer.read()
            except OSError:
                with self.lock:
                    self.failures += 1
                continue
            with self.lock:
                self.times.append(time.monotonic() - start)
                self.failures += answer.status != 200
            since = int(body.rpartition(b'"next":')[2].split(b",")[0])
            time.sleep(max(0.0, _PAUSE_S - (time.monotonic() - start)))
        connection.close()


def start_job(place: tuple[str, int], count: int) -> str:
    connection = http.client.HTTPConnection(*place, timeout=30)
    form = urlencode({"mode": "online", "text": " ".join(addresses(count))})
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", "/analyze", form, headers)
    body = connection.getresponse().read().decode()
    connection.close()
    return body.partition('"job_id":"')[2].partition('"')[0]


def measure(streams: int, pollers: int, seconds: float, iocs: int) -> list[str]:
    with simulator(50) as base_url, server(base_url) as place:
        crowd = Crowd(place, start_job(place, iocs), iocs, time.monotonic() + seconds)
        threads = [threading.Thread(target=crowd.follow) for _ in range(streams)]
        threads += [threading.Thread(target=crowd.poll) for _ in range(pollers)]
        for n, thread in enumerate(threads):
            thread.start()
            if n % 10 == 0:  # not all in the same moment of each second
                time.sleep(_PAUSE_S / len(threads))
        for thread in threads:
            thread.join()
    times = sorted(crowd.times)
    marks = [times[len(times) // 2], times[int(len(times) * 0.95)], times[-1]]
    return [
        f"{streams} streams, {pollers} pollers",
        f"{crowd.open_streams} open, {streams - crowd.open_streams} poll",
        str(crowd.events),
        f"{len(times)}, {crowd.failures} failed",
        *map(duration, marks),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("--seconds", type=float, default=12, help="how long each crowd follows")
    parser.add_argument("--iocs", type=int, default=2000, help="of the job that it follows")
    options = parser.parse_args()
    print(f"Measured {machine()}.\n")
    header = ["who follows", "streams", "events", "polls", "p50", "p95", "longest"]
    rows = [measure(*crowd, options.seconds, options.iocs) for crowd in _CROWDS]
    print(table(header, rows), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
