"""A program of its own: eight lookups at once, and how much memory they added."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.pipeline.models import IOC, IOCType

WORKERS = 8


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(base_url: str, folder: str) -> None:
    environ = {"TELLTALE_VT_API_KEY": "sim-key-premium"}
    adapter = VTAdapter(
        ConfigStore(Path(folder) / "keys.json", environ), HTTPClient(base_url, deadline_s=5)
    )
    orchestrator = EnrichmentOrchestrator(adapter, max_workers=WORKERS)
    before = peak_mb()
    orchestrator.enrich_all("job", [IOC(IOCType.IPV4, f"9.9.9.{n}") for n in range(WORKERS)])
    status = orchestrator.get_status("job")
    assert status is not None
    report = {"grown_mb": peak_mb() - before, "done": status["done"], "total": status["total"]}
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
