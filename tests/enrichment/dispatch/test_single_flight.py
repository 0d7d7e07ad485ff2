"""What many want to know at once is asked once."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest

from app.enrichment.adapters.virustotal import VTAdapter
from app.enrichment.analysis.live_analysis import other_hashes
from app.enrichment.config_store import ConfigStore
from app.enrichment.http.client import HTTPClient
from app.enrichment.models import (
    Analysis,
    EnrichmentError,
    EnrichmentResult,
    ErrorKind,
    Lookup,
    LookupState,
    Mode,
    Outcome,
    Verdict,
)
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.jobs.models import JobState
from app.pipeline.models import IOC, IOCType
from tests.enrichment.adapters.virustotal.answers import BASE
from tests.enrichment.orchestration import Build, done, in_thread, wait_until
from tests.factories import make_error, make_ioc, make_iocs, make_result
from tests.fakes.adapters import FakeAdapter, Gate, in_turn
from tests.fakes.ledger import FakeLedger
from tests.patience import PATIENCE_S

SHA256 = make_ioc("aa" * 32, IOCType.SHA256)
SHA1 = make_ioc("bb" * 20, IOCType.SHA1)
MD5 = make_ioc("cc" * 16, IOCType.MD5)
FILE = (MD5, SHA1, SHA256)
HASHES = frozenset({IOCType.MD5, IOCType.SHA1, IOCType.SHA256})


def start(orchestrator: EnrichmentOrchestrator, job_id: str, *iocs: IOC) -> None:
    orchestrator.begin(Analysis(job_id, iocs, Mode.ONLINE))


def row(orchestrator: EnrichmentOrchestrator, job_id: str, ioc: IOC) -> Lookup:
    return next(r for r in orchestrator.rows_since(job_id, 0) if r.ioc == ioc)


def state(orchestrator: EnrichmentOrchestrator, job_id: str) -> JobState:
    changes = orchestrator.changes(job_id)
    assert changes is not None
    return changes.state


def of_file(ioc: IOC) -> EnrichmentResult:
    """As a provider that knows the file by all its hashes."""
    return make_result(ioc, aliases=tuple(other for other in FILE if other != ioc))


def file_adapter(answer: object = of_file, gate: Gate | None = None) -> FakeAdapter:
    adapter = FakeAdapter(answer, gate)  # type: ignore[arg-type]
    adapter.supported_types = HASHES
    return adapter


def test_fifty_threads_that_ask_for_the_same_make_one_call(build: Build) -> None:
    adapter = FakeAdapter()
    ledger = FakeLedger(1)
    orchestrator = build(adapter, ledger=ledger)
    threads = [in_thread(orchestrator, f"job{n}", [make_ioc()]) for n in range(50)]
    for thread in threads:
        thread.join(PATIENCE_S)
    assert adapter.calls == {"8.8.4.4": 1}
    assert len(ledger.granted_at) == 1
    for n in range(50):
        assert row(orchestrator, f"job{n}", make_ioc()).state is LookupState.ANSWERED


def test_fifty_threads_that_run_the_same_job_share_one_copy(build: Build) -> None:
    adapter = FakeAdapter()
    orchestrator = build(adapter)
    iocs = make_iocs(5)
    threads = [in_thread(orchestrator, "job", iocs) for _ in range(50)]
    for thread in threads:
        thread.join(PATIENCE_S)
    assert adapter.calls == {ioc.value: 1 for ioc in iocs}
    assert done(orchestrator) == 5


def test_ten_analyses_of_the_same_iocs_make_one_call_each(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    orchestrator = build(adapter)
    iocs = make_iocs(20)
    threads = [in_thread(orchestrator, f"job{n}", iocs[n:] + iocs[:n]) for n in range(10)]
    gate.wait_for(4)
    gate.open()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert adapter.calls == Counter({ioc.value: 1 for ioc in iocs})
    assert [done(orchestrator, f"job{n}") for n in range(10)] == [20] * 10


def test_a_lookup_that_waits_for_another_jobs_call_gets_the_answer_for_its_own_ioc(
    build: Build,
) -> None:
    gate = Gate()
    orchestrator = build(FakeAdapter(gate=gate))
    start(orchestrator, "leader", IOC(IOCType.IPV4, "8.8.4.4", "8.8.4[.]4"))
    gate.wait_for()
    start(orchestrator, "follower", IOC(IOCType.IPV4, "8.8.4.4", "8[.]8.4.4"))
    gate.open()
    wait_until(lambda: done(orchestrator, "follower") == 1)
    found = row(orchestrator, "follower", make_ioc())
    assert found.result is not None
    assert (found.result.ioc.raw_match, found.attempts) == ("8[.]8.4.4", 0)
    assert row(orchestrator, "leader", make_ioc()).attempts == 1


@pytest.mark.parametrize(
    ("kind", "calls"), [(ErrorKind.TIMEOUT, 2), (ErrorKind.REFUSED, 1), (ErrorKind.AUTH, 1)]
)
def test_an_error_ends_all_lookups_that_waited_for_the_call(
    build: Build, kind: ErrorKind, calls: int
) -> None:
    gate = Gate()
    adapter = FakeAdapter(lambda ioc: make_error(ioc, kind), gate)
    orchestrator = build(adapter, max_workers=1)
    names = [f"job{n}" for n in range(5)]
    start(orchestrator, names[0], make_ioc())
    gate.wait_for()
    for name in names[1:]:
        start(orchestrator, name, make_ioc())
    gate.open()
    for name in names:
        wait_until(lambda: done(orchestrator, name) == 1)  # noqa: B023
        error = row(orchestrator, name, make_ioc()).error
        assert error is not None
        assert (error.kind, error.ioc) == (kind, make_ioc())
    assert adapter.calls == {"8.8.4.4": calls}


def test_waiting_for_the_same_ioc_goes_on_through_a_retry_and_a_429(build: Build) -> None:
    def limited(ioc: IOC) -> EnrichmentError:
        return make_error(ioc, ErrorKind.RATE_LIMITED, retry_after=0.05)

    gate = Gate()
    adapter = FakeAdapter(in_turn(make_error, limited, make_result), gate)
    orchestrator = build(adapter, ledger=FakeLedger(50))
    start(orchestrator, "leader", make_ioc())
    gate.wait_for()
    for n in range(5):
        start(orchestrator, f"job{n}", make_ioc())
    gate.open()
    for n in range(5):
        wait_until(lambda: done(orchestrator, f"job{n}") == 1)  # noqa: B023
    assert adapter.calls == {"8.8.4.4": 3}


@pytest.mark.parametrize("action", ["cancel", "pause", "delete"])
def test_the_leaders_job_may_end_while_its_call_is_in_flight(build: Build, action: str) -> None:
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    orchestrator = build(adapter)
    start(orchestrator, "leader", make_ioc())
    gate.wait_for()
    start(orchestrator, "follower", make_ioc())
    getattr(orchestrator, action)("leader")
    gate.open()
    wait_until(lambda: done(orchestrator, "follower") == 1)
    assert row(orchestrator, "follower", make_ioc()).state is LookupState.ANSWERED
    assert adapter.calls == {"8.8.4.4": 1}


def test_where_a_cancelled_leader_failed_a_follower_tries_again(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(in_turn(make_error, make_result), gate)
    orchestrator = build(adapter)
    start(orchestrator, "leader", make_ioc())
    gate.wait_for()
    start(orchestrator, "follower", make_ioc())
    orchestrator.cancel("leader")
    gate.open()
    wait_until(lambda: done(orchestrator, "follower") == 1)
    assert row(orchestrator, "follower", make_ioc()).state is LookupState.ANSWERED
    wait_until(lambda: state(orchestrator, "leader") is JobState.CANCELLED)
    assert row(orchestrator, "leader", make_ioc()).state is LookupState.NOT_ASKED


def test_a_follower_that_is_cancelled_does_not_touch_the_call(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    orchestrator = build(adapter)
    start(orchestrator, "leader", make_ioc())
    gate.wait_for()
    start(orchestrator, "follower", make_ioc())
    orchestrator.cancel("follower")
    assert state(orchestrator, "follower") is JobState.CANCELLED
    gate.open()
    wait_until(lambda: done(orchestrator, "leader") == 1)
    assert row(orchestrator, "leader", make_ioc()).state is LookupState.ANSWERED
    assert row(orchestrator, "follower", make_ioc()).state is LookupState.NOT_ASKED


@pytest.mark.parametrize("workers", [1, 4])
def test_three_hashes_of_one_file_make_one_call(build: Build, workers: int) -> None:
    adapter = file_adapter()
    ledger = FakeLedger(100)
    orchestrator = build(adapter, ledger=ledger, max_workers=workers)
    orchestrator.enrich_all("job", list(FILE))
    assert adapter.calls == {SHA256.value: 1}
    assert len(ledger.granted_at) == 1
    for ioc in FILE:
        result = row(orchestrator, "job", ioc).result
        assert result is not None
        assert (result.ioc, {result.ioc, *result.aliases}) == (ioc, set(FILE))


def test_a_file_that_another_job_asks_for_by_another_hash_is_known(build: Build) -> None:
    gate = Gate()
    adapter = file_adapter(gate=gate)
    orchestrator = build(adapter, max_workers=1)
    start(orchestrator, "one", SHA256)
    gate.wait_for()
    start(orchestrator, "two", MD5)
    gate.open()
    wait_until(lambda: done(orchestrator, "two") == 1)
    start(orchestrator, "three", SHA1)
    wait_until(lambda: done(orchestrator, "three") == 1)
    assert adapter.calls == {SHA256.value: 1}


def test_hashes_of_different_files_are_all_asked(build: Build) -> None:
    adapter = file_adapter(lambda ioc: make_result(ioc))
    orchestrator = build(adapter)
    orchestrator.enrich_all("job", list(FILE))
    assert adapter.calls == {ioc.value: 1 for ioc in FILE}


def test_the_hashes_of_a_file_that_was_read_make_one_call_also_if_it_is_not_found(
    build: Build,
) -> None:
    adapter = file_adapter(lambda ioc: make_result(ioc, verdict=Verdict.NOT_FOUND))
    orchestrator = build(adapter)
    read = Analysis("job", FILE, Mode.ONLINE, hashes=other_hashes(FILE))
    orchestrator.begin(read)
    wait_until(lambda: done(orchestrator, "job") == 3)
    assert adapter.calls == {SHA256.value: 1}
    assert {row(orchestrator, "job", ioc).state for ioc in FILE} == {LookupState.NOT_FOUND}


def test_no_two_kinds_of_hash_are_in_flight_at_once(build: Build) -> None:
    at_once: Counter[IOCType] = Counter()
    mixed = []
    lock = threading.Lock()

    def answer(ioc: IOC) -> EnrichmentResult:
        with lock:
            at_once[ioc.type] += 1
            mixed.append(sum(count > 0 for count in at_once.values()) > 1)
        threading.Event().wait(0.002)
        with lock:
            at_once[ioc.type] -= 1
        return make_result(ioc)

    orchestrator = build(file_adapter(answer), max_workers=8)
    sizes = {IOCType.MD5: 32, IOCType.SHA1: 40, IOCType.SHA256: 64}
    iocs = [make_ioc(f"{n:0{size}x}", kind) for kind, size in sizes.items() for n in range(20)]
    orchestrator.enrich_all("job", iocs)
    assert not any(mixed)
    assert done(orchestrator) == 60


def test_asking_again_does_not_take_a_recent_answer(build: Build) -> None:
    adapter = FakeAdapter()
    orchestrator = build(adapter)
    orchestrator.enrich_all("job", [make_ioc()])
    assert orchestrator.ask("job", make_ioc(), "Fake")
    wait_until(lambda: state(orchestrator, "job") is JobState.SUCCESS)
    assert adapter.calls == {"8.8.4.4": 2}


def test_asking_again_takes_the_later_answer_of_another_job(build: Build) -> None:
    first, later = Gate(), Gate()
    gates = iter((first, later))

    def answer(ioc: IOC) -> EnrichmentResult:
        next(gates).pass_through()
        return make_result(ioc)

    adapter = FakeAdapter(answer)
    orchestrator = build(adapter)
    first.open()
    orchestrator.enrich_all("job", [make_ioc()])
    assert orchestrator.ask("job", make_ioc(), "Fake")
    later.wait_for()
    start(orchestrator, "other", make_ioc())
    orchestrator.ask("other", make_ioc(), "Fake")
    later.open()
    wait_until(lambda: done(orchestrator, "other") == 1)
    wait_until(lambda: state(orchestrator, "job") is JobState.SUCCESS)
    assert adapter.calls == {"8.8.4.4": 2}


def test_a_deleted_answer_is_not_used_again(build: Build) -> None:
    adapter = FakeAdapter()
    orchestrator = build(adapter)
    orchestrator.enrich_all("job", [make_ioc()])
    orchestrator.enrich_all("again", [make_ioc()])
    assert adapter.calls == {"8.8.4.4": 1}
    orchestrator.delete("job")
    orchestrator.enrich_all("still", [make_ioc()])
    assert adapter.calls == {"8.8.4.4": 1}
    orchestrator.delete("again")
    orchestrator.delete("still")
    orchestrator.enrich_all("anew", [make_ioc()])
    assert adapter.calls == {"8.8.4.4": 2}
    orchestrator.forget("Fake")
    orchestrator.enrich_all("and anew", [make_ioc()])
    assert adapter.calls == {"8.8.4.4": 3}


class KeyedAdapter(VTAdapter):
    """Answers for the key as it is stored when the call leaves."""

    def __init__(self, keys: ConfigStore, gate: Gate) -> None:
        super().__init__(keys, HTTPClient(BASE))
        self.calls = 0
        self._gate = gate

    def lookup(self, ioc: IOC) -> Outcome:
        self.calls += 1
        account = self.account().digest
        self._gate.pass_through()
        return make_result(ioc, self.name, account=account)


def test_two_keys_never_share_an_answer(tmp_path: Path) -> None:
    keys = ConfigStore(tmp_path / "keys.json", environ={})
    keys.set_vt_api_key("the-first-key")
    gate = Gate()
    adapter = KeyedAdapter(keys, gate)
    orchestrator = EnrichmentOrchestrator(adapter)
    try:
        start(orchestrator, "first", make_ioc())
        gate.wait_for()
        keys.set_vt_api_key("the-second-key")
        start(orchestrator, "second", make_ioc())
        gate.open()
        wait_until(lambda: done(orchestrator, "second") == 1)
        start(orchestrator, "third", make_ioc())
        wait_until(lambda: done(orchestrator, "third") == 1)
        accounts = [
            found.account
            for name in ("first", "second", "third")
            if (found := row(orchestrator, name, make_ioc()).result)
        ]
        assert accounts[0] != accounts[1] == accounts[2] == adapter.account().digest
        assert adapter.calls == 2
    finally:
        orchestrator.close()
