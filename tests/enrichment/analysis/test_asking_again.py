"""An answer stays until there is a newer one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.enrichment.models import (
    Analysis,
    EnrichmentResult,
    ErrorKind,
    Lookup,
    LookupState,
    Mode,
    PastAnswer,
    Verdict,
    utcnow,
)
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.jobs.models import JobState
from app.pipeline.models import IOC
from tests.enrichment.orchestration import Build, done, wait_until
from tests.factories import make_error, make_ioc, make_iocs, make_result, planned
from tests.fakes.adapters import FakeAdapter, Gate, in_turn
from tests.fakes.ledger import FakeLedger

IOCS = make_iocs(4)


def refused(ioc: IOC) -> object:
    return make_error(ioc, ErrorKind.REFUSED)


def few(ioc: IOC) -> EnrichmentResult:
    counts = {"detection_count": 3, "total_engines": 94}
    return make_result(ioc, verdict=Verdict.MALICIOUS, **counts)


def many(ioc: IOC) -> EnrichmentResult:
    counts = {"detection_count": 41, "total_engines": 94}
    return make_result(ioc, verdict=Verdict.MALICIOUS, **counts)


def gone(ioc: IOC) -> EnrichmentResult:
    return make_result(ioc, verdict=Verdict.NOT_FOUND)


def ended(orchestrator: EnrichmentOrchestrator) -> None:
    def is_over() -> bool:
        changes = orchestrator.changes("job")
        return changes is not None and changes.state is JobState.SUCCESS

    wait_until(is_over)


def only_row(orchestrator: EnrichmentOrchestrator) -> Lookup:
    (row,) = orchestrator.rows_since("job", 0)
    return row


@pytest.mark.parametrize("answer", [few, gone])
def test_the_last_answer_is_shown_while_it_is_asked_again(build: Build, answer: object) -> None:
    gate = Gate()
    calls = iter([lambda: None, gate.pass_through])

    def slowly(ioc: IOC) -> object:
        next(calls)()
        return answer(ioc)  # type: ignore[operator]

    orchestrator = build(FakeAdapter(slowly))
    orchestrator.enrich_all("job", [make_ioc()])
    before = only_row(orchestrator)
    assert orchestrator.ask("job", make_ioc(), "Fake")
    gate.wait_for()
    row = only_row(orchestrator)
    assert (row.state, row.result) == (LookupState.PENDING, before.result)
    assert orchestrator.get_status("job") == {
        "total": 1,
        "done": 0,
        "complete": False,
        "results": [],
    }
    assert not orchestrator.ask("job", make_ioc(), "Fake")
    gate.open()
    ended(orchestrator)
    after = only_row(orchestrator)
    assert after.result is not None
    assert before.result is not None
    assert after.result.fetched_at > before.result.fetched_at
    assert (after.state, after.result.previous) == (before.state, None)


def test_a_changed_answer_shows_the_previous_one(build: Build) -> None:
    orchestrator = build(FakeAdapter(in_turn(few, many, many, gone)))
    orchestrator.enrich_all("job", [make_ioc()])
    first = only_row(orchestrator).result
    assert first is not None
    seen = []
    for _ in range(3):
        assert orchestrator.ask_all_again("job") == 1
        ended(orchestrator)
        seen.append(only_row(orchestrator).result)
    second, third, fourth = seen
    assert second is not None
    assert second.previous == PastAnswer(Verdict.MALICIOUS, 3, 94, first.fetched_at)
    assert third is not None
    assert third.previous is None
    assert fourth is not None
    assert fourth.previous == PastAnswer(Verdict.MALICIOUS, 41, 94, third.fetched_at)
    assert only_row(orchestrator).state is LookupState.NOT_FOUND


def test_the_answer_to_another_key_is_not_shown_as_the_previous_one(build: Build) -> None:
    orchestrator = build(FakeAdapter(many))
    yesterday = utcnow() - timedelta(days=1)
    old = make_result(make_ioc(), account="another", detection_count=3, fetched_at=yesterday)
    analysis = Analysis("job", (make_ioc(),), Mode.ONLINE)
    orchestrator.begin(analysis, lookups=[Lookup(make_ioc(), "Fake", result=old)])
    ended(orchestrator)
    result = only_row(orchestrator).result
    assert result is not None
    assert (result.detection_count, result.previous) == (41, None)


def test_the_last_answer_stays_if_asking_again_fails(build: Build) -> None:
    orchestrator = build(FakeAdapter(in_turn(few, refused, many)))
    orchestrator.enrich_all("job", IOCS)
    assert orchestrator.ask_all_again("job") == 4
    ended(orchestrator)
    rows = orchestrator.rows_since("job", 0)
    for row in rows:
        assert (row.state, row.result is not None) == (LookupState.ANSWERED, True)
        assert row.error is not None
        assert row.error.kind is ErrorKind.REFUSED
    changes = orchestrator.changes("job")
    assert changes is not None
    assert changes.job.message == "4 could not be asked again."
    assert orchestrator.ask("job", IOCS[0], "Fake")
    ended(orchestrator)
    changes = orchestrator.changes("job")
    assert changes is not None
    assert changes.job.message == "3 could not be asked again."
    (row,) = [row for row in changes.rows if row.ioc == IOCS[0]]
    assert row.error is None
    assert row.result is not None
    assert row.result.previous is not None
    assert row.result.previous.detection_count == 3


def test_the_last_answer_stays_if_asking_again_is_cancelled(build: Build) -> None:
    ledger = FakeLedger(4)
    orchestrator = build(FakeAdapter(few), ledger=ledger)
    orchestrator.enrich_all("job", IOCS)
    assert orchestrator.ask_all_again("job") == 4
    orchestrator.cancel("job")
    changes = orchestrator.changes("job", 0)
    assert changes is not None
    assert (changes.state, changes.done, changes.total) == (JobState.CANCELLED, 4, 4)
    assert {row.state for row in changes.rows} == {LookupState.ANSWERED}
    assert changes.job.message is None
    assert len(ledger.granted_at) == 4


def test_asking_all_again_leaves_out_lookups_that_were_never_asked(build: Build) -> None:
    held = make_ioc("10.0.0.1")
    adapter = FakeAdapter(in_turn(make_error, make_error, make_result))
    orchestrator = build(adapter)
    orchestrator.begin(
        Analysis("job", (*IOCS, held), Mode.ONLINE), planned((*IOCS, held), held={held})
    )
    ended(orchestrator)
    assert orchestrator.ask_all_again("job") == 4
    ended(orchestrator)
    assert set(adapter.calls) == {ioc.value for ioc in IOCS}
    assert orchestrator.ask_all_again("unknown") == 0


def test_a_prioritised_lookup_goes_before_those_of_all_jobs(build: Build) -> None:
    gate = Gate()
    order = []

    def answer(ioc: IOC) -> EnrichmentResult:
        gate.pass_through()
        order.append(ioc)
        return make_result(ioc)

    orchestrator = build(FakeAdapter(answer), max_workers=1)
    first, last = make_iocs(20)[:10], make_iocs(20)[10:]
    orchestrator.begin(Analysis("first", tuple(first), Mode.ONLINE))
    gate.wait_for()
    orchestrator.begin(Analysis("last", tuple(last), Mode.ONLINE))
    assert orchestrator.prioritise("first", first[9], "Fake")
    assert orchestrator.prioritise("last", last[9], "Fake")
    assert not orchestrator.prioritise("last", last[9], "Unknown")
    assert not orchestrator.prioritise("last", make_ioc(), "Fake")
    assert not orchestrator.prioritise("unknown", last[9], "Fake")
    gate.open()
    wait_until(lambda: done(orchestrator, "first") == done(orchestrator, "last") == 10)
    assert order[:3] == [first[0], last[9], first[9]]
    assert not orchestrator.prioritise("last", last[9], "Fake")  # it is answered


def test_a_prioritised_lookup_stays_first_after_a_pause(build: Build) -> None:
    gate = Gate()
    order = []

    def answer(ioc: IOC) -> EnrichmentResult:
        order.append(ioc)
        gate.pass_through()
        return make_result(ioc)

    first = make_ioc("8.8.8.8")
    orchestrator = build(FakeAdapter(answer), max_workers=1)
    orchestrator.begin(Analysis("job", (first, *IOCS), Mode.ONLINE))
    gate.wait_for()
    orchestrator.pause("job")
    assert orchestrator.prioritise("job", IOCS[3], "Fake")
    gate.open()
    orchestrator.resume("job")
    ended(orchestrator)
    assert order[:2] == [first, IOCS[3]]
