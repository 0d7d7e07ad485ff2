from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.analysis.store import MemoryStore
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.storage.database.connection import open_database
from app.storage.writing.job_store import SQLJobStore
from tests.canary import CANARY_KEY
from tests.databases import place_database
from tests.enrichment.adapters.virustotal.answers import BASE
from tests.enrichment.orchestration import QUICK, Build
from tests.fakes.adapters import FakeAdapter


@pytest.fixture(params=["memory", "database"])
def build(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Build]:
    """Build orchestrators that keep their jobs in memory, or all of them in one database."""
    built = []
    database = None
    if request.param == "database":
        place_database(tmp_path / "data")
        database = open_database("", tmp_path / "data")

    def make(*adapters: FakeAdapter, **options: object) -> EnrichmentOrchestrator:
        options.setdefault("store", SQLJobStore(database) if database else MemoryStore())
        options.setdefault("timing", QUICK)
        built.append(EnrichmentOrchestrator(adapters, **options))  # type: ignore[arg-type]
        return built[-1]

    yield make
    for orchestrator in built:
        orchestrator.close()
    if database:
        database.close()


@pytest.fixture
def adapter(tmp_path: Path) -> VTAdapter:
    keys = ConfigStore(tmp_path / "keys" / "keys.json", environ={})
    keys.set_vt_api_key(CANARY_KEY)
    return VTAdapter(keys, HTTPClient(BASE))
