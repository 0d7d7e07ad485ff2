"""Jobs with a plan of their own, and those that wait for the analyst's word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.enrichment.models import Analysis, ErrorKind, Lookup, LookupState, Mode, utcnow
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.errors import JobActionError
from app.jobs.models import PLANNED, JobState
from app.jobs.transitions import Step
from app.pipeline.models import IOC
from app.storage.database.connection import Database, open_database
from app.storage.writing.job_store import SQLJobStore
from app.triage.proposal import LEFT_OUT
from tests.databases import place_database
from tests.enrichment.orchestration import Build, done, wait_until
from tests.factories import make_error, make_ioc, make_iocs, make_result
from tests.fakes.adapters import FakeAdapter, Gate

KNOWN, HELD, STALE, NEW = make_iocs(4)
IOCS = (KNOWN, HELD, STALE, NEW)
ANALYSIS = Analysis("job", IOCS, Mode.ONLINE)
YESTERDAY = utcnow() - timedelta(days=1)


def lookups() -> list[Lookup]:
    old = make_result(STALE, detection_count=3, total_engines=94, fetched_at=YESTERDAY)
    return [
        Lookup(KNOWN, "Fake", LookupState.ANSWERED, result=make_result(KNOWN)),
        Lookup(HELD, "Fake", LookupState.NOT_ASKED, reason="own network"),
        Lookup(STALE, "Fake", result=old, rank=1),
        Lookup(NEW, "Fake", rank=0),
    ]


def states(orchestrator: EnrichmentOrchestrator) -> dict[IOC, LookupState]:
    return {row.ioc: row.state for row in orchestrator.rows_since("job", 0)}


def state(orchestrator: EnrichmentOrchestrator) -> JobState:
    changes = orchestrator.changes("job")
    assert changes is not None
    return changes.state


def test_a_plan_says_what_is_known_and_what_is_asked_in_which_order(build: Build) -> None:
    asked = []
    adapter = FakeAdapter(lambda ioc: asked.append(ioc) or make_result(ioc))
    orchestrator = build(adapter, max_workers=1)
    orchestrator.begin(ANALYSIS, lookups(), waits_for_choice=True)
    status = orchestrator.get_status("job")
    assert status is not None
    assert (status["total"], status["done"], status["complete"]) == (3, 1, False)
    assert [result.ioc for result in status["results"]] == [KNOWN]  # the stale one is no answer
    orchestrator.start_planned("job", {})
    orchestrator.enrich_all("job", [])
    assert asked == [NEW, STALE]
    assert states(orchestrator)[HELD] is LookupState.NOT_ASKED
    status = orchestrator.get_status("job")
    assert status is not None
    assert (status["total"], status["done"], len(status["results"])) == (3, 3, 3)


def test_a_job_whose_answers_are_all_known_is_done(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    orchestrator.begin(Analysis("job", (KNOWN,), Mode.ONLINE), lookups=lookups()[:1])
    assert state(orchestrator) is JobState.SUCCESS
    assert done(orchestrator) == 1


def test_a_planned_job_sends_nothing_before_it_begins(build: Build) -> None:
    adapter = FakeAdapter()
    orchestrator = build(adapter)
    orchestrator.begin(ANALYSIS, lookups(), waits_for_choice=True)
    orchestrator.enrich_all("job", [])  # there is nothing to wait for
    orchestrator.enrich_all("other", [make_ioc()])
    changes = orchestrator.changes("job")
    assert changes is not None
    assert (changes.job.phase, changes.state, changes.complete) == (PLANNED, "queued", False)
    assert changes.allowed == (Step.CANCEL,)
    assert sum(adapter.calls.values()) == 1
    orchestrator.start_planned("job", {(NEW, "Fake"): LEFT_OUT})
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    assert states(orchestrator)[NEW] is LookupState.NOT_ASKED
    assert adapter.calls == {make_ioc().value: 1, STALE.value: 1}
    with pytest.raises(JobActionError):
        orchestrator.start_planned("job", {})


def test_an_ioc_answered_since_the_plan_is_not_asked(build: Build) -> None:
    adapter = FakeAdapter()
    orchestrator = build(adapter)
    orchestrator.begin(ANALYSIS, lookups(), waits_for_choice=True)
    orchestrator.start_planned("job", {}, known=[make_result(NEW), make_result(HELD)])
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    assert adapter.calls == {STALE.value: 1}
    assert states(orchestrator)[NEW] is LookupState.ANSWERED
    assert states(orchestrator)[HELD] is LookupState.NOT_ASKED


def test_a_job_whose_lookups_are_all_skipped_is_done(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    orchestrator.begin(ANALYSIS, lookups(), waits_for_choice=True)
    orchestrator.start_planned("job", {(NEW, "Fake"): LEFT_OUT, (STALE, "Fake"): LEFT_OUT})
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    # The last answer stays: it was not asked whether it still holds.
    assert states(orchestrator)[STALE] is LookupState.ANSWERED
    assert done(orchestrator) == 2


def test_a_plan_without_lookups_to_send_waits_too(build: Build) -> None:
    adapter = FakeAdapter()
    orchestrator = build(adapter)
    orchestrator.begin(
        Analysis("job", (KNOWN, HELD), Mode.ONLINE), lookups()[:2], waits_for_choice=True
    )
    assert state(orchestrator) is JobState.QUEUED
    assert orchestrator.ask("job", HELD, "Fake")
    assert state(orchestrator) is JobState.QUEUED
    orchestrator.start_planned("job", {})
    wait_until(lambda: state(orchestrator) is JobState.SUCCESS)
    assert adapter.calls == {HELD.value: 1}


def test_a_planned_job_can_be_cancelled_or_deleted_only(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    orchestrator.begin(ANALYSIS, lookups(), waits_for_choice=True)
    for action in (orchestrator.pause, orchestrator.resume, orchestrator.retry):
        with pytest.raises(JobActionError) as caught:
            action("job")
        assert caught.value.allowed == (Step.CANCEL,)
    orchestrator.cancel("job")
    assert state(orchestrator) is JobState.CANCELLED
    assert states(orchestrator)[NEW] is LookupState.NOT_ASKED
    orchestrator.delete("job")
    assert orchestrator.changes("job") is None


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    place_database(tmp_path / "data")
    opened = open_database("", tmp_path / "data")
    yield opened
    opened.close()


def test_a_planned_job_is_not_resumed_by_the_next_run(database: Database) -> None:
    first = EnrichmentOrchestrator(FakeAdapter(), store=SQLJobStore(database))
    first.begin(ANALYSIS, lookups(), waits_for_choice=True)
    first.close()
    adapter = FakeAdapter()
    second = EnrichmentOrchestrator(adapter, store=SQLJobStore(database))
    try:
        second.resume_unfinished()
        second.enrich_all("other", [make_ioc()])
        assert (state(second), adapter.calls) == (JobState.QUEUED, {make_ioc().value: 1})
        second.start_planned("job", {})
        wait_until(lambda: state(second) is JobState.SUCCESS)
        assert set(adapter.calls) == {make_ioc().value, STALE.value, NEW.value}
    finally:
        second.close()


def test_a_refresh_goes_on_in_the_next_run(database: Database) -> None:
    gate = Gate()
    first = EnrichmentOrchestrator(FakeAdapter(gate=gate), store=SQLJobStore(database))
    first.begin(ANALYSIS, lookups())
    gate.wait_for(2)
    first.close()
    gate.open()
    failing = FakeAdapter(lambda ioc: make_error(ioc, ErrorKind.REFUSED))
    second = EnrichmentOrchestrator(failing, store=SQLJobStore(database))
    try:
        second.resume_unfinished()
        wait_until(lambda: state(second) is JobState.SUCCESS)
        (row,) = [row for row in second.rows_since("job", 0) if row.ioc == STALE]
        assert (row.state, row.error is not None) == (LookupState.ANSWERED, True)
        assert row.result is not None
        assert (row.result.detection_count, row.result.fetched_at) == (3, YESTERDAY)
    finally:
        second.close()
