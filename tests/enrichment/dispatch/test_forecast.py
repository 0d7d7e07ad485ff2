"""What waits for quota waits as rows: no thread does, and nothing goes wrong meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import pytest

from app.enrichment.models import Analysis, EnrichmentResult, ErrorKind, LookupState, Mode, utcnow
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.enrichment.quota.ledger import Decision
from app.enrichment.quota.models import Account
from app.errors import StorageError
from app.jobs.models import JobState
from app.pipeline.models import IOC
from tests.enrichment.orchestration import Build, done, in_thread, wait_until
from tests.factories import make_ioc, make_iocs, make_result
from tests.fakes.adapters import FakeAdapter, Gate
from tests.fakes.ledger import FakeLedger
from tests.operations import calls_of_app
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

FULL = "The disk is full: the database /data/telltale.db cannot be written."


def start(orchestrator: EnrichmentOrchestrator, count: int = 5, name: str = "job") -> None:
    orchestrator.begin(Analysis(name, tuple(make_iocs(count)), Mode.ONLINE))


def state(orchestrator: EnrichmentOrchestrator, name: str = "job") -> JobState:
    changes = orchestrator.changes(name)
    assert changes is not None
    return changes.state


def shows_times(orchestrator: EnrichmentOrchestrator, name: str = "job") -> bool:
    """Whether the rows that wait say until when; all of a job say it at once."""
    return any(row.retry_at for row in orchestrator.rows_since(name, 0))


def message(orchestrator: EnrichmentOrchestrator) -> str | None:
    changes = orchestrator.changes("job")
    assert changes is not None
    return changes.job.message


def test_jobs_have_no_threads_of_their_own(build: Build) -> None:
    orchestrator = build(FakeAdapter(), ledger=FakeLedger(1))
    start(orchestrator, name="job0")
    wait_until(lambda: done(orchestrator, "job0") == 1)
    before = threading.active_count()
    for n in range(1, 20):
        start(orchestrator, name=f"job{n}")
    wait_until(lambda: all(row.retry_at for row in orchestrator.rows_since("job19", 0)[1:]))
    assert threading.active_count() <= before


def test_an_orchestrator_that_asks_nothing_starts_no_thread() -> None:
    before = set(threading.enumerate())
    orchestrator = EnrichmentOrchestrator(FakeAdapter())
    orchestrator.begin(Analysis("job", tuple(make_iocs(3)), Mode.OFFLINE))
    orchestrator.begin(
        Analysis("plan", tuple(make_iocs(3)), Mode.ONLINE), [], waits_for_choice=True
    )
    assert set(threading.enumerate()) <= before  # one of another test may end meanwhile
    orchestrator.close()


def test_enrich_all_does_not_wait_for_tomorrow(build: Build) -> None:
    orchestrator = build(FakeAdapter(), ledger=FakeLedger(2, window_s=3600))
    thread = in_thread(orchestrator, "job", make_iocs(5))
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    changes = orchestrator.changes("job", 0)
    assert changes is not None
    assert (changes.state, changes.done) == (JobState.RUNNING, 2)
    times = [row.retry_at for row in changes.rows if row.state is LookupState.PENDING]
    assert all(at and (at - utcnow()).total_seconds() > 3000 for at in times)


def test_a_job_that_waits_for_quota_goes_on_by_itself(build: Build) -> None:
    now = [1000.0]
    ledger = FakeLedger(2, window_s=3600, clock=lambda: now[0])
    orchestrator = build(FakeAdapter(), ledger=ledger)
    orchestrator.enrich_all("job", make_iocs(4))
    assert done(orchestrator) == 2
    now[0] += 3601
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)


def test_a_job_cancelled_while_it_waits_ends_at_once(build: Build) -> None:
    adapter, ledger = FakeAdapter(), FakeLedger(1)
    orchestrator = build(adapter, ledger=ledger)
    start(orchestrator, 10_000)
    wait_until(lambda: done(orchestrator) == 1)
    wait_until(lambda: shows_times(orchestrator))
    orchestrator.cancel("job")
    assert state(orchestrator) is JobState.CANCELLED
    assert (sum(adapter.calls.values()), len(ledger.granted_at)) == (1, 1)


def test_no_more_quota_is_taken_than_is_used(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    ledger = FakeLedger(100)
    orchestrator = build(adapter, ledger=ledger, max_workers=4)
    names = [f"job{n}" for n in range(3)]
    for name in names:
        start(orchestrator, 6, name)
    gate.wait_for(4)
    orchestrator.cancel("job0")
    gate.open()
    for name in names:
        wait_until(lambda: state(orchestrator, name) is not JobState.RUNNING)  # noqa: B023
    assert len(ledger.granted_at) == sum(adapter.calls.values()) == 6
    wait_until(lambda: len(ledger.completed) == 6)


class CancellingLedger(FakeLedger):
    """While it grants, the analyst cancels."""

    def __init__(self) -> None:
        super().__init__(10)
        self.orchestrator: EnrichmentOrchestrator | None = None

    def acquire(self, account: Account, wanted: int = 1) -> Decision:
        decision = super().acquire(account, wanted)
        if self.orchestrator is not None:
            self.orchestrator.cancel("job")
        return decision


def test_a_lookup_cancelled_before_its_call_gives_its_grant_back(build: Build) -> None:
    """Also: the ledger may take its time, and no other lookup waits for it."""
    adapter, ledger = FakeAdapter(), CancellingLedger()
    orchestrator = build(adapter, ledger=ledger)
    ledger.orchestrator = orchestrator
    start(orchestrator)
    wait_until(lambda: state(orchestrator) is JobState.CANCELLED)
    wait_until(lambda: not ledger.granted_at)
    assert adapter.calls == {}


@pytest.mark.parametrize("method", ["acquire", "forecast"])
def test_while_the_ledger_fails_nothing_is_sent_and_the_page_says_why(
    build: Build, method: str
) -> None:
    changed: list[str] = []
    adapter, ledger = FakeAdapter(), FakeLedger(2)
    orchestrator = build(adapter, ledger=ledger, on_change=changed.append)
    if method == "forecast":
        start(orchestrator, name="before")
        wait_until(lambda: done(orchestrator, "before") == 2)
    ledger.failure = StorageError(FULL)
    start(orchestrator)
    wait_until(lambda: orchestrator.problem == FULL)
    assert message(orchestrator) == FULL
    calls = sum(adapter.calls.values())
    wait_until(lambda: "job" in changed)
    asked = ledger.asked.total()
    wait_until(lambda: ledger.asked.total() > asked + 3)  # it tries again
    assert sum(adapter.calls.values()) == calls
    ledger.failure = None
    ledger.limit = 100
    wait_until(lambda: orchestrator.problem is None)
    ledger.limit = 0
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    assert message(orchestrator) is None


def test_when_nothing_waits_any_more_there_is_no_problem(build: Build) -> None:
    ledger = FakeLedger(2)
    ledger.failure = StorageError(FULL)
    orchestrator = build(FakeAdapter(), ledger=ledger)
    start(orchestrator)
    wait_until(lambda: orchestrator.problem == FULL)
    orchestrator.cancel("job")
    wait_until(lambda: orchestrator.problem is None)


class DeafLedger(FakeLedger):
    """Grants, but cannot be told how the calls went."""

    def complete(self, account: Account, grants: Sequence[int], is_refused: bool = False) -> None:
        raise StorageError(FULL)


def test_an_answer_is_stored_though_the_ledger_fails(build: Build) -> None:
    orchestrator = build(FakeAdapter(), ledger=DeafLedger(100))
    orchestrator.enrich_all("job", make_iocs(10))
    assert done(orchestrator) == 10
    assert orchestrator.problem is None


@pytest.mark.parametrize("method", ["acquire", "forecast", "is_unlimited"])
def test_every_lookup_ends_if_the_ledger_fails(
    build: Build, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    def fail(*args: object) -> None:
        raise ZeroDivisionError("inside the ledger")

    ledger = FakeLedger(2)
    monkeypatch.setattr(ledger, method, fail)
    healthy = FakeAdapter(name="Other")
    orchestrator = build(FakeAdapter(), healthy, ledger=ledger)
    with caplog.at_level(logging.ERROR):
        orchestrator.enrich_all("job", make_iocs(5))
    rows = orchestrator.rows_since("job", 0)
    assert state(orchestrator) is JobState.SUCCESS
    failed = [row for row in rows if row.state is LookupState.COULD_NOT_CHECK]
    assert {row.error.kind for row in failed if row.error} == {ErrorKind.INTERNAL}
    assert "inside the ledger" in caplog.text
    monkeypatch.undo()
    ledger.limit = 0
    orchestrator.retry("job")  # the thread lives
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    assert {row.state for row in orchestrator.rows_since("job", 0)} == {LookupState.ANSWERED}


def test_a_provider_with_quota_gets_a_worker_beside_one_without_limit(build: Build) -> None:
    class HalfLedger(FakeLedger):
        def is_unlimited(self, account: Account) -> bool:
            return account.provider == "Fast"

        def acquire(self, account: Account, wanted: int = 1) -> Decision:
            if self.is_unlimited(account):
                return Decision((0,) * wanted, 0.0)
            return super().acquire(account, wanted)

    order: list[str] = []

    def note(name: str) -> FakeAdapter:
        def answer(ioc: IOC) -> EnrichmentResult:
            threading.Event().wait(0.005)  # a provider takes its time
            order.append(name)
            return make_result(ioc, name)

        return FakeAdapter(answer, name=name)

    orchestrator = build(note("Fast"), note("Limited"), ledger=HalfLedger(3), max_workers=1)
    start(orchestrator, 200)
    wait_until(lambda: order.count("Fast") == 200)
    assert order.count("Limited") == 3


def queue_and_cancel(count: int) -> None:
    ledger = FakeLedger(1)
    orchestrator = EnrichmentOrchestrator(FakeAdapter(), ledger=ledger)
    for n in range(4):  # four jobs want the same
        start(orchestrator, count, f"job{n}")
    wait_until(lambda: done(orchestrator, "job3") == 1)
    wait_until(lambda: ledger.asked["forecast"])
    for n in range(4):
        orchestrator.cancel(f"job{n}")
    orchestrator.close()


@pytest.mark.slow
def test_eight_times_the_rows_that_wait_cost_about_eight_times_as_much() -> None:
    """Three times that at most; were it quadratic, it would be 64."""
    small, large = (calls_of_app(lambda n=n: queue_and_cancel(n)) for n in (250, 2000))  # type: ignore[misc]
    assert large / small < 8 * 3


def test_closing_wakes_the_threads_that_wait(build: Build) -> None:
    orchestrator = build(FakeAdapter(), ledger=FakeLedger(1, window_s=60))
    thread = in_thread(orchestrator, "job", make_iocs(3))
    wait_until(lambda: done(orchestrator) == 1)
    orchestrator.close()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    wait_until(lambda: not any(t.name == "scheduler" for t in threading.enumerate()))


def test_two_lookups_that_wait_for_one_call_show_the_same_time(build: Build) -> None:
    orchestrator = build(FakeAdapter(), ledger=FakeLedger(1))
    start(orchestrator, 1, "first")
    wait_until(lambda: done(orchestrator, "first") == 1)
    wanted = make_ioc()
    for name in ("one", "two"):
        orchestrator.begin(Analysis(name, (wanted,), Mode.ONLINE))
    rows = []
    for name in ("one", "two"):
        wait_until(lambda: orchestrator.rows_since(name, 0)[0].retry_at)  # noqa: B023
        rows.append(orchestrator.rows_since(name, 0)[0].retry_at)
    assert rows[0]
    assert rows[1]
    assert abs((rows[0] - rows[1]).total_seconds()) < 5
