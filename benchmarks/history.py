"""python -m benchmarks.history: how fast many kept analyses are listed, searched and read."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from app.enrichment.analysis.lookup_states import ended
from app.enrichment.analysis.store import JobWrite
from app.enrichment.models import Analysis, EnrichmentResult, Lookup, Mode, Verdict
from app.jobs.models import ANALYSIS, Job, JobState
from app.pipeline.models import IOC, IOCType
from app.storage.database.connection import Database, open_database
from app.storage.writing.job_store import SQLJobStore
from benchmarks.jobs import telltale
from benchmarks.tables import duration, machine, table

_PROVIDER = "VirusTotal"
_NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
_VERDICTS = (Verdict.MALICIOUS, Verdict.SUSPICIOUS, *[Verdict.NO_DETECTIONS] * 8)
_ROUNDS = 20


def fill(database: Database, analyses: int, iocs: int) -> None:
    """Finished online analyses, an hour apart; every tenth IOC is malicious."""
    store = SQLJobStore(database)
    for n in range(analyses):
        found = tuple(_ioc(n, at) for at in range(iocs))
        made_at = _NEWEST - timedelta(hours=n)
        job = Job(f"job{n}", ANALYSIS, created_at=made_at)
        store.create(
            job,
            Analysis(job.id, found, Mode.ONLINE, made_at),
            [Lookup(ioc, _PROVIDER, seq=seq) for seq, ioc in enumerate(found, start=1)],
        )
        rows = []
        for at, ioc in enumerate(found):
            result = EnrichmentResult(ioc, _PROVIDER, _VERDICTS[at % len(_VERDICTS)])
            rows.append((at, ended(ioc, _PROVIDER, result, 1)))
        done = Job(
            job.id, ANALYSIS, state=JobState.SUCCESS, created_at=made_at, finished_at=made_at
        )
        store.commit([JobWrite(done, changed=rows)])


def _ioc(n: int, at: int) -> IOC:
    if at % 2:
        return IOC(IOCType.IPV4, f"45.{n // 250}.{n % 250}.{at + 1}")
    return IOC(IOCType.DOMAIN, f"host-{at}.analysis-{n}.example-updates.com")


def median(ask: Callable[[], object]) -> float:
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        ask()
        times.append(time.perf_counter() - start)
    return sorted(times)[_ROUNDS // 2]


def reading(analyses: int, iocs: int) -> str:
    pages = {
        "history, first page": "/history",
        "history, last page": f"/history?page={max(1, analyses // 25)}",
        "search, found once": f"/history?q=analysis-{analyses // 2}.example",
        "search, found everywhere": "/history?q=example-updates",
        "search, not found": "/history?q=no-such-host",
        "search beyond ASCII, not found": "/history?q=b\u00fccher",
        "search by verdict": "/history?verdict=malicious",
        "search by verdict, text and day": "/history?verdict=malicious&q=45.&from=2025-12-01",
        "`GET /api/jobs`": "/api/jobs",
        "`GET /api/jobs/<id>/iocs`, 200 of them": "/api/jobs/job7/iocs?per_page=200",
        "the same, by verdict and text": "/api/jobs/job7/iocs?verdict=malicious&q=example",
    }
    with telltale("http://127.0.0.1:1/api/v3", 1) as app:
        database = open_database("", app.config["DATA_DIR"])
        fill(database, analyses, iocs)
        database.close()
        client = app.test_client()
        rows = [[name, duration(median(partial(client.get, url)))] for name, url in pages.items()]
    return table([f"{analyses * iocs:,} IOCs in {analyses:,} analyses", "median"], rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--analyses", type=int, default=1000)
    parser.add_argument("--iocs", type=int, default=100, help="in each analysis")
    options = parser.parse_args()
    print(f"Measured {machine()}.\n")
    print(reading(options.analyses, options.iocs), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
