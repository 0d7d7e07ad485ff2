from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.dispatch.fair_queue import FairQueue
from app.enrichment.dispatch.job_queue import HASHES_IN_ORDER, Task
from app.enrichment.models import Analysis, Mode
from app.jobs.models import ANALYSIS, Job
from app.pipeline.models import IOC, IOCType
from tests.factories import make_ioc

TYPES = (IOCType.SHA256, IOCType.SHA1, IOCType.MD5, IOCType.IPV4, IOCType.DOMAIN)


def make_job(name: str = "job") -> LiveAnalysis:
    return LiveAnalysis(Job(name, ANALYSIS), Analysis(name, (), Mode.ONLINE), [], 0)


class Pacer:
    """A queue, with the calls that the scheduler makes to it."""

    def __init__(self) -> None:
        self.queue = FairQueue("Fake")
        self._orders = itertools.count()

    def put(self, job: LiveAnalysis, ioc: IOC, rank: int = 0) -> Task:
        task = Task(rank, next(self._orders), job, ioc, "Fake")
        self.queue.put(task)
        return task

    def send(self) -> Task | None:
        if (task := self.queue.pop_next()) is not None:
            self.queue.started(task)
            task.job.run.in_flight.add(task.key)
        return task

    def finished(self, task: Task) -> None:
        task.job.run.in_flight.discard(task.key)
        self.queue.finished(task)

    def all(self) -> list[str]:
        sent = []
        while task := self.send():
            sent.append(task.ioc.value)
            self.finished(task)
        return sent


def hash_ioc(kind: IOCType, name: str = "0") -> IOC:
    return make_ioc(f"{kind.value}-{name}", kind)


def test_jobs_take_turns_and_each_keeps_its_order() -> None:
    pacer, a, b = Pacer(), make_job("a"), make_job("b")
    for n in range(3):
        pacer.put(a, make_ioc(f"a{n}"))
    for n in range(2):
        pacer.put(b, make_ioc(f"b{n}"))
    assert pacer.all() == ["a0", "b0", "a1", "b1", "a2"]


def test_in_a_job_the_lower_rank_goes_first_also_if_it_came_later() -> None:
    pacer, job = Pacer(), make_job()
    for value, rank in ("c", 2), ("a", 0), ("b", 1), ("a2", 0):
        pacer.put(job, make_ioc(value), rank)
    assert pacer.all() == ["a", "a2", "b", "c"]


def test_an_urgent_task_goes_before_those_of_all_jobs() -> None:
    pacer, a, b = Pacer(), make_job("a"), make_job("b")
    for n in range(3):
        pacer.put(a, make_ioc(f"a{n}"))
        pacer.put(b, make_ioc(f"b{n}"))
    for job, value in (a, "a2"), (b, "b1"):
        pacer.queue.prioritise(job, make_ioc(value), pacer.queue.front)
    assert [task.ioc.value for task in pacer.queue.in_order()][:3] == ["b1", "a2", "a0"]
    assert pacer.all() == ["b1", "a2", "a0", "b0", "a1", "b2"]


def test_hashes_go_by_kind_and_no_two_kinds_at_once() -> None:
    pacer, job = Pacer(), make_job()
    for kind in (IOCType.MD5, IOCType.SHA1, IOCType.SHA256):
        for n in "12":
            pacer.put(job, hash_ioc(kind, n))
    address = make_ioc()
    pacer.put(job, address, rank=9)
    first, second, other = pacer.send(), pacer.send(), pacer.send()
    assert first is not None
    assert second is not None
    assert [first.ioc.type, second.ioc.type] == [IOCType.SHA256] * 2
    assert other is not None
    assert other.ioc == address  # nothing else waits for them
    assert (pacer.send(), pacer.queue.ready(10)) == (None, 0)
    pacer.finished(first)
    assert pacer.send() is None
    pacer.finished(second)
    assert pacer.queue.ready(10) == 2
    assert pacer.all() == ["sha1-1", "sha1-2", "md5-1", "md5-2"]


def test_an_urgent_hash_waits_for_another_kind_in_flight() -> None:
    pacer, job = Pacer(), make_job()
    pacer.put(job, hash_ioc(IOCType.SHA256))
    pacer.put(job, hash_ioc(IOCType.MD5))
    first = pacer.send()
    assert first is not None
    pacer.queue.prioritise(job, hash_ioc(IOCType.MD5), pacer.queue.front)
    assert pacer.send() is None
    pacer.finished(first)
    assert pacer.all() == ["md5-0"]


def test_an_ioc_that_two_jobs_want_is_in_flight_once() -> None:
    pacer, a, b = Pacer(), make_job("a"), make_job("b")
    ioc = make_ioc()
    pacer.put(a, ioc)
    follower = pacer.put(b, ioc)
    first = pacer.send()
    assert first is not None
    assert pacer.send() is None
    assert (pacer.queue.ready(5), pacer.queue.waiting_for(ioc)) == (0, [follower])
    pacer.finished(first)  # it failed, say
    assert pacer.send() is follower


def test_a_job_that_is_dropped_leaves_the_others() -> None:
    pacer, a, b = Pacer(), make_job("a"), make_job("b")
    for n in range(3):
        pacer.put(a, make_ioc(f"a{n}"), rank=-n)
        pacer.put(b, make_ioc(f"b{n}"))
    assert len(pacer.queue.drop(a)) == 3
    assert not pacer.queue.has_job("a")
    assert pacer.all() == ["b0", "b1", "b2"]
    assert not pacer.queue


KEYS = st.tuples(st.integers(0, 2), st.sampled_from(TYPES), st.integers(0, 2))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.integers(0, 3)),
        st.tuples(st.just("send")),
        st.tuples(st.just("land"), st.integers(0, 5), st.sampled_from(["ended", "again"])),
        st.tuples(st.just("drop"), st.integers(0, 2)),
        st.tuples(st.just("hurry"), KEYS),
    ),
    max_size=60,
)


@given(STEPS)
def test_no_lookup_is_lost_or_doubled_or_sent_twice_at_once(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    pacer = Pacer()
    jobs = [make_job(str(n)) for n in range(3)]
    waiting: set[tuple[str, IOC]] = set()
    flying: list[Task] = []
    for step in steps:
        match step:
            case ("put", (n, kind, name), rank):
                ioc = hash_ioc(kind, str(name))
                is_there = any(t.job is jobs[n] and t.ioc == ioc for t in flying)
                if not is_there and (str(n), ioc) not in waiting:
                    pacer.put(jobs[n], ioc, rank)
                    waiting.add((str(n), ioc))
            case ("send",):
                if (task := pacer.send()) is not None:
                    waiting.remove((task.job.id, task.ioc))
                    flying.append(task)
            case ("land", n, what) if flying:
                task = flying.pop(n % len(flying))
                pacer.finished(task)
                if what == "again":
                    pacer.queue.put(task)
                    waiting.add((task.job.id, task.ioc))
                else:
                    for other in pacer.queue.waiting_for(task.ioc):
                        pacer.queue.remove(other)
                        waiting.remove((other.job.id, other.ioc))
            case ("drop", n):
                pacer.queue.drop(jobs[n])
                waiting = {key for key in waiting if key[0] != str(n)}
            case ("hurry", (n, kind, name)):
                ioc = hash_ioc(kind, str(name))
                pacer.queue.prioritise(jobs[n], ioc, pacer.queue.front)
        assert len({task.ioc for task in flying}) == len(flying)
        for job in jobs:
            kinds = {t.ioc.type for t in flying if t.job is job and t.ioc.type in HASHES_IN_ORDER}
            assert len(kinds) <= 1
        order = [(task.job.id, task.ioc) for task in pacer.queue.in_order()]
        assert len(order) == len(set(order))
        assert set(order) == waiting
        assert bool(pacer.queue) == bool(waiting)
    while flying or waiting:  # and everything gets its turn
        for task in flying:
            pacer.finished(task)
        flying = []
        while (task := pacer.send()) is not None:
            waiting.remove((task.job.id, task.ioc))
            flying.append(task)
        assert flying or not waiting


@given(st.lists(st.tuples(KEYS, st.integers(-1, 3)), max_size=30, unique_by=lambda put: put[0]))
def test_tasks_go_in_the_order_that_was_forecast(puts: list[tuple]) -> None:  # type: ignore[type-arg]
    pacer = Pacer()
    jobs = [make_job(str(n)) for n in range(3)]
    for (n, kind, name), rank in puts:
        pacer.put(jobs[n], hash_ioc(kind, f"{n}-{name}"), rank)
    foretold = [task.ioc.value for task in pacer.queue.in_order()]
    assert pacer.all() == foretold
