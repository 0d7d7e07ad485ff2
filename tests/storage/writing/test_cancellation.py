"""Cancelled at once in the database and in memory: both must tell the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from app.enrichment.analysis import commands
from app.enrichment.analysis.change_set import ChangeSet, Wait
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.models import Analysis, Lookup, LookupState, Mode, NotAsked, utcnow
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.pipeline.models import IOC
from app.storage.database.connection import Database
from app.storage.writing.job_store import SQLJobStore
from tests.factories import make_error, make_iocs, make_result
from tests.fakes.adapters import FakeAdapter

NAME = FakeAdapter().name
*IOCS, NEW = make_iocs(7)
Change = Callable[[ChangeSet], object]


def end(ioc: IOC) -> Change:
    return lambda draft: draft.end(ioc, NAME, make_result(ioc), attempts=0)


def fail(ioc: IOC) -> Change:
    return lambda draft: draft.end(ioc, NAME, make_error(ioc), attempts=0)


def wait(ioc: IOC) -> Change:
    return lambda draft: draft.wait_until({(ioc, NAME): Wait(utcnow())})


def cancel(*in_flight: IOC) -> Change:
    return lambda draft: draft.cancel_waiting([(ioc, NAME) for ioc in in_flight])


def again(ioc: IOC) -> Change:
    return lambda draft: commands.ask(draft, ioc, NAME)


def add_ioc(draft: ChangeSet) -> None:
    commands.add_ioc(draft, NEW, [Lookup(NEW, NAME)])


P, A, N = LookupState.PENDING, LookupState.ANSWERED, LookupState.NOT_ASKED


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ([cancel()], [N, N, N, N, N, N]),
        ([cancel(IOCS[1], IOCS[4])], [N, P, N, N, P, N]),
        ([end(IOCS[0]), wait(IOCS[2]), cancel(IOCS[1])], [A, P, N, N, N, N]),
        ([cancel(IOCS[1]), end(IOCS[1]), end(IOCS[2])], [N, A, N, N, N, N]),
        ([cancel(IOCS[1]), again(IOCS[3])], [N, P, N, P, N, N]),
        ([cancel(IOCS[1]), again(IOCS[3]), cancel()], [N, N, N, N, N, N]),
        ([fail(IOCS[5]), again(IOCS[5]), cancel()], [N, N, N, N, N, N]),
        ([cancel(), add_ioc], [N, N, N, N, N, N, P]),
        ([add_ioc, cancel()], [N, N, N, N, N, N, N]),
        ([cancel(), *map(again, IOCS)], [P, P, P, P, P, P]),
    ],
)
def test_a_cancellation_is_the_same_in_memory_and_in_the_database(
    database: Database, changes: Iterable[Change], states: list[LookupState]
) -> None:
    store = SQLJobStore(database)
    orchestrator = EnrichmentOrchestrator(FakeAdapter(), store=store)
    orchestrator.begin(Analysis("job", tuple(IOCS), Mode.ONLINE), waits_for_choice=True)
    orchestrator.close()
    stored = store.load("job")
    assert stored is not None
    job = LiveAnalysis(stored.job, stored.analysis, stored.lookups, stored.last_seq)

    draft = ChangeSet(job)
    for change in changes:
        change(draft)
    draft.conclude()
    write = draft.as_write()
    job.apply_commit(write, store.commit([write])[0])

    rows = job.changes(None).rows
    stored = store.load("job")
    assert stored is not None
    assert (rows, job.last_seq) == (stored.lookups, stored.last_seq)
    by_ioc = {row.ioc: row for row in rows}
    assert [by_ioc[ioc].state for ioc in (*IOCS, NEW) if ioc in by_ioc] == states
    assert all((row.state is N) == (row.reason_code is NotAsked.CANCELLED) for row in rows)
    assert len({row.seq for row in rows}) == len(rows)
    assert +job.counts.states == Counter(states)
