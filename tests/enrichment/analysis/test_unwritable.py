"""While nothing can be written, nothing is lost, and nothing is asked that could get lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from app.enrichment.analysis import writer
from app.enrichment.analysis.store import JobWrite, MemoryStore
from app.enrichment.models import Analysis, EnrichmentResult, Mode
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.errors import StorageError
from app.jobs.models import JobState
from app.pipeline.models import IOC
from tests.enrichment.orchestration import QUICK, done, wait_until
from tests.factories import make_iocs, make_result
from tests.fakes.adapters import FakeAdapter, Gate
from tests.fakes.ledger import FakeLedger

FULL = "The disk is full: the database /data/telltale.db cannot be written."
JOB = Analysis("job", tuple(make_iocs(10)), Mode.ONLINE)


class FailingStore(MemoryStore):
    """Fails to write while `failure` is set."""

    failure: Exception | None = None

    def commit(self, writes: Sequence[JobWrite]) -> list[int]:
        if self.failure:
            raise self.failure
        return super().commit(writes)


@pytest.fixture
def store() -> FailingStore:
    return FailingStore()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def adapter(gate: Gate) -> FakeAdapter:
    return FakeAdapter(gate=gate)


@pytest.fixture
def orchestrator(store: FailingStore, adapter: FakeAdapter) -> Iterator[EnrichmentOrchestrator]:
    made = EnrichmentOrchestrator(adapter, max_workers=2, store=store, timing=QUICK)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("failure", "said"),
    [(StorageError(FULL), FULL), (ZeroDivisionError("in the driver"), writer.UNEXPECTED)],
)
def test_answers_wait_until_they_can_be_written(
    orchestrator: EnrichmentOrchestrator,
    store: FailingStore,
    adapter: FakeAdapter,
    gate: Gate,
    failure: Exception,
    said: str,
) -> None:
    orchestrator.begin(JOB)
    gate.wait_for(2)
    wait_until(lambda: orchestrator.changes("job").state is JobState.RUNNING)  # type: ignore[union-attr]
    store.failure = failure
    gate.open()
    wait_until(lambda: orchestrator.problem)
    changes = orchestrator.changes("job")
    assert changes is not None
    assert (changes.done, changes.job.message) == (0, said)
    waiting = sum(orchestrator.waiting("Fake"))
    with pytest.raises(type(failure)):
        orchestrator.pause("job")
    # Quota is not spent on answers that could not be written.
    assert sum(orchestrator.waiting("Fake")) == waiting
    assert sum(adapter.calls.values()) <= 10 - waiting
    store.failure = None
    wait_until(lambda: done(orchestrator) == 10)
    assert orchestrator.problem is None
    assert adapter.calls == {ioc.value: 1 for ioc in JOB.iocs}
    changes = orchestrator.changes("job")
    assert changes is not None
    assert (changes.state, changes.job.message) == (JobState.SUCCESS, None)


class SlowStore(MemoryStore):
    """Commits slowly: each commit lasts until `enough` is set, or a second."""

    def __init__(self) -> None:
        super().__init__()
        self.enough = threading.Event()

    def commit(self, writes: Sequence[JobWrite]) -> list[int]:
        self.enough.wait(1)
        return super().commit(writes)


def test_while_a_commit_is_late_nothing_more_is_sent() -> None:
    store = SlowStore()
    calls_meanwhile = 200

    def answer(ioc: IOC) -> EnrichmentResult:
        if sum(adapter.calls.values()) >= calls_meanwhile:
            store.enough.set()
        return make_result(ioc)

    adapter = FakeAdapter(answer)
    iocs = tuple(make_iocs(2 * calls_meanwhile))
    timing = replace(QUICK, commit_late_s=0.01)
    orchestrator = EnrichmentOrchestrator(adapter, max_workers=2, store=store, timing=timing)
    orchestrator.begin(Analysis("job", iocs, Mode.ONLINE))
    wait_until(lambda: done(orchestrator))
    assert not store.enough.is_set()
    store.enough.set()
    wait_until(lambda: done(orchestrator) == len(iocs))
    orchestrator.close()


def test_a_cancellation_that_cannot_be_written_cancels_nothing(
    orchestrator: EnrichmentOrchestrator, store: FailingStore, adapter: FakeAdapter, gate: Gate
) -> None:
    orchestrator.begin(JOB)
    gate.wait_for(2)
    store.failure = StorageError(FULL)
    with pytest.raises(StorageError):
        orchestrator.cancel("job")
    store.failure = None
    gate.open()
    wait_until(lambda: done(orchestrator) == 10)
    assert orchestrator.changes("job").state is JobState.SUCCESS  # type: ignore[union-attr]
    assert sum(adapter.calls.values()) == 10


def test_a_waiting_job_goes_on_after_a_pause_that_could_not_be_written(store: FailingStore) -> None:
    orchestrator = EnrichmentOrchestrator(
        FakeAdapter(), store=store, ledger=FakeLedger(1, window_s=0.3), timing=QUICK
    )
    orchestrator.begin(Analysis("job", tuple(make_iocs(2)), Mode.ONLINE))
    wait_until(lambda: any(row.retry_at for row in orchestrator.rows_since("job", 0)))
    store.failure = StorageError(FULL)
    with pytest.raises(StorageError):
        orchestrator.pause("job")
    store.failure = None
    wait_until(lambda: done(orchestrator) == 2)
    orchestrator.close()
