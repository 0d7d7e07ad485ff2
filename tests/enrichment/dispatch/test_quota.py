from __future__ import annotations

from datetime import datetime

import pytest

from app.enrichment.models import (
    Analysis,
    EnrichmentError,
    EnrichmentResult,
    ErrorKind,
    LookupState,
    Mode,
    NotAsked,
    utcnow,
)
from app.pipeline.models import IOC
from tests.enrichment.orchestration import Build, done, in_thread, wait_until
from tests.factories import make_error, make_ioc, make_iocs, make_result, planned
from tests.fakes.adapters import FakeAdapter, Gate, in_turn
from tests.fakes.ledger import FakeLedger
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow


def test_jobs_take_turns(build: Build) -> None:
    gate = Gate()
    order: list[str] = []

    def answer(ioc: IOC) -> EnrichmentResult:
        gate.pass_through()
        order.append(ioc.value)
        return make_result(ioc)

    orchestrator = build(FakeAdapter(answer), max_workers=1)
    large = in_thread(orchestrator, "large", make_iocs(50))
    gate.wait_for()
    small = in_thread(orchestrator, "small", [make_ioc("8.8.8.8"), make_ioc("8.8.4.4")])
    wait_until(lambda: orchestrator.get_status("small"))
    gate.open()
    small.join(PATIENCE_S)
    large.join(PATIENCE_S)
    assert max(order.index("8.8.8.8"), order.index("8.8.4.4")) < 6


def rate_limited(ioc: IOC) -> EnrichmentError:
    return make_error(ioc, ErrorKind.RATE_LIMITED, retry_after=0.02)


def test_a_lookup_is_asked_again_after_each_429(build: Build) -> None:
    answers = [rate_limited] * 6 + [make_result]
    adapter = FakeAdapter(in_turn(*answers))
    ledger = FakeLedger(100)
    orchestrator = build(adapter, ledger=ledger)
    orchestrator.enrich_all("job", [make_ioc()])
    assert adapter.calls["8.8.4.4"] == 7
    assert ledger.blocked_for == [0.02] * 6
    (row,) = orchestrator.rows_since("job", 0)
    assert (row.state, row.attempts) == (LookupState.ANSWERED, 7)


def test_a_429_does_not_count_as_a_failure(build: Build) -> None:
    answers = in_turn(make_error, rate_limited, rate_limited, make_result)
    adapter = FakeAdapter(answers)
    orchestrator = build(adapter, ledger=FakeLedger(100))
    orchestrator.enrich_all("job", [make_ioc()])
    (row,) = orchestrator.rows_since("job", 0)
    assert (row.state, row.attempts) == (LookupState.ANSWERED, 4)


def test_a_lookup_that_only_gets_429s_waits_visibly_until_it_is_cancelled(build: Build) -> None:
    adapter = FakeAdapter(rate_limited)
    orchestrator = build(adapter, ledger=FakeLedger(100))
    orchestrator.begin(Analysis("job", (make_ioc(),), Mode.ONLINE))
    wait_until(lambda: adapter.calls["8.8.4.4"] > 5)
    wait_until(lambda: orchestrator.rows_since("job", 0)[0].retry_at)
    assert done(orchestrator) == 0
    orchestrator.cancel("job")
    wait_until(lambda: done(orchestrator) == 1)
    (row,) = orchestrator.rows_since("job", 0)
    assert (row.state, row.reason_code) == (LookupState.NOT_ASKED, NotAsked.CANCELLED)


def test_after_a_429_every_waiting_row_shows_until_when(build: Build) -> None:
    def answer(ioc: IOC) -> EnrichmentError:
        return make_error(ioc, ErrorKind.RATE_LIMITED, retry_after=50)

    # The ledger knows a limit, learns of one by the 429, or there is no ledger.
    ledgers = {"limited": FakeLedger(1), "unlimited": FakeLedger(0), "none": None}
    for name, ledger in ledgers.items():
        adapter = FakeAdapter(answer)
        orchestrator = build(adapter, ledger=ledger, max_workers=1)
        orchestrator.begin(Analysis(name, tuple(make_iocs(3)), Mode.ONLINE))
        wait_until(lambda: all(row.retry_at for row in orchestrator.rows_since(name, 0)))  # noqa: B023
        rows = orchestrator.rows_since(name, 0)
        assert {row.state for row in rows} == {LookupState.PENDING}
        seconds = [(row.retry_at - utcnow()).total_seconds() for row in rows if row.retry_at]
        assert min(seconds) > 40
        assert sum(adapter.calls.values()) == 1
        orchestrator.close()


def test_a_row_shows_until_when_it_waits_for_quota(build: Build) -> None:
    orchestrator = build(FakeAdapter(), ledger=FakeLedger(2))
    thread = in_thread(orchestrator, "job", make_iocs(5))
    wait_until(lambda: done(orchestrator) == 2)

    def times_shown() -> list[datetime]:
        rows = orchestrator.rows_since("job", 0)
        return [r.retry_at for r in rows if r.state is LookupState.PENDING and r.retry_at]

    wait_until(lambda: len(times_shown()) == 3)
    times = sorted(times_shown())
    assert 55 < (times[2] - times[0]).total_seconds() < 65
    orchestrator.close()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_quota_is_kept_over_jobs_and_retries(build: Build) -> None:
    adapter = FakeAdapter(in_turn(make_error, make_result))
    ledger = FakeLedger(3, window_s=0.2)
    orchestrator = build(adapter, ledger=ledger)
    threads = [in_thread(orchestrator, f"job{n}", [make_ioc(f"9.9.{n}.1")]) for n in range(4)]
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sum(adapter.calls.values()) == len(ledger.granted_at) == len(ledger.completed) == 8
    windows = zip(ledger.granted_at, ledger.granted_at[3:], strict=False)
    assert all(later - first >= 0.2 for first, later in windows)


def test_a_held_back_lookup_is_not_asked_before_the_analyst_asks_for_it(build: Build) -> None:
    adapter = FakeAdapter()
    orchestrator = build(adapter)
    private, public = make_ioc("10.0.0.1"), make_ioc()
    orchestrator.begin(
        Analysis("job", (private, public), Mode.ONLINE),
        planned((private, public), held={private}),
    )
    wait_until(lambda: orchestrator.get_status("job")["complete"])  # type: ignore[index]
    assert adapter.calls == {"8.8.4.4": 1}
    assert orchestrator.get_status("job")["total"] == 1  # type: ignore[index]

    assert orchestrator.ask("job", private, "Fake")
    wait_until(lambda: orchestrator.get_status("job")["complete"])  # type: ignore[index]
    assert adapter.calls == {"8.8.4.4": 1, "10.0.0.1": 1}
    assert orchestrator.get_status("job")["total"] == 2  # type: ignore[index]


def test_asking_again_while_calls_are_in_flight_sends_nothing_twice(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    orchestrator = build(adapter)
    private, public = make_ioc("10.0.0.1"), make_ioc()
    orchestrator.begin(
        Analysis("job", (private, public), Mode.ONLINE),
        planned((private, public), held={private}),
    )
    gate.wait_for(1)
    assert orchestrator.ask("job", private, "Fake")
    assert not orchestrator.ask("job", private, "Fake")
    assert not orchestrator.ask("job", public, "Fake")
    assert not orchestrator.ask("job", public, "Unknown")
    assert not orchestrator.ask("nojob", public, "Fake")
    gate.open()
    wait_until(lambda: orchestrator.get_status("job")["complete"])  # type: ignore[index]
    assert adapter.calls == {"8.8.4.4": 1, "10.0.0.1": 1}


def test_a_lookup_that_could_not_be_checked_can_be_asked_again(build: Build) -> None:
    orchestrator = build(FakeAdapter(in_turn(make_error, make_error, make_result)))
    orchestrator.enrich_all("job", [make_ioc()])
    (before,) = orchestrator.rows_since("job", 0)
    assert before.state is LookupState.COULD_NOT_CHECK
    assert orchestrator.ask("job", make_ioc(), "Fake")
    wait_until(lambda: orchestrator.get_status("job")["complete"])  # type: ignore[index]
    (after,) = orchestrator.rows_since("job", before.seq)
    assert after.state is LookupState.ANSWERED
    assert after.seq > before.seq
