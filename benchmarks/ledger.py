"""python -m benchmarks.ledger: how fast calls are granted, and known answers are found."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice, product
from pathlib import Path

from app.enrichment.analysis.lookup_states import ended
from app.enrichment.analysis.store import JobWrite
from app.enrichment.models import Analysis, Detail, EnrichmentResult, Lookup, Mode, Verdict, utcnow
from app.enrichment.quota.clock import since_boot
from app.enrichment.quota.models import Account, Calendar, Window
from app.enrichment.quota.windows import QuotaRules
from app.jobs.models import ANALYSIS, Job
from app.pipeline.models import IOC, IOCType
from app.storage.database.connection import Database, open_database
from app.storage.quota.sql_ledger import SQLQuotaLedger
from app.storage.reading.answers import AnswerReader
from app.storage.writing.job_store import SQLJobStore
from app.triage.models import Preferences
from app.triage.plan import Planner
from app.triage.policy import find_holds
from benchmarks.extractors import PROJECT
from benchmarks.tables import duration, machine, table

_ACCOUNT = Account("VirusTotal", "a" * 64)
_RULES = {
    "VirusTotal": QuotaRules(
        {}, (Window(4, 60.0), Window(10**8, Calendar.DAY), Window(10**9, Calendar.MONTH))
    )
}
_START = 1_795_262_400.0
# How much faster than real the ledger's clock runs. At the first rate four calls a minute are more
# than all threads can take; at the second, most decisions are denials.
_ENDLESS, _SCARCE = 1e6, 1e4
_OWN = Preferences(("example.com", "corp-bank.co.uk"), ("198.51.100.0/24", "185.10.0.0/16"))
_HEAD_START_S = 0.2
_ROUNDS = 7
_DETAILS = tuple(Detail(f"Detail {n}", f"what the provider says of it, {n}") for n in range(8))


def decide(folder: Path, threads: int, speed: float) -> tuple[int, int]:
    """How many calls the threads are granted, and how often they are told no.

    Says that it is ready, and is told from when to when.
    """
    database = open_database("", folder)
    ledger = SQLQuotaLedger(database, _RULES, lambda: _START + since_boot() * speed)
    ledger.acquire(_ACCOUNT)
    print("ready", flush=True)
    begin, end = map(float, input().split())
    counts = [[0, 0] for _ in range(threads)]

    def work(count: list[int]) -> None:
        time.sleep(max(begin - time.time(), 0.0))
        while time.time() < end:
            count[not ledger.acquire(_ACCOUNT).grants] += 1

    workers = [threading.Thread(target=work, args=(count,)) for count in counts]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    database.close()
    return sum(granted for granted, _ in counts), sum(denied for _, denied in counts)


def raced(processes: int, threads: int, seconds: float, speed: float) -> tuple[float, float]:
    """Grants and denials in a second, of processes that share a database."""
    command = [sys.executable, "-m", "benchmarks.ledger", "--decide"]
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        started = [
            subprocess.Popen(  # noqa: S603  # ourselves
                [*command, folder, str(threads), str(speed)],
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(processes)
        ]
        for process in started:
            process.stdout.readline()  # type: ignore[union-attr]
        begin = time.time() + _HEAD_START_S
        for process in started:
            process.stdin.write(f"{begin} {begin + seconds}\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        counts = [process.communicate()[0].split() for process in started]
    granted, denied = (sum(map(int, column)) for column in zip(*counts, strict=True))
    return granted / seconds, denied / seconds


def decisions(seconds: float, crowds: Iterable[tuple[int, int]]) -> str:
    """Return the table of grants and denials; a crowd is a number of processes and of threads."""
    rows = []
    for processes, threads in crowds:
        granted, _ = raced(processes, threads, seconds, _ENDLESS)
        mixed = raced(processes, threads, seconds, _SCARCE)
        who = f"{processes} processes of {threads} threads"
        parts = f"{sum(mixed):,.0f}/s, {mixed[0] / max(sum(mixed), 1):.0%} of them granted"
        rows.append([who, f"{granted:,.0f}/s", parts])
    return table(["quota: decisions over one database", "grants alone", "mixed"], rows)


def _iocs(count: int) -> list[IOC]:
    return [IOC(IOCType.DOMAIN, f"host-{n}.example-updates.com") for n in range(count)]


def fill(database: Database, count: int) -> None:
    """Kept answers, of analyses of a thousand IOCs each."""
    store, iocs = SQLJobStore(database), iter(_iocs(count))
    soon = utcnow() + timedelta(hours=24)
    while some := tuple(islice(iocs, 1000)):
        job = Job(some[0].value, ANALYSIS)
        store.create(job, Analysis(job.id, some, Mode.ONLINE), [Lookup(i, "VT") for i in some])
        answered = [
            EnrichmentResult(
                ioc, "VT", Verdict.MALICIOUS, 3, 94, details=_DETAILS, fresh_until=soon
            )
            for ioc in some
        ]
        changed = [(n, ended(r.ioc, "VT", r, 1)) for n, r in enumerate(answered)]
        store.commit([JobWrite(job, changed=changed)])


def plans(kept: int, sizes: Sequence[int]) -> str:
    """What a plan asks the database: what is known of its IOCs, and how often they were seen."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        database = open_database("", Path(folder) / "data")
        fill(database, kept)
        reader = AnswerReader(database)
        ledger = SQLQuotaLedger(database, _RULES, time.time)
        planner = Planner([_Asked()], reader, ledger)
        for size in sizes:
            # Half of them are known.
            iocs = _iocs(kept)[: size // 2] + [
                IOC(IOCType.DOMAIN, f"new-{n}.example.com") for n in range(size // 2)
            ]
            rows.append(
                [
                    f"{size:,} IOCs",
                    median(partial(reader.find, [Account("VT")], iocs)),
                    median(partial(reader.times_seen, iocs)),
                    median(partial(ledger.forecast, _ACCOUNT, size)),
                    median(partial(plan, planner, iocs)),
                ]
            )
        database.close()
    return table([f"a plan, {kept:,} answers kept", "known", "times seen", "forecast", "all"], rows)


class _Asked:
    name = "VT"
    supported_types = frozenset(IOCType)

    def lookup(self, ioc: IOC) -> EnrichmentResult:
        raise AssertionError("a plan must not send a lookup")


def plan(planner: Planner, iocs: Sequence[IOC]) -> None:
    """Plan with the holds of an analyst who has entered names and networks as their own."""
    planner.plan(Analysis("job", tuple(iocs), Mode.ONLINE), find_holds(iocs, _OWN))


def median(ask: Callable[[], object]) -> str:
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        ask()
        times.append(time.perf_counter() - start)
    return duration(sorted(times)[_ROUNDS // 2])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="of each race for quota")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 3], help="in a race")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 16], help="of each of them")
    parser.add_argument("--answers", type=int, default=100_000, help="how many are kept")
    parser.add_argument("--iocs", type=int, nargs="+", default=[1000, 10_000], help="of a plan")
    parser.add_argument("--decide", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.decide:
        folder, threads, speed = options.decide
        print(*decide(Path(folder), int(threads), float(speed)))
        return 0
    print(f"Measured {machine()}.\n")
    crowds = product(options.processes, options.threads)
    print(decisions(options.seconds, crowds), end="\n\n", flush=True)
    print(plans(options.answers, options.iocs), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
