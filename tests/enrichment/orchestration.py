"""Orchestrators that are closed after the test, and threads that tests wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.enrichment.timing import Timing
from app.pipeline.models import IOC
from tests.patience import PATIENCE_S

# Short enough that no test waits for it, and long enough to be seen.
QUICK = Timing(
    commit_gather_s=0.002,
    commit_retry_s=0.02,
    schedule_retry_s=0.02,
    ledger_recheck_s=0.02,
    forecast_every_s=0.01,
    cancel_patience_s=0.2,
)

Build = Callable[..., EnrichmentOrchestrator]


def in_thread(
    orchestrator: EnrichmentOrchestrator, job_id: str, iocs: list[IOC]
) -> threading.Thread:
    thread = threading.Thread(target=orchestrator.enrich_all, args=(job_id, iocs))
    thread.start()
    return thread


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for a change that another thread makes and that no event announces."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.005)


def done(orchestrator: EnrichmentOrchestrator, job_id: str = "job") -> int:
    """How many lookups ended; none before the job is known."""
    status = orchestrator.get_status(job_id)
    return status["done"] if status else 0
