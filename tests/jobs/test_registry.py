from __future__ import annotations

from dataclasses import dataclass

from app.jobs.registry import JobRegistry


@dataclass
class FakeJob:
    may_leave: bool = True


def registry(size: int, **jobs: FakeJob) -> JobRegistry[FakeJob]:
    made: JobRegistry[FakeJob] = JobRegistry(size)
    for job_id, job in jobs.items():
        made.add(job_id, job)
    return made


def kept(jobs: JobRegistry[FakeJob], names: str) -> str:
    return "".join(name for name in names if jobs.get(name))


def test_the_least_recently_read_finished_job_leaves() -> None:
    jobs = registry(2, a=FakeJob(), b=FakeJob())
    jobs.get("a")
    jobs.add("c", FakeJob())
    assert kept(jobs, "abc") == "ac"


def test_a_running_job_never_leaves() -> None:
    jobs = registry(2, a=FakeJob(may_leave=False), b=FakeJob(may_leave=False), c=FakeJob())
    jobs.add("d", FakeJob())
    assert kept(jobs, "abcd") == "abd"


def test_when_running_jobs_end_the_surplus_leaves() -> None:
    running = [FakeJob(may_leave=False) for _ in range(4)]
    jobs = registry(2, **dict(zip("abcd", running, strict=True)))
    for job in running:
        job.may_leave = True
    jobs.add("e", FakeJob())
    assert kept(jobs, "abcde") == "de"


def test_the_new_job_itself_stays() -> None:
    jobs = registry(1, a=FakeJob(may_leave=False))
    jobs.add("b", FakeJob())
    assert kept(jobs, "ab") == "ab"
