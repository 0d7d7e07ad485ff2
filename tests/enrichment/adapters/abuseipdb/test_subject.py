from __future__ import annotations

from pathlib import Path

import pytest

from app.enrichment.adapters.abuseipdb import AbuseIPDBAdapter
from app.enrichment.models import EnrichmentError, EnrichmentResult
from app.pipeline.models import IOC, IOCType
from tests.enrichment.adapters.test_contract import build
from tests.fakes.provider import FakeProvider, Reply

ASKED = IOC(IOCType.IPV6, "2a0b:f4c2::10")


@pytest.mark.parametrize(
    ("named", "is_same"),
    [("2A0B:F4C2:0:0::0010", True), ("2a0b:f4c2::11", False), (None, False), (7, False)],
)
def test_an_answer_counts_for_the_address_that_it_names(
    tmp_path: Path, named: object, is_same: bool
) -> None:
    data = {"ipAddress": named, "totalReports": 3, "abuseConfidenceScore": 90}
    with FakeProvider() as server:
        server.reply = Reply(200, {"data": data})
        adapter = build(AbuseIPDBAdapter, server.base_url("/api/v2"), tmp_path)
        outcome = adapter.lookup(ASKED)
    assert isinstance(outcome, EnrichmentResult if is_same else EnrichmentError)
