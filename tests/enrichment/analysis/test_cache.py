from __future__ import annotations

import threading

from app.enrichment.analysis.cache import AnalysisCache
from app.enrichment.analysis.live_analysis import LiveAnalysis
from app.enrichment.analysis.store import MemoryStore
from app.enrichment.models import Analysis, Lookup, LookupState, Mode
from app.jobs.models import Job, JobState
from tests.factories import make_ioc

RUNNING, ENDED = JobState.RUNNING, JobState.SUCCESS


def cache(size: int) -> AnalysisCache:
    return AnalysisCache(MemoryStore(), threading.RLock(), size)


def add(analyses: AnalysisCache, job_id: str, state: JobState = ENDED) -> LiveAnalysis:
    """Add an analysis of one lookup, which is pending while the job runs."""
    ioc = make_ioc()
    outcome = LookupState.PENDING if state is RUNNING else LookupState.NOT_FOUND
    lookup = Lookup(ioc, "Fake", outcome)
    analysis = Analysis(job_id, (ioc,), Mode.ONLINE)
    return analyses.add(Job(job_id, "analysis", state=state), analysis, [lookup], lambda job: None)


def kept(analyses: AnalysisCache, names: str) -> str:
    return "".join(name for name in names if analyses.find(name))


def test_the_ended_analysis_that_was_read_longest_ago_leaves() -> None:
    analyses = cache(2)
    add(analyses, "a")
    add(analyses, "b")
    analyses.find("a")
    add(analyses, "c")
    assert kept(analyses, "abc") == "ac"


def test_a_running_analysis_never_leaves() -> None:
    analyses = cache(2)
    add(analyses, "a", RUNNING)
    add(analyses, "b", RUNNING)
    add(analyses, "c")
    add(analyses, "d")
    assert kept(analyses, "abcd") == "abd"


def test_an_analysis_with_an_uncommitted_command_never_leaves() -> None:
    analyses = cache(1)
    add(analyses, "a").run.uncommitted = 1
    add(analyses, "b")
    assert kept(analyses, "ab") == "ab"


def test_the_surplus_leaves_when_running_analyses_end() -> None:
    analyses = cache(2)
    for job_id in "abcd":
        add(analyses, job_id).run.uncommitted = 1
    for job_id in "abcd":
        found = analyses.find(job_id)
        assert found is not None
        found.run.uncommitted = 0
    add(analyses, "e")
    assert kept(analyses, "abcde") == "de"


def test_the_analysis_just_added_stays() -> None:
    analyses = cache(1)
    add(analyses, "a", RUNNING)
    add(analyses, "b")
    assert kept(analyses, "ab") == "ab"


def test_an_analysis_that_was_removed_is_not_found() -> None:
    analyses = cache(2)
    add(analyses, "a")
    add(analyses, "b")
    analyses.remove_locked("a")
    analyses.remove_locked("unknown")
    assert kept(analyses, "ab") == "b"
