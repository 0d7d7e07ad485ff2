from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from app.documents.models import Source
from app.enrichment.analysis.lookup_states import not_asked
from app.enrichment.analysis.store import MemoryStore, StoredJob
from app.enrichment.models import (
    UNSUPPORTED,
    Analysis,
    EnrichmentResult,
    Lookup,
    LookupState,
    Mode,
    Verdict,
)
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.jobs.models import Job
from app.pipeline.models import IOC, IOCType
from tests.enrichment.orchestration import Build, in_thread
from tests.factories import make_ioc, make_iocs, make_result, planned
from tests.fakes.adapters import FakeAdapter, Gate
from tests.patience import PATIENCE_S


def test_every_ioc_gets_one_result(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    iocs = make_iocs(20)
    orchestrator.enrich_all("job", iocs)
    status = orchestrator.get_status("job")
    assert status is not None
    assert (status["total"], status["done"], status["complete"]) == (20, 20, True)
    assert {r.ioc for r in status["results"]} == set(iocs)
    assert all(isinstance(r, EnrichmentResult) for r in status["results"])


def test_one_adapter_may_be_given_without_a_list() -> None:
    orchestrator = EnrichmentOrchestrator(FakeAdapter())
    orchestrator.enrich_all("job", [make_ioc()])
    assert orchestrator.get_status("job")["total"] == 1  # type: ignore[index]
    orchestrator.close()


def test_an_unknown_job_has_no_status(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    assert orchestrator.get_status("unknown") is None
    assert orchestrator.changes("unknown") is None
    assert orchestrator.rows_since("unknown", 0) == []


def test_total_counts_the_supported_pairs_only(build: Build) -> None:
    orchestrator = build(FakeAdapter(), FakeAdapter(name="Other"))
    iocs = [make_ioc(), make_ioc("CVE-2024-3400", IOCType.CVE)]
    orchestrator.enrich_all("job", iocs)
    assert orchestrator.get_status("job")["total"] == 2  # type: ignore[index]
    unsupported = [r for r in orchestrator.rows_since("job", 0) if r.provider is None]
    assert [(r.ioc.type, r.state) for r in unsupported] == [(IOCType.CVE, LookupState.NOT_ASKED)]


def test_the_same_ioc_twice_is_asked_once(build: Build) -> None:
    adapter = FakeAdapter()
    build(adapter).enrich_all("job", [make_ioc(), make_ioc()])
    assert adapter.calls == {"8.8.4.4": 1}


def test_five_slow_lookups_run_in_parallel(build: Build) -> None:
    def slow(ioc: IOC) -> EnrichmentResult:
        threading.Event().wait(0.5)
        return make_result(ioc)

    orchestrator = build(FakeAdapter(slow), max_workers=4)
    start = time.monotonic()
    orchestrator.enrich_all("job", make_iocs(5))
    assert time.monotonic() - start < 1.5  # the contract's own figure; one after the other: 2.5


def test_never_more_than_max_workers_at_once_over_all_jobs(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    orchestrator = build(adapter, max_workers=3)
    iocs = make_iocs(20)
    threads = [in_thread(orchestrator, f"job{n}", iocs[n::4]) for n in range(4)]
    gate.wait_for(3)
    gate.open()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert adapter.most_at_once == 3
    assert sum(adapter.calls.values()) == 20


def test_a_job_exists_before_its_thread_starts(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    orchestrator.begin(Analysis("job", tuple(make_iocs(3)), Mode.ONLINE), waits_for_choice=True)
    status = orchestrator.get_status("job")
    assert status == {"total": 3, "done": 0, "complete": False, "results": []}


def test_an_offline_job_has_no_rows_and_is_complete(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    orchestrator.begin(Analysis("job", tuple(make_iocs(3)), Mode.OFFLINE))
    assert orchestrator.get_status("job") == {
        "total": 0,
        "done": 0,
        "complete": True,
        "results": [],
    }


def test_past_the_limit_the_least_recently_read_finished_job_leaves(build: Build) -> None:
    orchestrator = build(FakeAdapter(), max_jobs=3, store=MemoryStore())
    for name in "abc":
        orchestrator.enrich_all(name, [make_ioc()])
    orchestrator.get_status("a")
    orchestrator.enrich_all("d", [make_ioc()])
    known = [name for name in "abcd" if orchestrator.get_status(name)]
    assert known == ["a", "c", "d"]


def test_eviction_spares_a_running_job(build: Build) -> None:
    gate = Gate()
    held = make_ioc("9.9.9.9")
    adapter = FakeAdapter(lambda ioc: gate.pass_through() or make_result(ioc))
    quick = FakeAdapter(name="Quick")
    quick.supported_types = frozenset({IOCType.DOMAIN})
    adapter.supported_types = frozenset({IOCType.IPV4})
    orchestrator = build(adapter, quick, max_jobs=2)
    thread = in_thread(orchestrator, "running", [held])
    gate.wait_for()
    for n in range(5):
        orchestrator.enrich_all(f"job{n}", [make_ioc("a.example.com", IOCType.DOMAIN)])
    status = orchestrator.get_status("running")
    assert status is not None
    assert not status["complete"]
    gate.open()
    thread.join(PATIENCE_S)
    assert orchestrator.get_status("running")["complete"]  # type: ignore[index]


def test_readers_during_writes_see_whole_snapshots(build: Build) -> None:
    gate = Gate()
    orchestrator = build(FakeAdapter(gate=gate), max_workers=8)
    iocs = make_iocs(300)
    orchestrator.begin(Analysis("job", tuple(iocs), Mode.ONLINE))
    problems: list[str] = []

    def read() -> None:
        cursor, ended = 0, set()
        complete = False
        while not complete:
            status = orchestrator.get_status("job")
            changes = orchestrator.changes("job", cursor)
            assert status is not None
            assert changes is not None
            if len(status["results"]) != status["done"]:
                problems.append("results and done disagree")
            for row in changes.rows:
                if not cursor < row.seq <= changes.next or row.ioc in ended:
                    problems.append("a row came twice or late")
                if row.state is not LookupState.PENDING:
                    ended.add(row.ioc)
            cursor, complete = changes.next, changes.complete
        if len(ended) != len(iocs):
            problems.append("rows are missing")

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    gate.open()
    orchestrator.enrich_all("job", iocs)
    for reader in readers:
        reader.join(PATIENCE_S)
    assert problems == []


def test_a_snapshot_does_not_change_afterwards(build: Build) -> None:
    gate = Gate()
    orchestrator = build(FakeAdapter(gate=gate))
    orchestrator.begin(Analysis("job", (make_ioc(),), Mode.ONLINE))
    before = orchestrator.get_status("job")
    gate.open()
    orchestrator.enrich_all("job", [make_ioc()])
    assert before == {"total": 1, "done": 0, "complete": False, "results": []}


def test_rows_since_gives_each_row_once_in_its_present_state(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    orchestrator.enrich_all("job", make_iocs(4))
    rows = orchestrator.rows_since("job", 0)
    assert {row.ioc for row in rows} == set(make_iocs(4))
    seqs = [row.seq for row in rows]
    assert seqs == sorted(set(seqs))
    assert [row.seq for row in orchestrator.rows_since("job", seqs[1])] == seqs[2:]
    assert orchestrator.rows_since("job", seqs[-1]) == []


def test_a_cursor_misses_nothing_from_the_first_poll_on(build: Build) -> None:
    gate = Gate()
    orchestrator = build(FakeAdapter(gate=gate))
    cve, private = make_ioc("CVE-2024-3400", IOCType.CVE), make_ioc("10.0.0.1")
    iocs = (make_ioc("8.8.8.8"), cve, private, make_ioc("9.9.9.9"))
    lookups = [*planned(iocs[:1]), not_asked(Lookup(cve, None), UNSUPPORTED)]
    lookups += planned(iocs[2:], held={private})
    orchestrator.begin(Analysis("job", iocs, Mode.ONLINE), lookups, waits_for_choice=True)
    first = orchestrator.changes("job", 0)
    assert first is not None
    assert [row.seq for row in first.rows] == [1, 2, 3, 4]
    assert {row.ioc for row in first.rows} == set(iocs)
    orchestrator.start_planned("job", {})
    gate.open()
    orchestrator.enrich_all("job", iocs)
    later = orchestrator.rows_since("job", first.next)
    assert {row.ioc.value for row in later} == {"8.8.8.8", "9.9.9.9"}


def test_not_found_is_a_state_of_its_own(build: Build) -> None:
    orchestrator = build(FakeAdapter(lambda ioc: make_result(ioc, verdict=Verdict.NOT_FOUND)))
    orchestrator.enrich_all("job", [make_ioc()])
    (row,) = orchestrator.rows_since("job", 0)
    assert row.state is LookupState.NOT_FOUND


def test_a_job_found_while_it_is_created_is_the_created_one() -> None:
    """A copy, read from the store in between, would never change."""
    loaded = []

    class AskedTooSoon(MemoryStore):
        def create(
            self,
            job: Job,
            analysis: Analysis,
            lookups: Sequence[Lookup],
            sources: Sequence[Source] = (),
        ) -> None:
            super().create(job, analysis, lookups, sources)
            reader.start()
            reader.join(0.2)  # it has to wait

        def load(self, job_id: str) -> StoredJob | None:
            loaded.append(job_id)
            return super().load(job_id)

    orchestrator = EnrichmentOrchestrator(FakeAdapter(), store=AskedTooSoon())
    reader = threading.Thread(target=orchestrator.get_status, args=("job",))
    try:
        orchestrator.begin(Analysis("job", tuple(make_iocs(1)), Mode.ONLINE))
        reader.join(PATIENCE_S)
        assert loaded == []
    finally:
        orchestrator.close()
