"""python -m benchmarks.jobs: how fast lookups are worked off, and what a poll costs."""

from __future__ import annotations

import argparse
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from app import create_app
from app.enrichment.models import Mode
from app.pipeline import extract
from app.services import Services
from benchmarks.extractors import PROJECT
from benchmarks.tables import duration, machine, table

_KEY = "sim-key-premium"
_POLLS = 200
# Delay in ms, workers: as fast as it goes, and a provider at a usual distance.
_RUNS = ((0, 4), (100, 16))


def addresses(count: int) -> list[str]:
    return [f"45.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}" for n in range(count)]


@contextmanager
def simulator(delay_ms: int) -> Iterator[str]:
    """VirusTotal's stand-in in a process of its own; yields its base URL."""
    unlimited = ["--per-minute", "0", "--per-day", "0", "--per-month", "0"]
    command = [sys.executable, "-m", "tests.fakes.vt_simulator", *unlimited]
    with subprocess.Popen(  # noqa: S603  # our own program
        [*command, "--latency-ms", str(delay_ms)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.kill()


@contextmanager
def telltale(base_url: str, workers: int) -> Iterator[Any]:
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        settings = {
            "DATA_DIR": Path(folder) / "data",
            "VT_BASE_URL": base_url,
            "VT_API_KEY": _KEY,
            "VT_REQUESTS_PER_MINUTE": 0,
            "MAX_WORKERS": workers,
        }
        app = create_app(settings)
        try:
            yield app
        finally:
            app.extensions["services"].close()


def worked_off(services: Services, count: int) -> tuple[str, float]:
    """A job's id, and the seconds from its start until its last answer was committed."""
    found = extract(" ".join(addresses(count))).found
    proposal = services.analyses.propose(found, Mode.ONLINE)
    job_id = services.analyses.begin(proposal.analysis, proposal.plan).job_id
    while not (job := services.jobs.find(job_id).job).finished_at:
        time.sleep(0.05)
    return job_id, (job.finished_at - (job.started_at or job.created_at)).total_seconds()


def asked_plainly(base_url: str, count: int, workers: int) -> float:
    """Send the same requests by `requests` alone, drop the answers, and return the seconds."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for address in addresses(count):
        waiting.put(address)

    def work() -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["x-apikey"] = _KEY
            while True:
                try:
                    address = waiting.get_nowait()
                except queue.Empty:
                    return
                session.get(f"{base_url}/ip_addresses/{address}", timeout=30)

    start = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def throughput(count: int) -> str:
    rows = []
    for delay_ms, workers in _RUNS:
        with simulator(delay_ms) as base_url, telltale(base_url, workers) as app:
            asked_plainly(base_url, workers, workers)
            _, ours = worked_off(app.extensions["services"], count)
            plain = asked_plainly(base_url, count, workers)
        rows.append(
            [
                f"{count} lookups, {delay_ms} ms delay, {workers} workers",
                f"{count / ours:.0f}/s",
                f"{count / plain:.0f}/s",
            ]
        )
    return table(["end to end, answers committed", "telltale", "`requests` in threads"], rows)


def polls(sizes: Sequence[int]) -> str:
    """What a poll costs of a finished job when nothing is new, and when one row is."""
    rows = []
    with simulator(0) as base_url, telltale(base_url, 4) as app:
        client = app.test_client()
        for size in sizes:
            job_id, _ = worked_off(app.extensions["services"], size)
            url = f"/enrichment/status/{job_id}?since="
            last = client.get(url + str(10**9)).get_json()["next"]
            cells = []
            for since in (last, last - 1):
                times = []
                for _ in range(_POLLS):
                    start = time.perf_counter()
                    answer = client.get(url + str(since))
                    times.append(time.perf_counter() - start)
                cells += [duration(sorted(times)[_POLLS // 2]), f"{len(answer.data)} B"]
            rows.append([f"{size} IOCs", *cells])
    return table(["a status poll", "nothing new", "", "one row new", ""], rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jobs", description=__doc__)
    parser.add_argument("--lookups", type=int, default=1600, help="how many to work off")
    parser.add_argument(
        "--iocs", type=int, nargs="+", default=[100, 1000, 10_000], help="sizes of polled jobs"
    )
    options = parser.parse_args()
    print(f"Measured {machine()}.\n")
    print(throughput(options.lookups), end="\n\n", flush=True)
    print(polls(options.iocs), end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
