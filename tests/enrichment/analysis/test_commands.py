from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from app.enrichment.models import (
    CANCELLED,
    Analysis,
    EnrichmentResult,
    ErrorKind,
    LookupState,
    Mode,
)
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.errors import JobActionError, JobNotFoundError
from app.jobs.models import JobState
from app.pipeline.models import IOC
from tests.enrichment.orchestration import QUICK, Build, done, wait_until
from tests.factories import make_error, make_ioc, make_iocs, make_result, planned
from tests.fakes.adapters import FakeAdapter, Gate, in_turn
from tests.fakes.ledger import FakeLedger

IOCS = make_iocs(10)


def start(orchestrator: EnrichmentOrchestrator, count: int = 10) -> None:
    orchestrator.begin(Analysis("job", tuple(IOCS[:count]), Mode.ONLINE))


def state(orchestrator: EnrichmentOrchestrator) -> JobState:
    changes = orchestrator.changes("job")
    assert changes is not None
    return changes.state


def states(orchestrator: EnrichmentOrchestrator) -> list[tuple[LookupState, str | None]]:
    return [(row.state, row.reason) for row in orchestrator.rows_since("job", 0)]


def test_a_paused_job_ends_its_calls_and_starts_no_more(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    orchestrator = build(adapter, max_workers=2)
    start(orchestrator)
    gate.wait_for(2)
    orchestrator.pause("job")
    gate.open()
    wait_until(lambda: done(orchestrator) == 2)
    assert (state(orchestrator), sum(adapter.calls.values())) == (JobState.PAUSED, 2)
    # Another job is asked meanwhile: workers and quota are free.
    orchestrator.enrich_all("other", [make_ioc("8.8.8.8")])
    assert sum(adapter.calls.values()) == 3
    orchestrator.resume("job")
    wait_until(lambda: done(orchestrator) == 10)
    assert state(orchestrator) is JobState.SUCCESS
    assert sum(adapter.calls.values()) == 11


def test_a_paused_job_shows_no_time_of_its_next_call(build: Build) -> None:
    orchestrator = build(FakeAdapter(), ledger=FakeLedger(1))
    start(orchestrator)
    wait_until(lambda: any(row.retry_at for row in orchestrator.rows_since("job", 0)))
    orchestrator.pause("job")
    assert not any(row.retry_at for row in orchestrator.rows_since("job", 0))


def test_a_job_whose_last_calls_end_while_it_is_paused_is_done(build: Build) -> None:
    gate = Gate()
    orchestrator = build(FakeAdapter(gate=gate))
    start(orchestrator, count=2)
    gate.wait_for(2)
    orchestrator.pause("job")
    gate.open()
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)


def test_a_failure_while_paused_is_tried_again_after_the_pause(build: Build) -> None:
    gate = Gate()
    answers = in_turn(make_error, make_result)
    adapter = FakeAdapter(answers, gate)
    orchestrator = build(adapter)
    start(orchestrator, count=1)
    gate.wait_for()
    orchestrator.pause("job")
    gate.open()
    orchestrator.resume("job")
    wait_until(lambda: done(orchestrator) == 1)
    assert states(orchestrator) == [(LookupState.ANSWERED, None)]


def test_cancelling_ends_what_waits_for_quota_at_once(build: Build) -> None:
    adapter = FakeAdapter()
    orchestrator = build(adapter, ledger=FakeLedger(1))
    start(orchestrator)
    wait_until(lambda: done(orchestrator) == 1)
    orchestrator.cancel("job")
    changes = orchestrator.changes("job", 0)
    assert changes is not None
    assert (changes.state, changes.complete) == (JobState.CANCELLED, True)
    assert (changes.total, changes.done) == (10, 10)
    assert [row.reason for row in changes.rows].count(CANCELLED.sentence) == 9
    assert changes.job.message == "9 not asked: cancelled."
    assert changes.job.finished_at is not None
    assert sum(adapter.calls.values()) == 1


def test_a_call_in_flight_keeps_the_answer_that_comes_soon(build: Build) -> None:
    gate = Gate()
    orchestrator = build(FakeAdapter(gate=gate), max_workers=2)
    start(orchestrator)
    gate.wait_for(2)
    orchestrator.cancel("job")
    assert states(orchestrator).count((LookupState.NOT_ASKED, CANCELLED.sentence)) == 8
    changes = orchestrator.changes("job")
    assert changes is not None
    assert (changes.complete, changes.allowed) == (False, ())
    gate.open()
    wait_until(lambda: state(orchestrator) is JobState.CANCELLED)
    assert states(orchestrator).count((LookupState.ANSWERED, None)) == 2


def test_a_call_in_flight_that_fails_was_cancelled_too(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(make_error, gate)
    orchestrator = build(adapter, max_workers=1)
    start(orchestrator, count=3)
    gate.wait_for()
    orchestrator.cancel("job")
    gate.open()
    wait_until(lambda: state(orchestrator) is JobState.CANCELLED)
    assert states(orchestrator) == [(LookupState.NOT_ASKED, CANCELLED.sentence)] * 3
    assert sum(adapter.calls.values()) == 1


def test_a_call_that_does_not_end_is_given_up_after_a_while(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    orchestrator = build(adapter, max_workers=1)
    start(orchestrator)
    gate.wait_for()
    begun = time.monotonic()
    orchestrator.cancel("job")
    wait_until(lambda: state(orchestrator) is JobState.CANCELLED)
    assert time.monotonic() - begun >= QUICK.cancel_patience_s
    before = orchestrator.changes("job")
    gate.open()
    wait_until(lambda: orchestrator.enrich_all("after", [make_ioc()]) is None)
    assert orchestrator.changes("job") == before  # the answer came too late


def test_a_paused_job_can_be_cancelled(build: Build) -> None:
    orchestrator = build(FakeAdapter(), ledger=FakeLedger(1))
    start(orchestrator)
    orchestrator.pause("job")
    orchestrator.cancel("job")
    wait_until(lambda: state(orchestrator) is JobState.CANCELLED)


def test_retry_asks_again_only_what_could_not_be_checked(build: Build) -> None:
    def answer(ioc: IOC) -> object:
        return make_error(ioc) if ioc in IOCS[:3] else make_result(ioc)

    adapter = FakeAdapter(answer)
    orchestrator = build(adapter)
    start(orchestrator)
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    changes = orchestrator.changes("job")
    assert changes is not None
    assert changes.job.message == "3 could not be checked."
    adapter.calls.clear()
    orchestrator.retry("job")
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    assert adapter.calls == {ioc.value: 2 for ioc in IOCS[:3]}


def test_one_lookup_alone_can_be_retried(build: Build) -> None:
    adapter = FakeAdapter(in_turn(make_error, make_error, make_result))
    orchestrator = build(adapter)
    start(orchestrator, count=3)
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    adapter.calls.clear()
    orchestrator.retry("job", IOCS[1].value, "Fake")
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    assert adapter.calls == {IOCS[1].value: 1}
    with pytest.raises(JobActionError):
        orchestrator.retry("job", IOCS[1].value, "Fake")


def test_a_cancelled_job_with_failed_lookups_can_be_retried(build: Build) -> None:
    refused = FakeAdapter(lambda ioc: make_error(ioc, ErrorKind.REFUSED))
    orchestrator = build(refused, ledger=FakeLedger(1))
    start(orchestrator)
    wait_until(lambda: done(orchestrator) == 1)
    orchestrator.cancel("job")
    wait_until(lambda: state(orchestrator) is JobState.CANCELLED)
    orchestrator.retry("job")
    assert state(orchestrator) is JobState.RUNNING
    orchestrator.cancel("job")


ACTIONS: dict[str, Callable[[EnrichmentOrchestrator], None]] = {
    "pause": lambda jobs: jobs.pause("job"),
    "resume": lambda jobs: jobs.resume("job"),
    "cancel": lambda jobs: jobs.cancel("job"),
    "retry": lambda jobs: jobs.retry("job"),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_a_successful_job_refuses_every_action(build: Build, action: str) -> None:
    orchestrator = build(FakeAdapter())
    orchestrator.enrich_all("job", IOCS)
    with pytest.raises(JobActionError) as caught:
        ACTIONS[action](orchestrator)
    assert (caught.value.state, caught.value.allowed) == (JobState.SUCCESS, ())


@pytest.mark.parametrize("action", ACTIONS)
def test_a_command_to_an_unknown_job_is_refused(build: Build, action: str) -> None:
    with pytest.raises(JobNotFoundError):
        ACTIONS[action](build(FakeAdapter()))


def test_the_second_of_two_cancellations_at_once_is_refused(build: Build) -> None:
    gate = Gate()
    orchestrator = build(FakeAdapter(gate=gate))
    start(orchestrator)
    gate.wait_for()
    refused: list[JobActionError] = []

    def cancel() -> None:
        try:
            orchestrator.cancel("job")
        except JobActionError as e:
            refused.append(e)

    threads = [threading.Thread(target=cancel) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gate.open()
    wait_until(lambda: state(orchestrator) is JobState.CANCELLED)
    assert len(refused) == 1


def test_asking_again_and_again_loses_nothing(build: Build) -> None:
    """Also where an answer and the wish for a newer one are written together."""
    adapter = FakeAdapter()
    orchestrator = build(adapter)
    start(orchestrator, count=1)
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    asked = 0
    for _ in range(50):
        asked += orchestrator.ask("job", IOCS[0], "Fake")
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    assert asked > 0
    assert sum(adapter.calls.values()) <= 1 + asked


def test_asking_from_four_threads_at_once_sends_one_call(build: Build) -> None:
    private = make_ioc("10.0.0.1")
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    orchestrator = build(adapter)
    orchestrator.begin(Analysis("job", (private,), Mode.ONLINE), planned([private], held={private}))
    asked: list[bool] = []

    def ask() -> None:
        asked.append(orchestrator.ask("job", private, "Fake"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gate.open()
    wait_until(lambda: done(orchestrator) == 1)
    assert sorted(asked) == [False, False, False, True]
    assert adapter.calls == {"10.0.0.1": 1}


def slow(ioc: IOC) -> EnrichmentResult:
    threading.Event().wait(0.005)
    return make_result(ioc)


def test_pausing_and_resuming_many_times_asks_nothing_twice(build: Build) -> None:
    adapter = FakeAdapter(slow)
    orchestrator = build(adapter)
    iocs = make_iocs(150)
    orchestrator.begin(Analysis("job", tuple(iocs), Mode.ONLINE))
    for _ in range(5):
        try:
            orchestrator.pause("job")
            orchestrator.resume("job")
        except JobActionError:  # it was done already
            break
    wait_until(lambda: done(orchestrator) == 150)
    assert adapter.calls == {ioc.value: 1 for ioc in iocs}


def test_a_deleted_job_is_gone_and_asks_nothing_more(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    orchestrator = build(adapter, max_workers=2)
    start(orchestrator)
    gate.wait_for(2)
    orchestrator.delete("job")
    assert orchestrator.changes("job") is None
    with pytest.raises(JobNotFoundError):
        orchestrator.delete("job")
    gate.open()
    orchestrator.enrich_all("other", [make_ioc()])
    assert sum(adapter.calls.values()) == 3
    assert orchestrator.problem is None
    assert orchestrator.changes("job") is None
