from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.enrichment.models import (
    Analysis,
    EnrichmentError,
    EnrichmentResult,
    ErrorKind,
    LookupState,
    Mode,
    Verdict,
)
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.enrichment.quota import MinutePace
from app.jobs.models import JobState
from app.pipeline.models import IOC, IOCType
from tests.factories import make_error, make_ioc, make_iocs, make_result
from tests.fakes.adapters import PATIENCE_S, FakeAdapter, Gate, in_turn

Build = Callable[..., EnrichmentOrchestrator]


@pytest.fixture
def build() -> Iterator[Build]:
    built = []

    def make(*adapters: FakeAdapter, **options: object) -> EnrichmentOrchestrator:
        built.append(EnrichmentOrchestrator(adapters, **options))  # type: ignore[arg-type]
        return built[-1]

    yield make
    for orchestrator in built:
        orchestrator.close()


def in_thread(
    orchestrator: EnrichmentOrchestrator, job_id: str, iocs: list[IOC]
) -> threading.Thread:
    thread = threading.Thread(target=orchestrator.enrich_all, args=(job_id, iocs))
    thread.start()
    return thread


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
    assert orchestrator.get_status("nobody") is None
    assert orchestrator.changes("nobody") is None
    assert orchestrator.rows_since("nobody", 0) == []


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
    threads = [in_thread(orchestrator, f"job{n}", make_iocs(5)) for n in range(4)]
    gate.wait_for(3)
    gate.open()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert adapter.most_at_once == 3
    assert sum(adapter.calls.values()) == 20


def leave(ioc: IOC) -> None:
    raise SystemExit


def wait_for_no_number(ioc: IOC) -> EnrichmentError:
    return make_error(ioc, ErrorKind.RATE_LIMITED, retry_after="5")


@pytest.mark.parametrize("answer", [leave, wait_for_no_number])
def test_whatever_an_adapter_does_the_job_ends(
    build: Build, answer: Callable[[IOC], object]
) -> None:
    orchestrator = build(FakeAdapter(answer))
    orchestrator.enrich_all("job", make_iocs(3))
    results = orchestrator.get_status("job")["results"]  # type: ignore[index]
    assert [getattr(r, "kind", None) for r in results] == [ErrorKind.INTERNAL] * 3


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


def test_a_job_over_a_broken_provider_costs_about_as_much_per_lookup_as_a_small_one(
    build: Build,
) -> None:
    """Twice the lookups may take twice the time, and some; not four times."""
    orchestrator = build(FakeAdapter(make_error), max_workers=4)

    def seconds(name: str, count: int) -> float:
        start = time.perf_counter()
        orchestrator.enrich_all(name, make_iocs(count))
        return time.perf_counter() - start

    seconds("warm", 100)
    small = min(seconds(f"small{n}", 500) for n in range(3))
    assert seconds("large", 4000) / small < 8 * 3


@pytest.mark.parametrize("nonsense", [None, "text", 7, {"verdict": "malicious"}])
def test_an_adapter_that_answers_nonsense_is_an_internal_error(
    build: Build, nonsense: object
) -> None:
    orchestrator = build(FakeAdapter(lambda ioc: nonsense))
    orchestrator.enrich_all("job", [make_ioc()])
    (result,) = orchestrator.get_status("job")["results"]  # type: ignore[index]
    assert isinstance(result, EnrichmentError)
    assert result.kind is ErrorKind.INTERNAL


def test_job_completes_when_an_adapter_raises(
    build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(ioc: IOC) -> EnrichmentResult:
        if ioc.value == "9.9.0.2":
            raise ZeroDivisionError("inside the adapter")
        return make_result(ioc)

    orchestrator = build(FakeAdapter(answer))
    with caplog.at_level(logging.ERROR):
        orchestrator.enrich_all("job", make_iocs(3))
    status = orchestrator.get_status("job")
    assert status is not None
    assert status["complete"]
    kinds = {r.ioc.value: getattr(r, "kind", None) for r in status["results"]}
    assert kinds == {"9.9.0.1": None, "9.9.0.2": ErrorKind.INTERNAL, "9.9.0.3": None}
    assert "inside the adapter" in caplog.text


@pytest.mark.parametrize(
    ("kind", "calls"),
    [
        (ErrorKind.UNAVAILABLE, 2),
        (ErrorKind.TIMEOUT, 2),
        (ErrorKind.BAD_RESPONSE, 2),
        (ErrorKind.INTERNAL, 2),
        (ErrorKind.AUTH, 1),
        (ErrorKind.REFUSED, 1),
        (ErrorKind.UNSUPPORTED, 1),
    ],
)
def test_an_error_is_retried_exactly_once_where_that_can_help(
    build: Build, kind: ErrorKind, calls: int
) -> None:
    adapter = FakeAdapter(lambda ioc: make_error(ioc, kind))
    orchestrator = build(adapter)
    orchestrator.enrich_all("job", [make_ioc()])
    assert adapter.calls["8.8.4.4"] == calls
    (row,) = orchestrator.rows_since("job", 0)
    assert (row.state, row.error.kind) == (LookupState.COULD_NOT_CHECK, kind)  # type: ignore[union-attr]


def test_a_retry_that_succeeds_leaves_no_trace_of_the_error(build: Build) -> None:
    orchestrator = build(FakeAdapter(in_turn(make_error, make_result)))
    orchestrator.enrich_all("job", [make_ioc()])
    (result,) = orchestrator.get_status("job")["results"]  # type: ignore[index]
    assert isinstance(result, EnrichmentResult)


def test_after_an_auth_error_the_others_end_with_the_same_error_unsent(build: Build) -> None:
    adapter = FakeAdapter(lambda ioc: make_error(ioc, ErrorKind.AUTH))
    other = FakeAdapter(name="Other")
    orchestrator = build(adapter, other, max_workers=1)
    orchestrator.enrich_all("job", make_iocs(6))
    assert sum(adapter.calls.values()) == 1
    assert sum(other.calls.values()) == 6
    rows = [r for r in orchestrator.rows_since("job", 0) if r.provider == "Fake"]
    assert [r.error.kind for r in rows if r.error] == [ErrorKind.AUTH] * 6
    assert {r.error.ioc for r in rows if r.error} == set(make_iocs(6))


def test_a_lookup_under_way_when_the_key_was_refused_is_not_sent_again(build: Build) -> None:
    first, second = Gate(), Gate()

    def answer(ioc: IOC) -> EnrichmentError:
        if ioc.value == "9.9.0.1":
            first.pass_through()
            return make_error(ioc, ErrorKind.AUTH)
        second.pass_through()
        return make_error(ioc)

    adapter = FakeAdapter(answer)
    orchestrator = build(adapter, max_workers=2)
    thread = in_thread(orchestrator, "job", make_iocs(2))
    first.wait_for()
    second.wait_for()
    first.open()
    wait_until(lambda: orchestrator.get_status("job")["done"] == 1)  # type: ignore[index]
    second.open()
    thread.join(PATIENCE_S)
    assert adapter.calls == {"9.9.0.1": 1, "9.9.0.2": 1}
    kinds = {row.error.kind for row in orchestrator.rows_since("job", 0) if row.error}
    assert kinds == {ErrorKind.AUTH}


def rate_limited(ioc: IOC) -> EnrichmentError:
    return make_error(ioc, ErrorKind.RATE_LIMITED, retry_after=0.02)


def test_a_rate_limited_lookup_goes_back_to_waiting_three_times_at_most(build: Build) -> None:
    adapter = FakeAdapter(rate_limited)
    orchestrator = build(adapter)
    orchestrator.enrich_all("job", [make_ioc()])
    assert adapter.calls["8.8.4.4"] == 4
    (row,) = orchestrator.rows_since("job", 0)
    assert (row.state, row.error.kind) == (LookupState.COULD_NOT_CHECK, ErrorKind.RATE_LIMITED)  # type: ignore[union-attr]


def test_a_rate_limited_lookup_is_answered_when_its_time_comes(build: Build) -> None:
    orchestrator = build(FakeAdapter(in_turn(rate_limited, rate_limited, make_result)))
    orchestrator.enrich_all("job", make_iocs(5))
    assert {r.state for r in orchestrator.rows_since("job", 0)} == {LookupState.ANSWERED}


def test_while_waiting_for_quota_a_row_says_until_when(build: Build) -> None:
    orchestrator = build(FakeAdapter(), paces={"Fake": MinutePace(2)})
    thread = in_thread(orchestrator, "job", make_iocs(5))
    wait_until(lambda: orchestrator.get_status("job")["done"] == 2)  # type: ignore[index]
    waiting = [r for r in orchestrator.rows_since("job", 0) if r.state is LookupState.PENDING]
    times = [r.retry_at for r in waiting if r.retry_at]
    assert len(times) == 3
    assert 55 < (times[2] - times[0]).total_seconds() < 65
    orchestrator.close()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


class RecordingPace(MinutePace):
    """Notes when it granted a call: that of the thread it started may come a little later."""

    def __init__(self, per_minute: int, window_s: float) -> None:
        super().__init__(per_minute, window_s=window_s)
        self.grants: list[float] = []

    def take(self) -> float:
        if not (delay := super().take()):
            self.grants.append(time.monotonic())
        return delay


def test_quota_is_kept_over_jobs_and_retries(build: Build) -> None:
    adapter = FakeAdapter(in_turn(make_error, make_result))
    pace = RecordingPace(3, window_s=0.2)
    orchestrator = build(adapter, paces={"Fake": pace})
    threads = [in_thread(orchestrator, f"job{n}", [make_ioc(f"9.9.{n}.1")]) for n in range(4)]
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sum(adapter.calls.values()) == len(pace.grants) == 8
    windows = zip(pace.grants, pace.grants[3:], strict=False)
    assert all(later - first >= 0.2 for first, later in windows)


def test_a_job_exists_before_its_thread_starts(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    orchestrator.create(Analysis("job", tuple(make_iocs(3)), Mode.ONLINE))
    status = orchestrator.get_status("job")
    assert status == {"total": 3, "done": 0, "complete": False, "results": []}


def test_an_offline_job_has_no_rows_and_is_complete(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    orchestrator.create(Analysis("job", tuple(make_iocs(3)), Mode.OFFLINE))
    assert orchestrator.get_status("job") == {
        "total": 0,
        "done": 0,
        "complete": True,
        "results": [],
    }


def test_what_is_held_back_is_not_asked_until_somebody_says_so(build: Build) -> None:
    adapter = FakeAdapter()
    orchestrator = build(adapter)
    private, public = make_ioc("10.0.0.1"), make_ioc()
    orchestrator.start(
        Analysis("job", (private, public), Mode.ONLINE), {private: "private address"}
    )
    wait_until(lambda: orchestrator.get_status("job")["complete"])  # type: ignore[index]
    assert adapter.calls == {"8.8.4.4": 1}
    assert orchestrator.get_status("job")["total"] == 1  # type: ignore[index]

    assert orchestrator.ask("job", private, "Fake")
    wait_until(lambda: orchestrator.get_status("job")["complete"])  # type: ignore[index]
    assert adapter.calls == {"8.8.4.4": 1, "10.0.0.1": 1}
    assert orchestrator.get_status("job")["total"] == 2  # type: ignore[index]


def test_asking_again_while_others_are_under_way_asks_nothing_twice(build: Build) -> None:
    gate = Gate()
    adapter = FakeAdapter(gate=gate)
    orchestrator = build(adapter)
    private, public = make_ioc("10.0.0.1"), make_ioc()
    orchestrator.start(
        Analysis("job", (private, public), Mode.ONLINE), {private: "private address"}
    )
    gate.wait_for(1)
    assert orchestrator.ask("job", private, "Fake")
    assert not orchestrator.ask("job", private, "Fake")
    assert not orchestrator.ask("job", public, "Fake")
    assert not orchestrator.ask("job", public, "Nobody")
    assert not orchestrator.ask("nojob", public, "Fake")
    gate.open()
    wait_until(lambda: orchestrator.get_status("job")["complete"])  # type: ignore[index]
    assert adapter.calls == {"8.8.4.4": 1, "10.0.0.1": 1}


def test_what_could_not_be_checked_can_be_asked_again(build: Build) -> None:
    orchestrator = build(FakeAdapter(in_turn(make_error, make_error, make_result)))
    orchestrator.enrich_all("job", [make_ioc()])
    (before,) = orchestrator.rows_since("job", 0)
    assert before.state is LookupState.COULD_NOT_CHECK
    assert orchestrator.ask("job", make_ioc(), "Fake")
    wait_until(lambda: orchestrator.get_status("job")["complete"])  # type: ignore[index]
    (after,) = orchestrator.rows_since("job", before.seq)
    assert after.state is LookupState.ANSWERED
    assert after.seq > before.seq


def test_past_the_limit_the_least_recently_read_finished_job_leaves(build: Build) -> None:
    orchestrator = build(FakeAdapter(), max_jobs=3)
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
    orchestrator = build(FakeAdapter(), max_workers=8)
    iocs = make_iocs(300)
    orchestrator.create(Analysis("job", tuple(iocs), Mode.ONLINE))
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
    orchestrator.enrich_all("job", iocs)
    for reader in readers:
        reader.join(PATIENCE_S)
    assert problems == []


def test_a_snapshot_does_not_change_afterwards(build: Build) -> None:
    orchestrator = build(FakeAdapter())
    orchestrator.create(Analysis("job", (make_ioc(),), Mode.ONLINE))
    before = orchestrator.get_status("job")
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
    orchestrator.create(Analysis("job", iocs, Mode.ONLINE), {private: "private address"})
    first = orchestrator.changes("job", 0)
    assert first is not None
    assert [row.seq for row in first.rows] == [1, 2, 3, 4]
    assert {row.ioc for row in first.rows} == set(iocs)
    thread = in_thread(orchestrator, "job", list(iocs))
    gate.wait_for(2)
    gate.open()
    thread.join(PATIENCE_S)
    later = orchestrator.rows_since("job", first.next)
    assert {row.ioc.value for row in later} == {"8.8.8.8", "9.9.9.9"}


def test_not_found_is_a_state_of_its_own(build: Build) -> None:
    orchestrator = build(FakeAdapter(lambda ioc: make_result(ioc, verdict=Verdict.NOT_FOUND)))
    orchestrator.enrich_all("job", [make_ioc()])
    (row,) = orchestrator.rows_since("job", 0)
    assert row.state is LookupState.NOT_FOUND


def test_closing_ends_waiting_jobs_as_could_not_check(build: Build) -> None:
    orchestrator = build(FakeAdapter(), paces={"Fake": MinutePace(1)})
    thread = in_thread(orchestrator, "job", make_iocs(3))
    wait_until(lambda: orchestrator.get_status("job")["done"] == 1)  # type: ignore[index]
    orchestrator.close()
    thread.join(PATIENCE_S)
    changes = orchestrator.changes("job")
    assert changes is not None
    assert (changes.complete, changes.state) == (True, JobState.ERROR)
    assert not orchestrator.ask("job", make_iocs(3)[2], "Fake")


def wait_until(condition: Callable[[], object]) -> None:
    """For what another thread brings about and announces to nobody."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.005)
