"""What a verified key may ask becomes the limits in force."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.checks.key_check import KeyVerifier
from app.enrichment.checks.stored_keys import StoredKeys
from app.enrichment.checks.verifications import Verification, VerificationStore
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.enrichment.quota.models import Account, Calendar, Quota, Window
from app.jobs.models import Job, JobState
from app.pipeline.models import IOC, IOCType
from tests.canary import CANARY_KEY
from tests.fakes.kept_jobs import KeptJobs
from tests.fakes.vt_simulator import VTSimulator
from tests.patience import PATIENCE_S

TINY, FREE = "sim-key-tiny", "sim-key-public"


class Ledger:
    def __init__(self) -> None:
        self.learned: list[tuple[Account, tuple[Window, ...], int | None]] = []
        self.unblocked: list[Account] = []

    def unblock(self, account: Account) -> None:
        self.unblocked.append(account)

    def set_limits(
        self, account: Account, windows: Sequence[Window], used_today: int | None
    ) -> None:
        self.learned.append((account, tuple(windows), used_today))


def verify(adapter: VTAdapter, folder: Path) -> tuple[Job, Ledger]:
    jobs, ledger = KeptJobs(), Ledger()
    store = VerificationStore(folder / "verified.json")
    keys = ConfigStore(folder / "keys.json", {})
    stored = StoredKeys([adapter], keys, store, lambda: None)
    verifier = KeyVerifier([adapter], jobs, stored, lambda job_id: None, ledger)
    job = verifier.begin(adapter.name)
    assert jobs.ended.wait(PATIENCE_S)
    return jobs.kept[job.id], ledger


def adapter_with(key: str, simulator: VTSimulator, folder: Path) -> VTAdapter:
    keys = ConfigStore(folder / "keys.json", {"TELLTALE_VT_API_KEY": key})
    return VTAdapter(keys, HTTPClient(simulator.base_url))


@pytest.mark.parametrize(
    ("key", "per_minute", "others"),
    [
        (FREE, 4, (Window(500, Calendar.DAY), Window(15_500, Calendar.MONTH))),
        (TINY, 1, (Window(1, Calendar.DAY), Window(10**9, Calendar.MONTH))),
    ],
)
def test_a_verified_key_sets_the_limits_and_the_use_of_today(
    key: str, per_minute: int, others: tuple[Window, ...], tmp_path: Path
) -> None:
    with VTSimulator() as simulator:
        adapter = adapter_with(key, simulator, tmp_path)
        adapter.lookup(IOC(IOCType.IPV4, "185.220.101.45"))
        job, ledger = verify(adapter, tmp_path)
    assert job.state is JobState.SUCCESS
    windows = (Window(per_minute, 60.0), *others)
    assert ledger.learned == [(adapter.account(), windows, 1)]
    assert ledger.unblocked == [adapter.account()]  # a wait that a 429 asked for has ended


def test_a_refused_key_leaves_the_limits_as_they_were(tmp_path: Path) -> None:
    with VTSimulator() as simulator:
        job, ledger = verify(adapter_with("sim-key-inactive", simulator, tmp_path), tmp_path)
    assert job.state is JobState.ERROR
    assert ledger.learned == ledger.unblocked == []


def test_the_verification_file_keeps_the_fields_that_the_page_shows(tmp_path: Path) -> None:
    store = VerificationStore(tmp_path / "verified.json")
    quota = Quota("Today", 3, 500, Window(500, Calendar.DAY))
    job_time = Job("x", "verify_key").created_at
    store.set("virustotal", CANARY_KEY, Verification(job_time, (quota,)))
    found = store.get("virustotal", CANARY_KEY)
    assert found == Verification(job_time, (Quota("Today", 3, 500),))
    assert store.get("virustotal", "another") is None
