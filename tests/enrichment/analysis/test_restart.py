"""What a server finds when it starts again, and what it reads of jobs that left memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.enrichment.models import Analysis, EnrichmentResult, LookupState, Mode
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.jobs.models import ANALYSIS, Job, JobState
from app.pipeline.models import IOC, IOCType
from app.storage.database.connection import Database, open_database
from app.storage.writing.job_store import SQLJobStore
from tests.databases import place_database
from tests.enrichment.orchestration import QUICK, done, wait_until
from tests.factories import make_error, make_ioc, make_iocs, make_result, planned
from tests.fakes.adapters import FakeAdapter, Gate

Start = Callable[..., EnrichmentOrchestrator]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    place_database(tmp_path / "data")
    opened = open_database("", tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def start(database: Database) -> Iterator[Start]:
    """A run of the server, on the same database as the one before."""
    runs: list[EnrichmentOrchestrator] = []

    def begin(adapter: FakeAdapter, **options: int) -> EnrichmentOrchestrator:
        for run in runs:
            run.close()
        runs.append(
            EnrichmentOrchestrator(adapter, store=SQLJobStore(database), timing=QUICK, **options)
        )
        return runs[-1]

    yield begin
    for run in runs:
        run.close()


def stopping_after(count: int) -> tuple[FakeAdapter, Gate]:
    """Answers so many, then everybody waits at the gate."""
    gate = Gate()

    def answer(ioc: IOC) -> EnrichmentResult:
        if int(ioc.value.rpartition(".")[2]) > count:
            gate.pass_through()
        return make_result(ioc)

    return FakeAdapter(answer), gate


def analysis(count: int = 10) -> Analysis:
    return Analysis("job", tuple(make_iocs(count)), Mode.ONLINE)


def test_a_job_goes_on_where_the_last_run_ended(start: Start) -> None:
    adapter, gate = stopping_after(4)
    first = start(adapter, max_workers=1)
    first.begin(analysis())
    gate.wait_for()
    wait_until(lambda: done(first) == 4)
    before = first.changes("job", 0)
    assert before is not None
    again = FakeAdapter()
    second = start(again)
    gate.open()
    second.resume_unfinished()
    wait_until(lambda: done(second) == 10)
    assert set(again.calls) == {ioc.value for ioc in make_iocs(10)[4:]}
    after = second.changes("job", before.next)
    assert after is not None
    assert after.state is JobState.SUCCESS
    # A cursor of the last run holds: what came since, and nothing twice.
    assert {row.ioc for row in after.rows} == set(make_iocs(10)[4:])
    kept = {row.ioc: row for row in second.rows_since("job", 0)}
    answered = [row for row in before.rows if row.state is LookupState.ANSWERED]
    assert len(answered) == 4
    assert [kept[row.ioc] for row in answered] == answered


def test_a_lookup_remembers_over_runs_how_often_it_was_sent(start: Start) -> None:
    adapter, gate = stopping_after(0)
    first = start(adapter, max_workers=1)
    first.begin(analysis(1))
    gate.wait_for()
    wait_until(lambda: first.rows_since("job", 0)[0].attempts == 1)
    second = start(FakeAdapter())
    gate.open()
    second.resume_unfinished()
    wait_until(lambda: done(second) == 1)
    assert second.rows_since("job", 0)[0].attempts == 2


def test_a_job_that_was_stored_and_never_started_is_started(
    start: Start, database: Database
) -> None:
    job = Job("job", ANALYSIS)
    SQLJobStore(database).create(job, analysis(), planned(analysis().iocs))
    second = start(FakeAdapter())
    second.resume_unfinished()
    wait_until(lambda: done(second) == 10)


def test_a_paused_job_stays_paused_until_it_is_resumed(start: Start) -> None:
    adapter, gate = stopping_after(0)
    first = start(adapter, max_workers=1)
    first.begin(analysis())
    gate.wait_for()
    first.pause("job")
    gate.open()
    wait_until(lambda: done(first) == 1)
    later = FakeAdapter()
    second = start(later)
    second.resume_unfinished()
    changes = second.changes("job")
    assert changes is not None
    assert (changes.state, changes.done, sum(later.calls.values())) == (JobState.PAUSED, 1, 0)
    second.resume("job")
    wait_until(lambda: done(second) == 10)
    assert sum(later.calls.values()) == 9


def test_a_job_that_was_being_cancelled_is_cancelled(start: Start) -> None:
    adapter, gate = stopping_after(0)
    first = start(adapter, max_workers=1)
    first.begin(analysis(2))
    gate.wait_for()
    first.cancel("job")
    later = FakeAdapter()
    second = start(later)
    gate.open()
    second.resume_unfinished()
    wait_until(lambda: second.changes("job").complete)  # type: ignore[union-attr]
    changes = second.changes("job")
    assert changes is not None
    assert (changes.state, later.calls) == (JobState.CANCELLED, {})
    assert {row.reason for row in changes.rows} == {"cancelled"}


def test_a_job_that_left_memory_is_read_from_the_table(start: Start) -> None:
    orchestrator = start(FakeAdapter(), max_jobs=1)
    orchestrator.enrich_all("old", make_iocs(3))
    before = orchestrator.changes("old")
    for n in range(3):
        orchestrator.enrich_all(f"job{n}", [make_ioc()])
    assert orchestrator.changes("old") == before
    assert orchestrator.get_status("old")["done"] == 3  # type: ignore[index]


def test_a_failed_lookup_of_a_job_that_left_memory_can_be_retried(start: Start) -> None:
    start(FakeAdapter(make_error)).enrich_all("job", make_iocs(3))
    second = start(FakeAdapter())
    second.retry("job")
    wait_until(lambda: done(second) == 3)
    assert {row.state for row in second.rows_since("job", 0)} == {LookupState.ANSWERED}


def test_an_added_ioc_is_there_after_a_restart(start: Start) -> None:
    first = start(FakeAdapter())
    first.enrich_all("job", make_iocs(2))
    new = IOC(IOCType.DOMAIN, "late.example.net")
    assert first.add_ioc("job", new, planned([new]))
    wait_until(lambda: done(first) == 3)
    changes = start(FakeAdapter()).changes("job")
    assert changes is not None
    assert changes.analysis.iocs[-1] == new
    assert changes.total == 3


def test_a_job_ends_though_its_provider_was_removed(start: Start) -> None:
    adapter, gate = stopping_after(0)
    first = start(adapter)
    first.begin(analysis(3))
    gate.wait_for()
    second = start(FakeAdapter(name="Other"))
    gate.open()
    second.resume_unfinished()
    wait_until(lambda: done(second) == 3)
    errors = [row.error for row in second.rows_since("job", 0) if row.error]
    assert [error.error for error in errors] == ["Telltale no longer asks Fake."] * 3


def test_a_prioritised_lookup_stays_first_after_a_restart(start: Start) -> None:
    adapter, gate = stopping_after(0)
    first = start(adapter, max_workers=1)
    first.begin(analysis())
    gate.wait_for()
    assert first.prioritise("job", make_iocs(10)[9], "Fake")
    order: list[IOC] = []
    later = FakeAdapter(lambda ioc: order.append(ioc) or make_result(ioc))
    second = start(later, max_workers=1)
    gate.open()
    second.resume_unfinished()
    wait_until(lambda: done(second) == 10)
    assert order[0] == make_iocs(10)[9]
