"""The circuit of a provider that keeps failing opens; the others are asked as before."""

from __future__ import annotations

import pytest

from app.enrichment.analysis.store import JobWrite, MemoryStore
from app.enrichment.dispatch.circuit_breaker import MAX_FAILURES, CircuitBreaker
from app.enrichment.http.egress import count_call
from app.enrichment.models import Analysis, EnrichmentResult, ErrorKind, LookupState, Mode, utcnow
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.jobs.models import JobState
from app.pipeline.models import IOC
from tests.enrichment.orchestration import Build, done, wait_until
from tests.factories import make_error, make_ioc, make_iocs, make_result
from tests.fakes.adapters import FakeAdapter
from tests.fakes.ledger import FakeLedger

REASON = f"Fake is not asked for now: {MAX_FAILURES} calls in a row failed"


class Provider:
    """Answers, or does not."""

    def __init__(self, kind: ErrorKind | None = ErrorKind.TIMEOUT) -> None:
        self.kind = kind

    def __call__(self, ioc: IOC) -> object:
        return make_result(ioc) if self.kind is None else make_error(ioc, self.kind)


class QuickBreaker(CircuitBreaker):
    """Its clock is turned on by the test, so that no probe waits for real."""

    def __init__(self) -> None:
        self.now = 0.0
        self.probes = 0
        super().__init__(lambda: self.now)

    def send(self) -> bool:
        is_probe = super().send()
        self.probes += is_probe
        return is_probe


def start(orchestrator: EnrichmentOrchestrator, count: int = 20, name: str = "job") -> None:
    orchestrator.begin(Analysis(name, tuple(make_iocs(count)), Mode.ONLINE))


def state(orchestrator: EnrichmentOrchestrator, name: str = "job") -> JobState:
    changes = orchestrator.changes(name)
    assert changes is not None
    return changes.state


def probe(orchestrator: EnrichmentOrchestrator, breaker: QuickBreaker) -> None:
    """Let the next probe go, now."""
    breaker.now += 60
    orchestrator.prioritise("job", make_iocs(20)[-1], "Fake")  # which wakes the scheduler


def test_after_five_failures_nothing_is_sent_and_the_rows_say_why(build: Build) -> None:
    adapter = FakeAdapter(Provider())
    orchestrator = build(adapter, breakers={"Fake": QuickBreaker()}, max_workers=1)
    start(orchestrator)
    wait_until(lambda: all(r.reason == REASON for r in orchestrator.rows_since("job", 0)[2:]))
    changes = orchestrator.changes("job", 0)
    assert changes is not None
    assert (changes.state, changes.job.message) == (JobState.RUNNING, f"{REASON}.")
    assert orchestrator.summary("job").job.message == f"{REASON}."  # type: ignore[union-attr]
    waiting = [row for row in changes.rows if row.state is LookupState.PENDING]
    assert all(row.retry_at for row in waiting)
    assert min(row.retry_at for row in waiting if row.retry_at) > utcnow()
    assert sum(adapter.calls.values()) == MAX_FAILURES


def test_an_answered_probe_closes_the_circuit(build: Build) -> None:
    provider, breaker = Provider(), QuickBreaker()
    adapter = FakeAdapter(provider)
    orchestrator = build(adapter, breakers={"Fake": breaker}, max_workers=1)
    start(orchestrator)
    wait_until(lambda: breaker.is_open)
    provider.kind = None
    probe(orchestrator, breaker)
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    rows = orchestrator.rows_since("job", 0)
    assert [row.state for row in rows].count(LookupState.ANSWERED) == 18
    assert {row.reason for row in rows} == {None}
    assert orchestrator.changes("job").job.message == "2 could not be checked."  # type: ignore[union-attr]


@pytest.mark.parametrize("workers", [1, 4])
def test_after_three_failed_probes_the_job_ends_and_says_why(build: Build, workers: int) -> None:
    breaker = QuickBreaker()
    adapter = FakeAdapter(Provider())
    orchestrator = build(adapter, breakers={"Fake": breaker}, max_workers=workers)
    start(orchestrator)
    wait_until(lambda: breaker.is_open)
    for n in range(1, 4):
        probe(orchestrator, breaker)
        wait_until(lambda: breaker.probes == n)  # noqa: B023
        wait_until(lambda: breaker.allowance == 0 and breaker.delay > 0)
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    rows = orchestrator.rows_since("job", 0)
    assert {row.state for row in rows} == {LookupState.COULD_NOT_CHECK}
    assert any("not asked for now" in row.error.error for row in rows if row.error)
    # The circuit stays open for later jobs, until a probe is answered.
    start(orchestrator, 3, "later")
    wait_until(lambda: orchestrator.rows_since("later", 0)[0].reason == REASON)
    assert breaker.probes == 3
    assert sum(adapter.calls.values()) <= MAX_FAILURES + workers - 1 + 3


def test_other_providers_are_asked_as_before(build: Build) -> None:
    ill = FakeAdapter(Provider())
    well = FakeAdapter(name="Well")
    breakers = {"Fake": QuickBreaker(), "Well": CircuitBreaker()}
    orchestrator = build(ill, well, breakers=breakers, max_workers=2)
    start(orchestrator)
    wait_until(lambda: sum(well.calls.values()) == 20)

    def states() -> set[LookupState]:
        rows = orchestrator.rows_since("job", 0)
        return {row.state for row in rows if row.provider == "Well"}

    wait_until(lambda: states() == {LookupState.ANSWERED})
    assert sum(ill.calls.values()) <= MAX_FAILURES + 1  # one may have been under way


@pytest.mark.parametrize("kind", [ErrorKind.REFUSED, ErrorKind.UNSUPPORTED, ErrorKind.AUTH])
def test_a_refusal_is_no_failure_of_the_provider(build: Build, kind: ErrorKind) -> None:
    breaker = QuickBreaker()
    orchestrator = build(FakeAdapter(Provider(kind)), breakers={"Fake": breaker})
    orchestrator.enrich_all("job", make_iocs(20))
    assert (done(orchestrator), breaker.is_open) == (20, False)


def test_a_429_is_no_failure_of_the_provider(build: Build) -> None:
    breaker = QuickBreaker()
    provider = Provider(ErrorKind.RATE_LIMITED)
    adapter = FakeAdapter(provider)
    orchestrator = build(adapter, breakers={"Fake": breaker}, ledger=FakeLedger(100, 0.001))
    start(orchestrator)
    wait_until(lambda: sum(adapter.calls.values()) > 10)
    assert not breaker.is_open
    provider.kind = None
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    assert {row.state for row in orchestrator.rows_since("job", 0)} == {LookupState.ANSWERED}


def test_an_open_circuit_takes_no_quota(build: Build) -> None:
    breaker, ledger = QuickBreaker(), FakeLedger(100)
    adapter = FakeAdapter(Provider())
    orchestrator = build(adapter, breakers={"Fake": breaker}, ledger=ledger, max_workers=1)
    start(orchestrator)
    wait_until(lambda: breaker.is_open)
    for _ in range(5):
        orchestrator.prioritise("job", make_iocs(20)[-1], "Fake")
    assert len(ledger.granted_at) == sum(adapter.calls.values()) == MAX_FAILURES


class RecordingStore(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.egress: dict[str, list[tuple[str, int, int, int]]] = {}

    def commit(self, writes: list[JobWrite]) -> list[int]:  # type: ignore[override]
        for write in writes:
            sent = [(e.host, e.calls, e.bytes_sent, e.bytes_received) for e in write.egress]
            self.egress.setdefault(write.job.id, []).extend(sent)
        return super().commit(writes)


def test_what_a_call_sent_is_written_with_the_job_that_made_it() -> None:
    def answer(ioc: IOC) -> EnrichmentResult:
        count_call("one.example.com", 100, 1000)
        count_call("two.example.com", 10, 20)
        return make_result(ioc)

    store = RecordingStore()
    orchestrator = EnrichmentOrchestrator(FakeAdapter(answer), store=store)
    try:
        orchestrator.enrich_all("asks", make_iocs(7))
        orchestrator.enrich_all("knows", make_iocs(7))
        orchestrator.enrich_all("mine", [make_ioc()])
        totals = {
            host: tuple(sum(e[n] for e in store.egress["asks"] if e[0] == host) for n in (1, 2, 3))
            for host in ("one.example.com", "two.example.com")
        }
        assert totals == {"one.example.com": (7, 700, 7000), "two.example.com": (7, 70, 140)}
        assert not store.egress.get("knows")  # what was answered a moment ago costs nothing
        assert len(store.egress["mine"]) == 2
    finally:
        orchestrator.close()


def test_a_call_that_failed_has_been_sent_too() -> None:
    def fail(ioc: IOC) -> object:
        count_call("one.example.com", 100, 0)
        raise ZeroDivisionError

    store = RecordingStore()
    orchestrator = EnrichmentOrchestrator(FakeAdapter(fail), store=store)
    try:
        orchestrator.enrich_all("job", [make_ioc()])
        assert sum(calls for _, calls, _, _ in store.egress["job"]) == 2
    finally:
        orchestrator.close()
